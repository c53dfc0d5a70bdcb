"""What a figure rests on that nobody here has read in the final official text, in two languages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from ledger.rules.factor import FACTORS, Figure
from ledger.rules.parameter import Parameter, Value
from ledger.rules.rulebook import Rules

ENTERED: Final = "entered"
"""The evidence of a province's figure: it was entered with a document, which was not read here."""
MISSING: Final = "missing"
"""The evidence of a value that is not there; nothing is guessed in its place."""

_WORDS: Final = {
    "found_2nd": ("known from secondary sources only", "仅据二手资料"),
    "draft": ("taken from a draft", "取自征求意见稿"),
    "own": ("a choice of this house", "为本系统自定"),
    ENTERED: ("taken as entered, its document not read here", "为填报值，文件未经本系统核对"),
    MISSING: ("missing, and what rests on it is not told", "缺失，据此得出的数值不予列示"),
}


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One value that is not, or not yet, the law as read; `note` and `note_zh` say what is open.

    `unit_zh` is empty where the unit is a symbol, the same in any language.
    """

    name: str
    value: str
    unit: str
    document: str
    article: str
    evidence: str
    note: str = ""
    note_zh: str = ""
    unit_zh: str = ""

    @property
    def en(self) -> str:
        """Say it in one English sentence."""
        return f"{self._said(self.unit)} is {_WORDS[self.evidence][0]} ({self.document})."

    @property
    def zh(self) -> str:
        """Say it in one Chinese sentence."""
        return f"{self._said(self.unit_zh or self.unit)}，{_WORDS[self.evidence][1]}（{self.document}）。"

    def _said(self, unit: str) -> str:
        if self.evidence == MISSING:
            return self.name
        return f"{self.name} = {self.value} {unit}".removesuffix(" 1")


def rests(
    names: Iterable[str], key: date, rules: Rules, data: Sequence[Figure] = ()
) -> tuple[OpenPoint, ...]:
    """List what is open of what a figure rests on: parameters as asked, then provinces' figures.

    Raises:
        NotInForce: a parameter asked for has no value for this key.
    """
    parameters = rules.open_points(names, key)
    return (*map(of_parameter, parameters), *map(of_figure, data))


def of_parameter(found: Parameter) -> OpenPoint:
    """Tell an open parameter; a note without a translation is one of names only, and stands."""
    return OpenPoint(
        name=found.name,
        value=spelt(found.value),
        unit=found.unit,
        document=found.document,
        article=found.article,
        evidence=found.evidence,
        note=found.note,
        note_zh=found.note_zh or found.note,
        unit_zh=found.unit_zh,
    )


def of_figure(figure: Figure) -> OpenPoint:
    """Tell a province's figure, with the document it was entered on."""
    return OpenPoint(
        name=figure.name,
        value=spelt(figure.value),
        unit=FACTORS[figure.name].unit,
        document=figure.document_no,
        article="",
        evidence=ENTERED,
        note=f"Province {figure.province}, {figure.year}, version {figure.version}",
        note_zh=f"省级代码{figure.province}，{figure.year}年，第{figure.version}版",
    )


def missing(name: str, document: str, note: str, note_zh: str) -> OpenPoint:
    """Tell a value that is not there, with the document that asks for it and who is to give it."""
    return OpenPoint(
        name=name,
        value="",
        unit="",
        document=document,
        article="",
        evidence=MISSING,
        note=note,
        note_zh=note_zh,
    )


def spelt(value: Value) -> str:
    """Spell a value as its rulebook does; decimals without an exponent."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)
