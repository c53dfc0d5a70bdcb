"""Bodies of `/v1/carry-overs`."""

from schemas.fields import AccountId, DocumentNo, Quantity, Year
from schemas.wire.body import Body, Posted, Told
from schemas.wire.fossil_budgets import OpenPointTold


class CarryOverBody(Body):
    """Allowances of one vintage to carry into a year; several requests may be made."""

    account: AccountId
    year: Year
    """The vintage they are to become."""
    vintage: Year
    quantity: Quantity
    document_no: DocumentNo


class CarryOverFields(Told):
    """Old allowances that gave way to as many of a later vintage, and what the room comes from."""

    account: str
    year: int
    vintage: int
    quantity: int
    unit: str
    holdings: int
    sold: int
    bought: int
    on_time: bool
    t_max: int
    room_change: int
    document_no: str


class CarryOverPosted(Posted, CarryOverFields):
    """They are of the later vintage now; `late` where that was after the day it is due by."""

    carry_over_id: str | None
    left: int
    batch: int
    batch_closes: str
    batch_done: str
    credited_by: str | None
    """Null where nobody published the working days on the way; then `late` is null as well."""
    late: bool | None


class CarryOverTold(CarryOverFields):
    """A carry-over as it stands in the book."""

    carry_over_id: str
    journal_id: str
    at: str


class CarryOverList(Told):
    """What was carried over, oldest first."""

    items: list[CarryOverTold]
    next_cursor: str | None


class BatchTold(Told):
    """A batch of requests: asked until it closes, done, and credited by."""

    batch: int
    batch_closes: str
    batch_done: str
    credited_by: str | None


class CarryOverLimitTold(Told):
    """How much a party may carry into a year, every figure of it, and what it rests on that is open."""

    party_id: str
    year: int
    unit: str
    first_vintage: int
    last_vintage: int
    first_day: str
    last_day: str
    holdings: int
    holdings_on: str
    sold: int
    bought: int
    net_sold: int
    trades_from: str
    trades_to: str
    on_time: bool
    on_time_years: list[int]
    t_max: int
    carried: int
    waiting: int
    left: int
    batches: list[BatchTold]
    open_points: list[OpenPointTold]
