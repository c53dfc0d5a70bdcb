"""One certificate, one claim: which retirements serve which metric, for whom, and only once.

A metric is a figure that retired certificates count towards. One certificate is retired for one
beneficiary and one year; within these it serves a metric once, and several metrics only where
the rulebook lets the two share it. Source: 发改能源〔2026〕622号 §13.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from sqlalchemy import select

from ledger.model.command import Enter
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.refusals import (
    MetricsNotShared,
    MetricYearMismatch,
    PurposeNotForMetric,
    RetirementUnknown,
    RetirementUsedAlready,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from settlement.desk import AnyRow, Reader

Metric: TypeAlias = Literal["fossil_budget", "minimum_share", "rps"]

METRICS: Final[tuple[Metric, ...]] = ("fossil_budget", "minimum_share", "rps")


def use_for(
    read: Reader,
    metric: Metric,
    retirements: Sequence[int],
    beneficiary: str,
    year: int,
    budget: int | None = None,
) -> tuple[Enter, ...]:
    """Have retirements serve a metric of a beneficiary (a credit code) and a year, once and for all.

    The first that cannot is the answer. Two who claim at once are told apart by the key of
    `metric_use`, or of `metric_bar` where their metrics do not share: the later one is decided
    again, and meets the use of the first here.

    Raises:
        RetirementUnknown: there is no such retirement, or it is for another beneficiary.
        MetricYearMismatch: it is about another year of consumption.
        PurposeNotForMetric: retirements for this purpose do not count towards the metric.
        RetirementUsedAlready: it serves the metric, or was taken back.
        MetricsNotShared: it serves another metric that does not share certificates with this one.
        RuleNotInForce: the adopted rulebooks do not cover the year.
    """
    asked = list(dict.fromkeys(retirements))
    found = _retirements(read, asked)
    uses = _uses(read, asked)
    for number in asked:
        row = found.get(number)
        if row is None or row.beneficiary_code != beneficiary:
            raise RetirementUnknown(encode_id(IdPrefix.RETIREMENT, number))
        _check_year(row, year)
        _check_purpose(read, metric, row)
        _check_unused(metric, uses.get(number, ()))
        _check_shared(read, metric, year, uses.get(number, ()))
    bars = [_pair(metric, other) for other in METRICS if not _share(read, metric, other, year)]
    return (
        *(use_of(metric, number, budget) for number in asked),
        *(_bar(number, pair) for number in asked for pair in bars),
    )


def use_of(metric: Metric, retirement: int, budget: int | None = None) -> Enter:
    """Enter the use of a retirement that is made in the same act, so that nothing used it before."""
    return Enter("metric_use", {"retirement": retirement, "metric": metric, "budget": budget})


def purposes_for(read: Reader, metric: Metric, year: int) -> frozenset[str]:
    """List the purposes of retirement that count towards a metric in a year.

    Raises:
        RuleNotInForce: the adopted rulebooks do not cover the year.
    """
    try:
        return read.rules.words(f"metric.purposes.{metric}", date(year, 1, 1))
    except NotInForce as missing:
        raise missing.refused() from missing


def check_unused(read: Reader, metric: Metric, retirements: Iterable[int]) -> None:
    """Refuse retirements that serve the metric, whoever asks and whatever else stands against them.

    Raises:
        RetirementUsedAlready: with the first use of the first of them.
    """
    asked = list(retirements)
    uses = _uses(read, asked) if asked else {}
    for number in asked:
        _check_unused(metric, uses.get(number, ()))


def _retirements(read: Reader, asked: Sequence[int]) -> dict[int, AnyRow]:
    r = t.retirement.c
    query = select(r.id, r.beneficiary_code, r.purpose, r.consumption_year)
    return {row.id: row for row in read.conn.execute(query.where(among(r.id, asked)))}


def _uses(read: Reader, asked: Sequence[int]) -> dict[int, list[AnyRow]]:
    m = t.metric_use.c
    query = select(t.metric_use).where(among(m.retirement, asked)).order_by(m.journal, m.metric)
    found: dict[int, list[AnyRow]] = {}
    for row in read.conn.execute(query):
        found.setdefault(row.retirement, []).append(row)
    return found


def _check_year(row: AnyRow, year: int) -> None:
    if row.consumption_year != year:
        raise MetricYearMismatch(
            retirement=encode_id(IdPrefix.RETIREMENT, row.id),
            consumption_year=row.consumption_year,
            year=year,
        )


def _check_purpose(read: Reader, metric: Metric, row: AnyRow) -> None:
    if row.purpose not in purposes_for(read, metric, row.consumption_year):
        raise PurposeNotForMetric(
            retirement=encode_id(IdPrefix.RETIREMENT, row.id), purpose=row.purpose, metric=metric
        )


def _check_unused(metric: Metric, uses: Iterable[AnyRow]) -> None:
    for first in uses:
        if first.metric == metric:
            raise RetirementUsedAlready(
                retirement=encode_id(IdPrefix.RETIREMENT, first.retirement),
                metric=first.metric,
                budget=_budget(first),
                journal=encode_id(IdPrefix.JOURNAL, first.journal),
            )


def _check_shared(read: Reader, metric: Metric, year: int, uses: Iterable[AnyRow]) -> None:
    for first in uses:
        if not _share(read, metric, first.metric, year):
            raise MetricsNotShared(
                retirement=encode_id(IdPrefix.RETIREMENT, first.retirement),
                metric=metric,
                first_metric=first.metric,
                budget=_budget(first),
                journal=encode_id(IdPrefix.JOURNAL, first.journal),
            )


def _share(read: Reader, metric: str, other: str, year: int) -> bool:
    if metric == other:
        return True
    try:
        return read.rules.flag(f"metric.share.{_pair(metric, other)}", date(year, 1, 1))
    except NotInForce as missing:
        raise missing.refused() from missing


def _pair(metric: str, other: str) -> str:
    return ".".join(sorted((metric, other)))


def _bar(retirement: int, pair: str) -> Enter:
    """Keep a retirement from the other metric of a pair, also for whoever decides at the same time."""
    return Enter("metric_bar", {"retirement": retirement, "pair": pair})


def _budget(use: AnyRow) -> str | None:
    return None if use.budget is None else encode_id(IdPrefix.FOSSIL_BUDGET, use.budget)
