"""Bodies of `/v1/mandates`."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import AccountId, Day, DocumentNo
from schemas.wire.body import Body, Posted, Told

Scope: TypeAlias = Literal["sell", "retire"]


class MandateBody(Body):
    """What an owner lets the holder of an agent's account do; both days included."""

    agent_account: AccountId
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=2)]
    valid_from: Day
    valid_to: Day
    document_no: DocumentNo

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to < self.valid_from:
            meaning = "the last day is before the first"
            raise PydanticCustomError("days_reversed", "{meaning}", {"meaning": meaning})
        return self


class MandateEndBody(Body):
    """The document by which a mandate is ended, if there is one."""

    document_no: DocumentNo | None = None


class MandatePosted(Posted):
    """A mandate was registered."""

    mandate_id: str
    account_id: str
    agent_id: str
    owner_id: str
    scopes: list[str]
    valid_from: str
    valid_to: str
    document_no: str


class MandateEnded(Posted):
    """A mandate was ended."""

    mandate_id: str
    ended: bool


class MandateTold(Told):
    """A mandate."""

    mandate_id: str
    account_id: str
    agent_id: str
    owner_id: str
    scopes: list[str]
    valid_from: str
    valid_to: str
    document_no: str
    ended: bool
    journal_id: str


class MandateList(Told):
    """Mandates, by id."""

    items: list[MandateTold]
    next_cursor: str | None
