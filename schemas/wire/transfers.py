"""Bodies of `/v1/transfers`."""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import AccountId, Amount, DocumentId, Quantity, Reference
from schemas.wire.body import Body, Posted, Told
from schemas.wire.readings import ResultTold
from schemas.wire.selection import InstrumentCode, Select, SerialsTold

Mode: TypeAlias = Literal[
    "listing",
    "bilateral",
    "auction",
    "green_power",
    "allocation",
    "hydro_assignment",
    "mechanism_assignment",
    "self_use",
    "off_grid",
]
TRANSFERS_MAX = 1_000
_DOCUMENTS_MAX = 20


class Evidence(Body):
    """What a transfer rests on."""

    contract_no: Reference | None = None
    settled_kwh: Amount | None = None
    plan_id: Reference | None = None
    filing_id: Reference | None = None
    document_ids: Annotated[list[DocumentId], Field(max_length=_DOCUMENTS_MAX)] | None = None


class TransferBody(Body):
    """Units to move from one account to another, and how it came about."""

    from_account: AccountId
    to_account: AccountId
    instrument: InstrumentCode
    quantity: Quantity
    select: Select = Select()
    mode: Mode
    price_fen_per_unit: Amount | None = None
    evidence: Evidence | None = None
    reference: Reference | None = None

    @model_validator(mode="after")
    def _select_what_has_serials(self) -> Self:
        if self.instrument != "GEC" and self.select != Select():
            meaning = "only certificates are selected"
            raise PydanticCustomError("select_without_serials", "{meaning}", {"meaning": meaning})
        return self


class BatchItem(TransferBody):
    """One transfer of several; with its own key it may be sent again in any batch."""

    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")] | None = None


class BatchBody(Body):
    """Transfers, all together or each for itself."""

    mode: Literal["atomic", "independent"]
    transfers: Annotated[list[BatchItem], Field(min_length=1, max_length=TRANSFERS_MAX)]


class TransferPosted(Posted):
    """A transfer was made."""

    transfer_id: str | None
    mode: str
    from_account: str
    to_account: str
    instrument: str
    unit: str
    quantity: int
    serials: list[SerialsTold]


class BatchPosted(Posted):
    """One result per transfer, in order."""

    mode: str
    results: list[ResultTold]


class TransferTold(Told):
    """A transfer as it stands in the book."""

    transfer_id: str
    journal_id: str
    mode: str
    at: str
    day: str
    from_account: str
    to_account: str
    instrument: str
    unit: str
    quantity: int
    price_fen_per_unit: int | None
    hold_id: str | None
    evidence: dict[str, Any] | None
    reference: str | None
    reversed_by: str | None
    """The journal that took it back."""


class TransferDetail(TransferTold):
    """A transfer, with the serials that moved."""

    serials: list[SerialsTold]


class TransferList(Told):
    """Transfers, oldest first."""

    items: list[TransferTold]
    next_cursor: str | None
