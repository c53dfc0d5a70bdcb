"""Why a retirement does not serve a metric: it is for another year or purpose, or used elsewhere."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class RetirementForAnother(Refusal):
    """The unit made the retirement for another beneficiary, whom alone it serves. Guide 622 of 2026."""

    code = "retirement_for_another"
    retirement: str
    beneficiary: str


@dataclass(eq=False)
class MetricYearMismatch(Refusal):
    """The retirement is about another year of consumption than the one claimed. 发改能源〔2026〕622号."""

    code = "metric_year_mismatch"
    retirement: str
    consumption_year: int
    year: int


@dataclass(eq=False)
class PurposeNotForMetric(Refusal):
    """Retirements for this purpose do not count towards the metric, by the rulebook of the year."""

    code = "purpose_not_for_metric"
    retirement: str
    purpose: str
    metric: str


@dataclass(eq=False)
class MetricsNotShared(Refusal):
    """The retirement serves a metric that does not share certificates with the one asked for."""

    code = "metrics_not_shared"
    retirement: str
    metric: str
    first_metric: str
    budget: str | None
    journal: str
