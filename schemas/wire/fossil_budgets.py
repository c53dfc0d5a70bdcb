"""Bodies of `/v1/fossil-budgets`."""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    Amount,
    BudgetId,
    DocumentNo,
    PartyId,
    RetirementId,
    Word,
    Year,
    plain_text,
)
from schemas.wire.body import Body, Posted, Told

Mode: TypeAlias = Literal["net", "gross"]
_NAMED_MAX = 50
_REASON_CHARS = 500
_TOGETHER_MAX = 500
_TRAITS_MAX = 5


class BudgetBody(Body):
    """A key unit's budget for a year, in grams of coal equivalent, as the regulator decided it.

    `sector` and `traits` say what the unit is, in words that the rulebook of the year knows; what is left out
    stays as it was said before. A mode that was never said is the one in the rulebook of the year.
    """

    party_id: PartyId
    year: Year
    budget_gce: Amount
    mode: Mode | None = None
    document_no: DocumentNo
    sector: Word | None = None
    traits: Annotated[list[Word], Field(max_length=_TRAITS_MAX)] | None = None


class OffsetBody(Body):
    """Retirements to offer; or `auto`: retire the fewest own certificates and offer those.

    An empty list has what was offered before judged again.
    """

    retirement_ids: Annotated[list[RetirementId], Field(max_length=_NAMED_MAX)] | None = None
    auto: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.retirement_ids is None) == (self.auto is None):
            meaning = "either retirement_ids or auto, not both"
            raise PydanticCustomError("one_of_two", "{meaning}", {"meaning": meaning})
        return self


class ClosePayload(Body):
    """A closing as it waits for a second person."""

    budget_id: BudgetId


class CloseManyBody(Body):
    """Budgets to close together; those that are not ready stay open."""

    budget_ids: Annotated[list[BudgetId], Field(min_length=1, max_length=_TOGETHER_MAX)]


class ClosedTold(Told):
    """One budget as it was closed."""

    budget_id: str
    status: str
    balance_gce: int
    statement_n: int
    statement_sha256: str


class LeftOpenTold(Told):
    """One budget that was not ready, and why."""

    budget_id: str
    code: str
    facts: dict[str, Any]


class ManyClosedPosted(Posted):
    """Many budgets' years: those that were closed, and those that were left open."""

    closed: list[ClosedTold]
    left_open: list[LeftOpenTold]


class ReopenBody(Body):
    """Why a closed year is opened again, and the decision that says so."""

    reason: Annotated[str, plain_text(_REASON_CHARS)]
    document_no: DocumentNo


class ReopenPayload(ReopenBody):
    """A reopening as it waits for a second person."""

    budget_id: BudgetId


class ReopenedPosted(Posted):
    """A closed year was opened again; the statement named stands until the next closing supersedes it."""

    budget_id: str
    reason: str
    document_no: str
    n: int | None = None
    statement_sha256: str | None = None


class OffsetOwnPayload(Body):
    """A retirement of the fewest own certificates, as it waits for a second person."""

    budget_id: BudgetId


class ChargeTold(Told):
    """Whole gce by part; traded power and certificates are what was taken off."""

    direct_gce: int
    power_gce: int
    heat_gce: int
    traded_gce: int
    certificate_gce: int


class RunTold(Told):
    """Certificates of one retirement and lot: how many were offered, and how many this is about."""

    retirement_id: str
    lot_id: str
    first_serial: int
    offered: int
    count: int


class UncountedTold(RunTold):
    """Certificates that do not count, and why: a word of `docs/refusals.md`, and what it means."""

    reason: str
    en: str
    zh: str


class UntradedTold(Told):
    """Green power of the year whose energy is not the unit's traded energy, and why."""

    retirement_id: str | None
    lot_id: str
    first_serial: int
    count: int
    reason: str
    en: str
    zh: str


class ModeTold(Told):
    """A budget in one mode, with the exact figures beside the whole ones."""

    status: str
    balance_gce: int
    charge: ChargeTold
    excess_gce: int
    needed: int
    room: int
    feasible: bool
    marginal_gce: str
    residual_gce: str
    exact: dict[str, str]


class OpenPointTold(Told):
    """A value that was not read in the final official text, said in both languages."""

    name: str
    value: str
    unit: str
    document: str
    article: str
    evidence: str
    note: str
    note_zh: str
    unit_zh: str
    en: str
    zh: str


class CodeOpenTold(Told):
    """What of a reporting code was not read in the official table, said in both languages."""

    evidence: str
    en: str
    zh: str


class FactorTold(Told):
    """The factor behind a fuel: kgce, or measured kJ, per kg or m³; and the fuel's reporting code."""

    fuel: str
    basis: str
    value: str
    unit: str
    code: str | None
    code_open: CodeOpenTold | None = None


class BudgetPosted(Posted):
    """A budget was set, or revised."""

    budget_id: str
    party_id: str
    year: int
    budget_gce: int
    mode: str
    document_no: str


class RestatedPosted(Posted):
    """A budget was charged, or offset, and restated; `posted` is what changed, in gce."""

    budget_id: str
    mode: str
    status: str
    balance_gce: int
    charge: ChargeTold
    excess_gce: int
    needed: int
    traded_kwh: int
    certificates: int
    recognised: list[RunTold]
    unrecognised: list[UncountedTold]
    posted: dict[str, int]
    open_points: list[OpenPointTold]


class OffsetPosted(RestatedPosted):
    """A budget was offset; `serials` and `retirement_id` tell what was retired for it in the act."""

    serials: list[dict[str, Any]]
    retirement_id: str | None = None
    statement_no: str | None = None
    retired: int | None = None


class EnergyTold(Told):
    """Non-fossil power and what it is made of: P + T + C + (G - T - C)k, in kWh; P as confirmed."""

    grid_offtake_kwh: int
    physical_kwh: int
    traded_kwh: int
    certificate_kwh: int
    apportioned_kwh: str
    non_fossil_kwh: str


class GapTold(Told):
    """What a report leaves open of a fuel though nothing is refused, in t or m³."""

    gap: str
    fuel: str
    told: str
    expected: str | None


class BudgetTold(Told):
    """Where a budget stands; `status` is NOT_REPORTED, and no more is told, until it is charged."""

    budget_id: str
    party_id: str
    credit_code: str
    account_id: str
    instrument: str
    unit: str
    year: int
    mode: str
    budget_gce: int
    balance_gce: int
    document_no: str
    state: str
    status: str
    k: str | None = None
    fuel_factors: list[FactorTold] | None = None
    charge: ChargeTold | None = None
    excess_gce: int | None = None
    needed: int | None = None
    traded_kwh: int | None = None
    unconfirmed_kwh: int | None = None
    """Of the traded energy outside this ledger, what nobody but the unit says so far."""
    energy: EnergyTold | None = None
    certificates: int | None = None
    recognised: list[RunTold] | None = None
    unrecognised: list[UncountedTold] | None = None
    untraded: list[UntradedTold] | None = None
    modes: dict[Mode, ModeTold] | None = None
    restate_due: bool | None = None
    """Facts changed since the last act; the next one posts the difference."""
    gaps: list[GapTold] | None = None
    rules_digest: str | None = None
    inputs_digest: str | None = None
    consequence: dict[str, str] | None = None
    """What follows where the two modes come to different statuses, as `zh` and `en`."""
    statement_n: int | None = None
    statement_sha256: str | None = None
    """Of the statement on which the year was closed; its bytes are at `/statements/{n}`."""
    open_points: list[OpenPointTold] | None = None


class ClosedPosted(Posted, BudgetTold):
    """A budget's year was closed, on this statement; the rest tells the green power retired with it."""

    retirement_id: str | None = None
    statement_no: str | None = None
    retired: int | None = None


class BudgetListed(Told):
    """A budget in a list."""

    budget_id: str
    party_id: str
    account_id: str
    year: int
    mode: str
    budget_gce: int
    balance_gce: int
    state: str


class BudgetList(Told):
    """Budgets, by id."""

    items: list[BudgetListed]
    next_cursor: str | None
