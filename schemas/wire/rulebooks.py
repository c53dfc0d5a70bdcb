"""Bodies of `/v1/rulebooks` and `/v1/factors`."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import Decimal9, DocumentNo, Place, Word, Year, not_below_zero
from schemas.wire.body import Body, Posted, Told

_TOML_CHARS = 500_000
_NATIONAL = "balance."
_COUNTRY = "00"


class RulebookBody(Body):
    """A rulebook to adopt: the TOML text whose bytes will rule."""

    toml: Annotated[str, Field(strict=True, min_length=1, max_length=_TOML_CHARS)]


class RulebookPosted(Posted):
    """A rulebook was adopted."""

    name: str
    version: int
    digest: str


class RulebookTold(Told):
    """An adopted rulebook; its text is told where it is asked for by name and version."""

    name: str
    version: int
    digest: str
    journal_id: str


class RulebookText(RulebookTold):
    """An adopted rulebook with its text."""

    toml: str


class RulebookList(Told):
    """Adopted rulebooks, in the order of adoption."""

    items: list[RulebookTold]
    next_cursor: str | None


class ParameterTold(Told):
    """One value of one named rule, over one span of keys; `valid_to` null: until further notice.

    `kind` says how `value`, always spelt as text, is read: flag, integer, decimal, day or text.
    `unit_zh` is empty where the unit is a symbol.
    """

    name: str
    kind: str
    value: str
    unit: str
    by: str
    valid_from: str
    valid_to: str | None
    document: str
    article: str
    evidence: str
    note: str
    note_zh: str
    unit_zh: str


class RulesTold(Told):
    """The rules as known at a size of the log, and the values in force for a key date."""

    key_date: str
    as_of_size: int | None
    digest: str
    rulebooks: list[RulebookTold]
    parameters: list[ParameterTold]


class ChangeTold(Told):
    """One span that two versions do not share; null on the side that has none."""

    name: str
    valid_from: str
    before: ParameterTold | None
    after: ParameterTold | None


class DifferenceTold(Told):
    """What changes from one version of a rulebook to another, by name and first key."""

    name: str
    from_version: int
    to_version: int
    from_digest: str
    to_digest: str
    changes: list[ChangeTold]


class FactorBody(Body):
    """A yearly figure of a province, or of the whole country, published by its authority."""

    name: Word
    province: Place
    year: Year
    value: Annotated[Decimal9, not_below_zero("factor_out_of_range", "no figure is below zero")]
    document_no: DocumentNo

    @model_validator(mode="after")
    def _of_its_place(self) -> Self:
        if self.name.startswith(_NATIONAL) != (self.province == _COUNTRY):
            meaning = f"{_NATIONAL}* and province {_COUNTRY} go together"
            told = f"name {_NATIONAL}*, province {_COUNTRY}"
            raise PydanticCustomError(
                "go_together", "{meaning}", {"meaning": meaning, "expected": told}
            )
        return self


class FactorPosted(Posted):
    """A figure was set; earlier versions stay on file."""

    name: str
    province: str
    year: int
    version: int


class FactorTold(Told):
    """One version of a figure."""

    name: str
    province: str
    year: int
    version: int
    value: str
    document_no: str
    journal_id: str


class FactorList(Told):
    """Figures, in the order they were set."""

    items: list[FactorTold]
    next_cursor: str | None
