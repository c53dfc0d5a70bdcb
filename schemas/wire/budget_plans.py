"""Bodies of `/v1/fossil-budgets/{budget_id}/plan`."""

from typing import Any

from schemas.wire.body import Told
from schemas.wire.fossil_budgets import OpenPointTold


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


class OutlookTold(Told):
    """A year as it would be, before any certificate that the unit holds.

    `assumed` names what is taken over from the budget's own year. Where the rules do not cover the year,
    `not_in_force` names the first that is missing, and nothing else is told.
    """

    year: int
    assumed: list[str]
    not_in_force: str | None = None
    budget_gce: int | None = None
    k: str | None = None
    status: str | None = None
    excess_gce: str | None = None
    needed: int | None = None
    room: int | None = None
    feasible: bool | None = None
    marginal_gce: str | None = None
    residual_gce: str | None = None
    cost_at_price_fen: int | None = None
    open_points: list[OpenPointTold] | None = None


class PlanTold(Told):
    """What it would take to meet a budget: own certificates to retire first, and what to buy.

    `own` is what the unit has of what is needed, `to_buy` the rest as far as there is room, in `buy`
    by direction: where a cap binds, not every certificate will do. `retire` shows the first 500 of
    the `parcels` to retire, which `cost_fen` was paid for. `fragmented` says that these are not all
    of `own`, but as many parcels as one act may retire. `what_if` tells, where it was asked, the
    budget's year and later ones as they would be with another production or k.
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
    open_points: list[OpenPointTold]
    """What the plan rests on that was not read in the law; a k that was asked about is not entered."""
    what_if: list[OutlookTold] | None = None
