"""Bodies of what changes allowances after they were allocated, and of `/v1/successions`."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.fields import AccountId, DocumentNo, NoteText, PartyId, Quantity, Year
from schemas.wire.allowances import Stage
from schemas.wire.body import Body, Posted, Told
from schemas.wire.selection import InstrumentCode

_PARTS_MAX = 200


class MoveBody(Body):
    """Allowances to move between two accounts of one emitter."""

    from_account: AccountId
    to_account: AccountId
    vintage: Year
    quantity: Quantity


class ReturnBody(Body):
    """Allowances of one's own to return; to the province that allocated them, if none is named."""

    account: AccountId
    vintage: Year
    quantity: Quantity
    stage: Stage
    document_no: DocumentNo
    province_account: AccountId | None = None


class ReductionBody(Body):
    """A decided reduction of what an emitter is allocated from now on."""

    account: AccountId
    quantity: Quantity
    cause: Literal["non_surrender", "fraud"]
    document_no: DocumentNo


class ReleaseBody(Body):
    """Allowances in a province's custody that go to their emitter."""

    custody_account: AccountId
    account: AccountId
    vintage: Year
    quantity: Quantity
    document_no: DocumentNo


class CancellationBody(Body):
    """Allowances to give up for good."""

    account: AccountId
    vintage: Year
    quantity: Quantity
    reason: NoteText
    public: bool = False


class PartBody(Body):
    """Units of one account that pass to the successor."""

    account: AccountId
    instrument: InstrumentCode
    quantity: Quantity


class SuccessionBody(Body):
    """What passes from a party to its successor; everything, if no parts are named."""

    from_party: PartyId
    to_party: PartyId
    document_no: DocumentNo
    parts: Annotated[list[PartBody], Field(min_length=1, max_length=_PARTS_MAX)] | None = None


class MoveFields(Told):
    """A move between an emitter's own accounts."""

    from_account: str
    to_account: str
    vintage: int
    quantity: int
    unit: str


class ReturnFields(Told):
    """A return: of `unkept`, kept back before, a debt again; what was lacking is a new one."""

    account: str
    province_account: str
    instrument: str
    vintage: int
    quantity: int
    returned: int
    debt: int
    unkept: int | None = None
    compliance_year: int | None = None
    stage: str
    document_no: str
    unit: str


class ReductionFields(Told):
    """A reduction."""

    account: str
    quantity: int
    cause: str
    document_no: str
    unit: str


class ReleaseFields(Told):
    """A release out of custody."""

    custody_account: str
    account: str
    vintage: int
    quantity: int
    document_no: str
    unit: str


class CancellationFields(Told):
    """A cancellation."""

    account: str
    vintage: int
    quantity: int
    reason: str
    public: bool
    unit: str


class Passed(Told):
    """Units that passed."""

    account: str
    to_account: str
    instrument: str
    quantity: int


class SuccessionFields(Told):
    """A succession."""

    from_party: str
    to_party: str
    document_no: str
    passed: list[Passed]


class MovePosted(Posted, MoveFields):
    """The allowances moved."""

    move_id: str | None


class ReturnPosted(Posted, ReturnFields):
    """The allowances were returned, as far as they were there."""

    return_id: str | None


class ReductionPosted(Posted, ReductionFields):
    """The reduction is a debt of the emitter; `debt_left` is all it owes."""

    reduction_id: str | None
    debt_left: int


class ReleasePosted(Posted, ReleaseFields):
    """The allowances are the emitter's to use."""

    release_id: str | None


class CancellationPosted(Posted, CancellationFields):
    """The allowances are cancelled for good."""

    cancellation_id: str | None


class SuccessionPosted(Posted, SuccessionFields):
    """Units and duties passed on."""

    succession_id: str | None


class Recorded(Told):
    """When an act was posted, and under which journal."""

    journal_id: str
    at: str


class MoveTold(MoveFields, Recorded):
    """A move as it stands in the book."""

    move_id: str


class MoveList(Told):
    """Moves, oldest first."""

    items: list[MoveTold]
    next_cursor: str | None


class ReturnTold(ReturnFields, Recorded):
    """A return as it stands in the book."""

    return_id: str


class ReturnList(Told):
    """Returns, oldest first."""

    items: list[ReturnTold]
    next_cursor: str | None


class ReductionTold(ReductionFields, Recorded):
    """A reduction as it stands in the book."""

    reduction_id: str


class ReductionList(Told):
    """Reductions, oldest first."""

    items: list[ReductionTold]
    next_cursor: str | None


class ReleaseTold(ReleaseFields, Recorded):
    """A release as it stands in the book."""

    release_id: str


class ReleaseList(Told):
    """Releases, oldest first."""

    items: list[ReleaseTold]
    next_cursor: str | None


class CancellationTold(CancellationFields, Recorded):
    """A cancellation as it stands in the book."""

    cancellation_id: str


class CancellationList(Told):
    """Cancellations, oldest first."""

    items: list[CancellationTold]
    next_cursor: str | None


class SuccessionTold(SuccessionFields, Recorded):
    """A succession as it stands in the book."""

    succession_id: str


class SuccessionList(Told):
    """Successions, oldest first."""

    items: list[SuccessionTold]
    next_cursor: str | None
