"""Bodies of `/v1/fossil-budgets/{id}/confirmations`."""

from typing import Literal, Self, TypeAlias

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import Amount, DocumentNo
from schemas.wire.body import Body, Posted, Told

Part: TypeAlias = Literal["traded", "physical"]


class ConfirmationBody(Body):
    """Energy of a unit's year as others know it, in kWh: one part, or both."""

    traded_kwh: Amount | None = None
    """Green power and nuclear power traded, but for what this ledger holds itself."""
    physical_kwh: Amount | None = None
    """Energy generated and used on the spot, by a direct line or within a micro-grid."""
    document_no: DocumentNo

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.traded_kwh is None and self.physical_kwh is None:
            meaning = "traded_kwh, physical_kwh or both"
            raise PydanticCustomError("nothing_given", "{meaning}", {"meaning": meaning})
        return self


class PartConfirmed(Told):
    """One part as it is confirmed from now on."""

    part: Part
    version: int
    kwh: int


class ConfirmationPosted(Posted):
    """Energy was confirmed."""

    budget_id: str
    confirmed: list[PartConfirmed]
    document_no: str


class ConfirmationTold(Told):
    """What was confirmed at one time, and the act that brought it."""

    budget_id: str
    confirmed: list[PartConfirmed]
    document_no: str
    journal_id: str


class ConfirmationList(Told):
    """All that was confirmed of a budget's year, in the order it was."""

    items: list[ConfirmationTold]
    next_cursor: str | None
