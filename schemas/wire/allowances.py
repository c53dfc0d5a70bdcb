"""Bodies of `/v1/allowances`: vintages and allocations."""

from typing import Literal, Self, TypeAlias

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import AccountId, DocumentNo, Quantity, Year
from schemas.wire.body import Body, Posted, Told

Stage: TypeAlias = Literal["pre", "final", "true_up", "auction", "adjustment"]
_TOGETHER = "province_account, quantity"


class VintageBody(Body):
    """A vintage opened by a document, and units of it for a province."""

    vintage: Year
    document_no: DocumentNo
    province_account: AccountId | None = None
    quantity: Quantity | None = None

    @model_validator(mode="after")
    def _units_for_somebody(self) -> Self:
        if (self.province_account is None) != (self.quantity is None):
            meaning = "province_account and quantity go together"
            raise PydanticCustomError(
                "go_together", "{meaning}", {"meaning": meaning, "expected": _TOGETHER}
            )
        return self


class AllocationBody(Body):
    """Allowances for an emitter; out of the caller's own province account if none is named."""

    account: AccountId
    vintage: Year
    quantity: Quantity
    stage: Stage
    document_no: DocumentNo
    province_account: AccountId | None = None


class VintagePosted(Posted):
    """A vintage is open."""

    vintage: int
    instrument: str
    unit: str
    province_account: str | None
    quantity: int | None


class VintageTold(Told):
    """A vintage of allowances."""

    vintage: int
    instrument: str
    unit: str


class VintageList(Told):
    """Vintages, oldest first."""

    items: list[VintageTold]
    next_cursor: str | None


class AllocationPosted(Posted):
    """Allowances were allocated, less what was kept back for reductions; `debt_left` is still owed."""

    kept_back: int
    debt_left: int

    allocation_id: str | None
    account: str
    province_account: str
    vintage: int
    instrument: str
    unit: str
    quantity: int
    stage: str
    document_no: str
    compliance_year: int | None = None


class AllocationTold(Told):
    """An allocation as it stands in the book."""

    kept_back: int

    allocation_id: str
    journal_id: str
    at: str
    account: str
    province_account: str
    vintage: int
    instrument: str
    unit: str
    quantity: int
    stage: str
    document_no: str
    compliance_year: int | None = None


class AllocationList(Told):
    """Allocations, oldest first."""

    items: list[AllocationTold]
    next_cursor: str | None
