"""Where units stand with their shares: what was claimed, traded and used physically, against what is due.

A unit's energy is what it reported for its fossil budget of the year. What others have to confirm
counts as far as they did: a year of shares has no closing that could ask for it later. Readings of
this house: `domain.md` GEC-U1, U2, U4 know no formula for a unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, select

from ledger.refusals import Refusal
from ledger.rules.factor import Figure
from ledger.rules.open_point import ENTERED, OpenPoint, rests
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.fossil_budget.certificates import offers_of
from settlement.fossil_budget.confirming import confirmed
from settlement.fossil_budget.facts import Facts, claim, facts_of
from settlement.fossil_budget.figures import Figures, as_entered, figures_of
from settlement.fossil_budget.recognition import ineligible
from settlement.fossil_budget.told import tell_open
from settlement.metrics import purposes_for
from settlement.shares.completion import (
    Completion,
    Energy,
    Target,
    completion,
    status,
)
from settlement.shares.targets import (
    OWN,
    PROVINCE,
    RULEBOOK,
    own_targets,
    province_figures,
    target_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.command import Plain
    from settlement.desk import Reader
    from settlement.fossil_budget.certificates import Offer
    from settlement.fossil_budget.confirming import Confirmed
    from settlement.fossil_budget.filed import Filed
    from settlement.metrics import Metric

_RESTS: Final = ("share.denominator", "acc.c_categories", "gec.kwh_per_cert")


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit's share of a year; without `found`, `reason` is the code of what is in the way."""

    on_file: Filed
    metric: Metric
    energy: Energy = field(default_factory=Energy)
    unconfirmed_kwh: int = 0
    target: Target | None = None
    found: Completion | None = None
    reason: str | None = None
    open_points: tuple[OpenPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    """What the rulebooks say of a metric in a year."""

    counted: frozenset[str]
    base: frozenset[str]
    purposes: frozenset[str]
    directions: frozenset[str] | None
    kwh_per_certificate: int


def standings(
    read: Reader, filed: Sequence[Filed], metric: Metric, year: int
) -> tuple[Standing, ...]:
    """Work out units' shares of a year from their budgets of it, in as many statements as one.

    Raises:
        RuleNotInForce: the adopted rulebooks do not cover the year.
    """
    rule = _rule(read, metric, year)
    gathered = facts_of(read, filed)
    offers = offers_of(read, filed, _claimed(read, filed, metric, year))
    said, figures = confirmed(read, [one.id for one in filed]), figures_of(read, filed)
    own = own_targets(read, filed, metric, year)
    found: list[Standing] = []
    for one in filed:
        facts = gathered[one.id]
        target = target_of(read, one, metric, own.get(one.party), figures[one.id])
        points = _open(read, metric, target, figures[one.id], one)
        if isinstance(facts, Refusal):
            found.append(
                Standing(one, metric, target=target, reason=facts.code, open_points=points)
            )
            continue
        energy = _energy(read, facts, offers[one.id], rule, said[one.id])
        judged = completion(energy, rule.counted, rule.base, target)
        rest = _unconfirmed(facts, said[one.id])
        found.append(Standing(one, metric, energy, rest, target, judged, open_points=points))
    return tuple(found)


def tell(one: Standing) -> dict[str, Plain]:
    """Tell a unit's share with its parts, its target, and the law that is open."""
    head: dict[str, Plain] = {
        "party_id": encode_id(IdPrefix.PARTY, one.on_file.party),
        "credit_code": one.on_file.credit_code,
        "province": one.on_file.province,
        "sector": one.on_file.sector,
        "year": one.on_file.year,
        "metric": one.metric,
        "target": None if one.target is None else _target(one.target),
        "open_points": tell_open(one.open_points),
    }
    if one.found is None:
        return head | {"status": one.reason}
    share, energy = one.found.share, one.energy
    return head | {
        "status": status(one.found).value,
        "share": None if share is None else f"{share:f}",
        "certificate_kwh": energy.certificate_kwh,
        "traded_kwh": energy.traded_kwh,
        "physical_kwh": energy.physical_kwh,
        "unconfirmed_kwh": one.unconfirmed_kwh,
        "renewable_kwh": one.found.renewable_kwh,
        "energy_kwh": one.found.energy_kwh,
        "missing_kwh": one.found.missing_kwh,
        "target_missing": _to_enter(one) if one.target is None else None,
    }


def _to_enter(one: Standing) -> dict[str, Plain]:
    """Say who is to enter a target where none was found: nothing is guessed in its place."""
    names = province_figures(one.on_file, one.metric)
    en = ", ".join(names) or "by its sector, which the budget is to say first"
    zh = "、".join(names) or "须先在预算决定中注明行业"
    return {
        "code": "share_target_missing",
        "figures": [*names],
        "en": "No target for the unit and year was found: the regulator enters the unit's own at "
        f"/v1/minimum-shares, or its province's at /v1/factors ({en}).",
        "zh": "未查到该单位该年度的目标：请主管部门在 /v1/minimum-shares 录入单位目标，"
        f"或在 /v1/factors 录入省级数值（{zh}）。",
    }


def _target(target: Target) -> dict[str, Plain]:
    return {
        "share": f"{target.share:f}",
        "source": target.source,
        "name": target.name,
        "document": target.document,
    }


def _rule(read: Reader, metric: Metric, year: int) -> _Rule:
    key, rules = date(year, 1, 1), read.rules
    try:
        return _Rule(
            counted=rules.words(f"share.numerator.{metric}", key),
            base=frozenset(rules.text("share.denominator", key).split("_plus_")),
            purposes=purposes_for(read, metric, year),
            directions=rules.words("share.rps.direction", key) if metric == "rps" else None,
            kwh_per_certificate=rules.integer("gec.kwh_per_cert", key),
        )
    except NotInForce as missing:
        raise missing.refused() from missing


def _claimed(
    read: Reader, filed: Sequence[Filed], metric: Metric, year: int
) -> dict[int, list[int]]:
    """Read the retirements that serve the metric of these units and year, by budget."""
    m, r, by_code = t.metric_use.c, t.retirement.c, {one.credit_code: one.id for one in filed}
    rows = read.conn.execute(
        select(r.id, r.beneficiary_code)
        .join_from(t.metric_use, t.retirement, and_(r.id == m.retirement, m.metric == metric))
        .where(among(r.beneficiary_code, list(by_code)), r.consumption_year == year)
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(by_code[row.beneficiary_code], []).append(row.id)
    return found


def _energy(
    read: Reader, facts: Facts, offers: Sequence[Offer], rule: _Rule, said: Confirmed
) -> Energy:
    electricity = facts.case.consumption.electricity
    return Energy(
        certificate_kwh=_certificates(read, facts, offers, rule) * rule.kwh_per_certificate,
        traded_kwh=facts.case.traded_kwh + min(electricity.other_traded_kwh, said.traded_kwh),
        physical_kwh=min(electricity.physical_kwh, said.physical_kwh),
        grid_offtake_kwh=electricity.grid_offtake_kwh,
        used_physically_kwh=electricity.physical_kwh,
    )


def _unconfirmed(facts: Facts, said: Confirmed) -> int:
    """Count what is reported as traded elsewhere or used physically, and confirmed by nobody."""
    electricity = facts.case.consumption.electricity
    rest = max(0, electricity.other_traded_kwh - said.traded_kwh)
    return rest + max(0, electricity.physical_kwh - said.physical_kwh)


def _certificates(read: Reader, facts: Facts, offers: Sequence[Offer], rule: _Rule) -> int:
    """Count the certificates claimed that are still retired, of the year, and not counted otherwise."""
    serves = replace(claim(read, facts.on_file), purposes=rule.purposes)
    return sum(
        offer.run.count
        for offer in offers
        if ineligible(serves, offer.line) is None
        and (rule.directions is None or offer.line.direction.value in rule.directions)
    )


def _open(
    read: Reader, metric: Metric, target: Target | None, figures: Figures, on_file: Filed
) -> tuple[OpenPoint, ...]:
    """List what is open of what a share rests on: rules, and a figure of the province or of the unit."""
    names = [*_RESTS, f"share.numerator.{metric}", f"metric.purposes.{metric}"]
    names += ["share.rps.direction"] if metric == "rps" else []
    names += [target.name] if target and target.source == RULEBOOK else []
    data: list[Figure] = []
    if target and target.source == PROVINCE:
        data = [as_entered(target.name, on_file.year, figures[target.name])]
    own = [_of_target(target)] if target and target.source == OWN else []
    return (*rests(names, date(on_file.year, 1, 1), read.rules, data), *own)


def _of_target(target: Target) -> OpenPoint:
    """Tell the share that a regulator set for the unit itself."""
    share = f"{target.share:f}"
    return OpenPoint(target.name, share, "1", target.document, article="", evidence=ENTERED)
