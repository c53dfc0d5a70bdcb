"""Bodies of `/v1/fossil-budgets/{budget_id}/plan`."""

from typing import Any

from schemas.wire.body import Told


class ProposalTold(Told):
    """Retire these certificates; `price_fen` is what was paid for one, zero where it is not known."""

    lot_id: str
    first_serial: int
    count: int
    valid_until: str
    price_fen: int


class SpanTold(Told):
    """At least and at most so many certificates."""

    least: int
    most: int


class PlanTold(Told):
    """What it would take to meet a budget: own certificates to retire first, and what to buy.

    `own` is what the unit has of what is needed, `to_buy` the rest as far as there is room, in `buy`
    by direction: where a cap binds, not every certificate will do. `retire` shows the first 500 of
    the `parcels` to retire, which `cost_fen` was paid for. `fragmented` says that these are not all
    of `own`, but as many parcels as one act may retire.
    """

    budget_id: str
    mode: str
    status: str
    needed: int
    room: int
    feasible: bool
    marginal_gce: str
    residual_gce: str
    own: int
    fragmented: bool
    retire: list[ProposalTold]
    parcels: int
    cost_fen: int
    to_buy: int
    buy: dict[str, SpanTold]
    price_fen: int | None = None
    cost_at_price_fen: int | None = None
    other: dict[str, Any]
