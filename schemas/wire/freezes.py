"""Bodies of `/v1/freezes`."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import AccountId, DocumentNo, HoldId, LotId, Quantity
from schemas.wire.body import Body, Posted, Told
from schemas.wire.holds import HoldTold
from schemas.wire.selection import FirstSerial, InstrumentCode, SerialsTold

Cause: TypeAlias = Literal["court_order", "objection", "suspected_data", "ccer"]
_LOTS_MAX = 64
_TOGETHER = "select, quantity"


class SerialsNamed(Body):
    """A run of serials of one lot, as many as the quantity says."""

    lot_id: LotId
    first_serial: FirstSerial


class UnitsFreezeBody(Body):
    """Units to freeze: all of an account's, those of lots, or a run; all if no quantity is named."""

    account: AccountId
    instrument: InstrumentCode
    lots: Annotated[list[LotId], Field(min_length=1, max_length=_LOTS_MAX)] | None = None
    select: SerialsNamed | None = None
    quantity: Quantity | None = None
    cause: Cause
    document_no: DocumentNo

    @model_validator(mode="after")
    def _what_goes_together(self) -> Self:
        if self.instrument != "GEC" and (self.lots or self.select or self.cause == "ccer"):
            meaning = "only certificates are selected, and frozen for CCER"
            raise PydanticCustomError("select_without_serials", "{meaning}", {"meaning": meaning})
        if self.lots and self.select:
            meaning = "lots, or a run of one lot"
            raise PydanticCustomError("one_of_two", "{meaning}", {"meaning": meaning})
        if self.select and self.quantity is None:
            meaning = "a run of serials needs a quantity"
            raise PydanticCustomError(
                "go_together", "{meaning}", {"meaning": meaning, "expected": _TOGETHER}
            )
        return self


class LiftBody(Body):
    """Frozen units to give back, all that remain if no quantity is named; and the decision."""

    quantity: Quantity | None = None
    document_no: DocumentNo


class LiftPayload(LiftBody):
    """The end of a freeze, as it waits for a second person."""

    hold_id: HoldId


class ForcedBody(Body):
    """Where frozen units are to go, and the decision."""

    to_account: AccountId
    quantity: Quantity
    document_no: DocumentNo


class ForcedPayload(ForcedBody):
    """A forced transfer, as it waits for a second person."""

    hold_id: HoldId


class UnitsFrozenPosted(Posted):
    """Units were frozen, are free again, or went where a court said."""

    hold_id: str
    instrument: str
    unit: str
    quantity: int
    serials: list[SerialsTold]


class FreezeTold(HoldTold):
    """Frozen units, why, and the decision; `remaining` is what is still frozen."""

    cause: str
    document_no: str


class FreezeDetail(FreezeTold):
    """Frozen units, with their serials."""

    serials: list[SerialsTold]


class FreezeList(Told):
    """Freezes, by id."""

    items: list[FreezeTold]
    next_cursor: str | None
