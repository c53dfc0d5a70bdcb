"""Bodies of `/v1/minimum-shares`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from schemas.fields import Decimal9, DocumentNo, PartyId, RetirementId, Year, not_below_zero
from schemas.wire.body import Body, Posted, Told
from schemas.wire.fossil_budgets import OpenPointTold

ShareMetric: TypeAlias = Literal["minimum_share", "rps"]
_NAMED_MAX = 50


class ShareTargetBody(Body):
    """The share of renewable energy, from 0 to 1, that a unit owes in a year."""

    party_id: PartyId
    metric: ShareMetric
    year: Year
    share: Annotated[Decimal9, not_below_zero("share_out_of_range", "a share is from 0 to 1")]
    document_no: DocumentNo


class ShareClaimBody(Body):
    """Retirements for the unit that are to count towards its share of the year."""

    metric: ShareMetric
    retirement_ids: Annotated[list[RetirementId], Field(min_length=1, max_length=_NAMED_MAX)]


class ShareTargetTold(Told):
    """One version of a unit's own target."""

    party_id: str
    metric: ShareMetric
    year: int
    version: int
    share: str
    document_no: str


class ShareTargetPosted(Posted, ShareTargetTold):
    """A unit's own target was set."""


class ShareTargetListed(ShareTargetTold):
    """One version of a unit's own target, and the act that set it."""

    journal_id: str


class ShareTargetList(Told):
    """Targets of units, in the order they were set; of a unit, metric and year the last one counts."""

    items: list[ShareTargetListed]
    next_cursor: str | None


class ShareClaimPosted(Posted):
    """Retirements count towards a unit's share of a year from now on."""

    party_id: str
    metric: ShareMetric
    year: int
    retirement_ids: list[str]


class TargetTold(Told):
    """What is due, and where that comes from: the unit's own target, its province's, or the rulebook's."""

    share: str
    source: str
    name: str
    document: str


class TargetMissingTold(Told):
    """No target was found: which figures of the province would set one, said in both languages."""

    code: str
    figures: list[str]
    en: str
    zh: str


class ShareTold(Told):
    """Where a unit stands with its share of a year; `status` alone is told where it cannot be worked out.

    `physical_kwh` and what is traded outside this ledger count as far as others confirmed them.
    """

    party_id: str
    credit_code: str
    province: str | None
    sector: str | None
    year: int
    metric: ShareMetric
    target: TargetTold | None
    status: str
    share: str | None = None
    certificate_kwh: int | None = None
    traded_kwh: int | None = None
    physical_kwh: int | None = None
    unconfirmed_kwh: int | None = None
    renewable_kwh: int | None = None
    energy_kwh: int | None = None
    missing_kwh: int | None = None
    target_missing: TargetMissingTold | None = None
    open_points: list[OpenPointTold]


class GroupTold(Told):
    """Units of a sector or province added up; `due_kwh` is that of the units under a target, rounded up."""

    group: str | None
    units: int
    targeted: int
    met: int
    untold: int
    renewable_kwh: int
    energy_kwh: int
    due_kwh: int
    share: str | None


class ShareReport(Told):
    """Shares of a year by sector or province, by name."""

    year: int
    metric: ShareMetric
    by: str
    items: list[GroupTold]
    open_points: list[OpenPointTold]
    """What the shares of any of these units rest on that was not read in the law."""


class ShareList(Told):
    """Shares of units, by budget id."""

    items: list[ShareTold]
    next_cursor: str | None
