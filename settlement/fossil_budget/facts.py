"""The facts a budget is judged by: report, green power, retirements, k, and the caps' room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from json import dumps
from typing import Any, Final

from sqlalchemy import select

from ledger.refusals import Refusal
from ledger.rules.rulebook import NotInForce, Rules
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.desk import Reader
from settlement.fossil_budget.cap_rooms import caps_of
from settlement.fossil_budget.caps import CapRoom
from settlement.fossil_budget.certificates import Offer, offers_of
from settlement.fossil_budget.energy import Consumption
from settlement.fossil_budget.figures import Figures, as_entered, figures_of
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.green_power import (
    GreenPower,
    green_retirements_of,
    held_green_of,
    offered_and_green,
)
from settlement.fossil_budget.recognition import Claim, claim_of
from settlement.fossil_budget.reported import read_consumption
from settlement.fossil_budget.statement import Case, K, Statement, compute
from settlement.metrics import Metric
from settlement.refusals import ConsumptionMissing, FactorMissing

METRIC: Final[Metric] = "fossil_budget"


@dataclass(frozen=True)
class Facts:
    """One budget's case, and the rows behind its lines and its traded energy.

    `figures` are the acts that set the regulator's figures it is judged by, by name.
    """

    on_file: Filed
    case: Case
    offered: Mapping[str, Offer]
    caps: CapRoom
    green_power: GreenPower
    figures: Mapping[str, int] = field(default_factory=dict)

    def judge(self, read: Reader) -> Statement:
        """Compute the statement.

        Raises:
            RuleNotInForce: the adopted rulebooks do not cover the year; else as `compute`.
        """
        try:
            return compute(self.case, read.rules)
        except NotInForce as missing:
            raise missing.refused() from missing

    def with_offers(self, more: Collection[Offer]) -> Facts:
        """Add runs that are offered, or retired, in the act being decided."""
        offered = {**self.offered, **{offer.line.line: offer for offer in more}}
        lines = tuple(offer.line for offer in offered.values())
        return replace(self, offered=offered, case=replace(self.case, retired=lines))

    def with_caps(self, caps: CapRoom) -> Facts:
        """See other room under the caps: a part was given, or others in the same act took some."""
        case = replace(self.case, caps=caps.left, caps_wait=caps.waits)
        return replace(self, caps=caps, case=case)

    def after(self, kind: str, body: Mapping[str, Any]) -> Facts:
        """See the budget as it will be on file once an event is."""
        return replace(self, on_file=self.on_file.after(kind, body))

    def digest(self) -> str:
        """Name the inputs: SHA-256 over everything the figures are worked out from."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        case = self.case
        told = {
            "budget_gce": case.budget_gce,
            "mode": case.mode,
            "k": str(case.k),
            "consumption": case.spelt_consumption,
            "traded_kwh": case.traded_kwh,
            "caps": case.caps,
            "retired": sorted([line.line, line.count] for line in case.retired),
        }
        return sha256(dumps(told, sort_keys=True).encode()).hexdigest()


def facts(read: Reader, on_file: Filed) -> Facts:
    """Gather the facts of a budget with the latest report on its file.

    Raises:
        ConsumptionMissing: there is no report.
        FactorMissing: k is not set for the unit's province and year.
        RuleNotInForce: no rule in force says how much energy a certificate stands for.
    """
    found = facts_of(read, (on_file,))[on_file.id]
    if isinstance(found, Refusal):
        raise found
    return found


def facts_of(read: Reader, filed: Sequence[Filed]) -> dict[int, Facts | Refusal]:
    """Gather the facts of budgets, by number, in eight statements however many they are.

    One that cannot be judged, for whatever reason `facts` names, has the refusal in their place.
    """
    found = _gather(read, filed)
    return {on_file.id: _facts_or_refusal(read, found, on_file) for on_file in filed}


def consumption_of(report: Mapping[str, Any]) -> Consumption:
    """Read the consumption out of an event as filed."""
    return read_consumption(report["consumption"])


def claim(read: Reader, on_file: Filed) -> Claim:
    """Say what a retirement must fit to serve a budget.

    Raises:
        RuleNotInForce: the adopted rulebooks do not cover the year.
    """
    try:
        return claim_on(read.rules, on_file)
    except NotInForce as missing:
        raise missing.refused() from missing


def claim_on(rules: Rules, on_file: Filed) -> Claim:
    """Say what a retirement must fit to serve a budget under these rules; `NotInForce` as `claim_of`."""
    return claim_of(rules, on_file.credit_code, on_file.year)


def _kwh_per_certificate(read: Reader, year: int) -> int:
    try:
        return read.rules.integer("gec.kwh_per_cert", date(year, 1, 1))
    except NotInForce as missing:
        raise missing.refused() from missing


def _used(read: Reader, filed: Sequence[Filed]) -> dict[int, list[int]]:
    m = t.metric_use.c
    numbers = [on_file.id for on_file in filed]
    query = select(m.budget, m.retirement).where(among(m.budget, numbers), m.metric == METRIC)
    used: dict[int, list[int]] = {}
    for budget, retirement in read.conn.execute(query).all():
        used.setdefault(budget, []).append(retirement)
    return used


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What was read about budgets, by number."""

    figures: Mapping[int, Figures]
    used: Mapping[int, Collection[int]]
    offers: Mapping[int, tuple[Offer, ...]]
    green_power: Mapping[int, GreenPower]
    caps: Mapping[int, CapRoom]


def _gather(read: Reader, filed: Sequence[Filed]) -> _Gathered:
    figures, used = figures_of(read, filed), _used(read, filed)
    looked_at = offered_and_green(used, green_retirements_of(read, filed))
    return _Gathered(
        figures=figures,
        used=used,
        offers=offers_of(read, filed, looked_at),
        green_power=held_green_of(read, filed),
        caps=caps_of(read, filed),
    )


def _facts_or_refusal(read: Reader, found: _Gathered, on_file: Filed) -> Facts | Refusal:
    try:
        return _facts(read, found, on_file)
    except Refusal as refusal:
        return refusal


def _facts(read: Reader, found: _Gathered, on_file: Filed) -> Facts:
    if on_file.report is None:
        raise ConsumptionMissing(on_file.code)
    k = found.figures[on_file.id].get(K)
    if k is None:
        raise FactorMissing(K, on_file.province, on_file.year)
    read_of, used = found.offers[on_file.id], found.used.get(on_file.id, ())
    offered = {offer.line.line: offer for offer in read_of if offer.retirement in used}
    caps = found.caps[on_file.id]
    green = found.green_power[on_file.id].with_retired(claim(read, on_file), read_of)
    kwh_per_certificate = _kwh_per_certificate(read, on_file.year)
    case = Case(
        beneficiary=on_file.credit_code,
        year=on_file.year,
        budget_gce=on_file.budget_gce,
        mode=on_file.mode,
        k=k.value,
        consumption=consumption_of(on_file.report),
        traded_kwh=green.certificates * kwh_per_certificate,
        retired=tuple(offer.line for offer in offered.values()),
        caps=caps.left,
        caps_wait=caps.waits,
        asked_on=read.day,
        entered={K: as_entered(K, on_file.year, k), **caps.entered},
    )
    return Facts(on_file, case, offered, caps, green, {K: k.journal})
