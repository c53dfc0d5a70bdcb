"""Bodies of `/v1/ccer/projects` and `/v1/ccer/claims`."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    AccountId,
    Day,
    DocumentNo,
    HoldId,
    Month,
    PlantId,
    Quantity,
    Reference,
    Word,
)
from schemas.wire.body import Body, Posted, Told
from schemas.wire.freezes import UnitsFrozenPosted
from schemas.wire.selection import SerialsTold

ENERGY_KWH_MAX = 10**15
_TOGETHER = "account, hold_id, quantity; plant_id, month, energy_kwh"


class ProjectBody(Body):
    """A project to register for CCER: its plant, its method and the months it is credited for."""

    project: Reference
    plant_id: PlantId
    method: Word
    first_month: Month
    last_month: Month
    registered_on: Day
    document_no: DocumentNo

    @model_validator(mode="after")
    def _months_in_order(self) -> Self:
        if self.last_month < self.first_month:
            meaning = "the last month is not before the first"
            raise PydanticCustomError("months_reversed", "{meaning}", {"meaning": meaning})
        return self


class ClaimBody(Body):
    """Certificates, frozen for CCER, to cancel for reductions that are registered.

    Named by a freeze and a quantity, or by the plant's month and the energy credited.
    """

    account: AccountId | None = None
    hold_id: HoldId | None = None
    quantity: Quantity | None = None
    plant_id: PlantId | None = None
    month: Month | None = None
    energy_kwh: Annotated[int, Field(ge=1, le=ENERGY_KWH_MAX)] | None = None
    project: Reference
    document_no: DocumentNo

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        by_hold = [value is not None for value in (self.account, self.hold_id, self.quantity)]
        by_month = [value is not None for value in (self.plant_id, self.month, self.energy_kwh)]
        if any(by_hold) == any(by_month):
            meaning = "account, hold_id and quantity, or plant_id, month and energy_kwh"
            raise PydanticCustomError("one_of_two", "{meaning}", {"meaning": meaning})
        if not all(by_hold) and not all(by_month):
            meaning = "account, hold_id and quantity; or plant_id, month and energy_kwh"
            raise PydanticCustomError(
                "go_together", "{meaning}", {"meaning": meaning, "expected": _TOGETHER}
            )
        return self


class ProjectPosted(Posted):
    """A project was registered, and so many certificates of its months were frozen."""

    project: str
    plant_id: str
    method: str
    first_month: str
    last_month: str
    registered_on: str
    document_no: str
    instrument: str
    unit: str
    quantity: int
    hold_ids: list[str]


class ProjectTold(Told):
    """A project registered for CCER."""

    project: str
    plant_id: str
    method: str
    first_month: str
    last_month: str
    registered_on: str
    document_no: str
    party_id: str
    journal_id: str


class ProjectList(Told):
    """Projects, in the order they were registered."""

    items: list[ProjectTold]
    next_cursor: str | None


class ClaimPosted(UnitsFrozenPosted):
    """Certificates were cancelled for reductions credited as CCER.

    A claim by month may take out of several freezes: `hold_id` and `claim_id` are those of the first
    act; each has a claim of its own in the list.
    """

    claim_id: str | None
    project: str
    plant_id: str | None = None
    month: str | None = None
    energy_kwh: int | None = None


class ClaimTold(Told):
    """A cancellation for CCER; the plant, month and energy where it was claimed by them."""

    claim_id: str
    journal_id: str
    at: str
    account: str
    hold_id: str
    unit: str
    quantity: int
    project: str
    document_no: str
    plant_id: str | None
    month: str | None
    energy_kwh: int | None


class ClaimDetail(ClaimTold):
    """A cancellation for CCER, with the serials that were cancelled."""

    serials: list[SerialsTold]


class ClaimList(Told):
    """Cancellations for CCER, oldest first."""

    items: list[ClaimTold]
    next_cursor: str | None
