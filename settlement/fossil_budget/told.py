"""A budget as it is told: figures in whole grams with the exact ones beside them, and the open law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from ledger.model.command import Plain
from ledger.rules.open_point import OpenPoint
from schemas.identifiers import IdPrefix, encode_id
from settlement.fossil_budget.certificates import Offer
from settlement.fossil_budget.charge import Parts, differences
from settlement.fossil_budget.energy import apportioned_kwh, non_fossil_kwh
from settlement.fossil_budget.facts import Facts
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.gaps import Gap
from settlement.fossil_budget.green_power import LeftOut
from settlement.fossil_budget.planner import Plan
from settlement.fossil_budget.reasons import tell_reason
from settlement.fossil_budget.reported import spell_exact
from settlement.fossil_budget.statement import FactorUsed, K, Statement, View

OPEN_POINT: Final = (*(member.name for member in fields(OpenPoint)), "en", "zh")
"""What is told of a value that was not read in the final official text."""
NOT_REPORTED: Final = "NOT_REPORTED"
PART_FIELDS: Final = {
    "fossil.direct": "direct_gce",
    "fossil.power": "power_gce",
    "fossil.heat": "heat_gce",
    "recognised.traded": "traded_gce",
    "recognised.certificate": "certificate_gce",
}


def tell(facts: Facts, statement: Statement) -> dict[str, Plain]:
    """Tell a budget whole: charge, recognition, both modes side by side, law that is open."""
    on_file, posting = facts.on_file, statement.posting
    told = tell_head(on_file) | {
        "status": posting.status.value,
        "k": spell_exact(statement.case.k),
        "k_document_no": facts.case.entered[K].document_no,
        "consumption": statement.case.spelt_consumption,
        "fuel_factors": [_factor(used) for used in statement.fuel_factors],
        "traded_kwh": statement.recognised.traded_kwh,
        "unconfirmed_kwh": _unconfirmed(facts, statement),
        "energy": _energy(facts, statement),
        "certificates": statement.recognised.certificates,
        "recognised": tell_recognised(facts, statement),
        "unrecognised": tell_unrecognised(facts, statement),
        "untraded": [_left_out(out) for out in facts.green_power.left_out],
        "modes": {view.mode.value: _view(view) for view in (posting, statement.other)},
        "restate_due": bool(
            differences(posting.whole, on_file.whole)
            or facts.caps.moves(statement.recognition.capped)
        ),
        "rules_digest": statement.rules_digest,
        "inputs_digest": facts.digest(),
        "consequence": consequence_of(statement),
        "open_points": tell_open(statement.open_points),
    }
    return told | _figures(posting)


def consequence_of(statement: Statement) -> dict[str, Plain] | None:
    """Tell in both languages what follows where the two modes come to different statuses."""
    if statement.consequence is None:
        return None
    zh, _, en = statement.consequence.partition("|")
    return {"zh": zh.strip(), "en": en.strip()}


def tell_head(on_file: Filed) -> dict[str, Plain]:
    """Tell what is known of a budget before anything is reported."""
    return {
        "budget_id": on_file.code,
        "party_id": encode_id(IdPrefix.PARTY, on_file.party),
        "credit_code": on_file.credit_code,
        "account_id": encode_id(IdPrefix.ACCOUNT, on_file.account),
        "instrument": on_file.instrument.code,
        "unit": on_file.instrument.unit,
        "year": on_file.year,
        "mode": on_file.mode.value,
        "budget_gce": on_file.budget_gce,
        "balance_gce": on_file.balance_gce,
        "document_no": str(on_file.decided["document_no"]),
        "state": "open" if on_file.closing is None else "closed",
        "status": NOT_REPORTED,
    }


def tell_result(facts: Facts, statement: Statement) -> dict[str, Plain]:
    """Tell what an act made of a budget: where it stands, and which grams were posted for it."""
    posting = statement.posting
    posted = differences(posting.whole, facts.on_file.whole)
    changes: dict[str, Plain] = {PART_FIELDS[name]: gce for name, gce in posted.items()}
    return {
        "budget_id": facts.on_file.code,
        "mode": posting.mode.value,
        "status": posting.status.value,
        "balance_gce": posting.balance_gce,
        "traded_kwh": statement.recognised.traded_kwh,
        "certificates": statement.recognised.certificates,
        "recognised": tell_recognised(facts, statement),
        "unrecognised": tell_unrecognised(facts, statement),
        "posted": changes,
        "open_points": tell_open(statement.open_points),
    } | _figures(posting)


def tell_recognised(facts: Facts, statement: Statement) -> list[Plain]:
    """List the certificates that count."""
    return [run(facts.offered[c.line], c.count) for c in statement.recognition.counted]


def tell_unrecognised(facts: Facts, statement: Statement) -> list[Plain]:
    """List the certificates that do not, with the reason: now, or when they were offered in vain."""
    now = [
        {**run(facts.offered[u.line], u.count), **tell_reason(u.reason.value)}
        for u in statement.recognition.uncounted
    ]
    used = {encode_id(IdPrefix.RETIREMENT, offer.retirement) for offer in facts.offered.values()}
    return [*now, *_rejected(facts.on_file, used)]


def run(offer: Offer, count: int) -> dict[str, Plain]:
    """Tell a run of a retirement, or so many of it from its low end."""
    return {
        "retirement_id": encode_id(IdPrefix.RETIREMENT, offer.retirement),
        "lot_id": encode_id(IdPrefix.LOT, offer.run.lot),
        "first_serial": offer.run.serial,
        "offered": offer.run.count,
        "count": count,
    }


def _left_out(out: LeftOut) -> dict[str, Plain]:
    """Tell green power that is not traded energy, and why."""
    retired = None if out.retirement is None else encode_id(IdPrefix.RETIREMENT, out.retirement)
    return {
        "retirement_id": retired,
        "lot_id": encode_id(IdPrefix.LOT, out.run.lot),
        "first_serial": out.run.serial,
        "count": out.run.count,
        **tell_reason(out.reason.value),
    }


def tell_gap(gap: Gap) -> dict[str, Plain]:
    """Tell what a report leaves open of a fuel, in t or m³."""
    return {
        "gap": gap.kind.value,
        "fuel": gap.fuel,
        "told": spell_exact(gap.told),
        "expected": None if gap.expected is None else spell_exact(gap.expected),
    }


def open_point(point: OpenPoint) -> dict[str, Plain]:
    """Tell a value that was not read in the final official text, in both languages."""
    return {name: getattr(point, name) for name in OPEN_POINT}


def tell_open(points: Iterable[OpenPoint]) -> list[Plain]:
    """Tell values that were not read in the final official text, each once."""
    return [open_point(point) for point in dict.fromkeys(points)]


def _unconfirmed(facts: Facts, statement: Statement) -> int:
    """Count the energy that is said to be traded elsewhere, and that nobody else confirmed."""
    reported = statement.case.consumption.electricity.other_traded_kwh
    return max(0, reported - facts.on_file.confirmed_kwh.get("traded", 0))


def _energy(facts: Facts, statement: Statement) -> dict[str, Plain]:
    """Tell the unit's non-fossil power and what it is made of. Guide 622 of 2026, annex 3.

    Of energy used on the spot, only what others confirm is counted.
    """
    physical = facts.on_file.confirmed_kwh.get("physical", 0)
    reported = statement.electricity.physical_kwh
    counted = replace(statement.electricity, physical_kwh=min(reported, physical))
    traded, certificate = statement.recognised.traded_kwh, statement.certificate_kwh
    k = statement.case.k
    return {
        "grid_offtake_kwh": counted.grid_offtake_kwh,
        "physical_kwh": counted.physical_kwh,
        "traded_kwh": traded,
        "certificate_kwh": certificate,
        "apportioned_kwh": spell_exact(apportioned_kwh(counted, traded, certificate, k)),
        "non_fossil_kwh": spell_exact(non_fossil_kwh(counted, traded, certificate, k)),
    }


def _rejected(on_file: Filed, used: Iterable[str]) -> list[Plain]:
    """List what was offered in vain; of a retirement offered again, the latest word counts."""
    latest: dict[str, list[Plain]] = {}
    for event in on_file.events:
        latest.update(_by_retirement(event.body.get("rejected", ())))
    return [told for name, runs in latest.items() if name not in set(used) for told in runs]


def _by_retirement(rejected: Iterable[Mapping[str, Any]]) -> dict[str, list[Plain]]:
    found: dict[str, list[Plain]] = {}
    for told in rejected:
        worded = {**told, **tell_reason(told["reason"])}
        found.setdefault(told["retirement_id"], []).append(worded)
    return found


def _figures(view: View) -> dict[str, Plain]:
    return {
        "charge": _charge(view),
        "excess_gce": max(0, -view.balance_gce),
        "needed": view.plan.needed,
    }


def _charge(view: View) -> dict[str, Plain]:
    """Tell what was posted, by part; traded and certificate are what was taken off."""
    told: dict[str, Plain] = {PART_FIELDS[name]: gce for name, gce in view.whole.items()}
    return told


def _view(view: View) -> dict[str, Plain]:
    parts, plan = view.parts, view.plan
    return {
        "status": view.status.value,
        "balance_gce": view.balance_gce,
        **_figures(view),
        **tell_need(plan),
        "exact": _exact(parts, plan),
    }


def _exact(parts: Parts, plan: Plan) -> dict[str, Plain]:
    return {
        "direct_gce": spell_exact(parts.direct),
        "power_gce": spell_exact(parts.power),
        "heat_gce": spell_exact(parts.heat),
        "traded_gce": spell_exact(parts.traded),
        "certificate_gce": spell_exact(parts.certificate),
        "fossil_gce": spell_exact(parts.fossil),
        "excess_gce": spell_exact(plan.excess_gce),
    }


def tell_need(plan: Plan) -> dict[str, Plain]:
    """Tell what it would take in one mode, if all of it were bought."""
    return {
        "needed": plan.needed,
        "room": plan.room,
        "feasible": plan.feasible,
        "marginal_gce": spell_exact(plan.marginal_gce),
        "residual_gce": spell_exact(plan.residual_gce),
    }


def _factor(used: FactorUsed) -> dict[str, Plain]:
    return {
        "fuel": used.fuel,
        "basis": used.basis,
        "value": spell_exact(used.value),
        "unit": used.unit,
        "code": used.code,
        "code_open": None if used.code_open is None else _code_open(used.code_open),
    }


def _code_open(point: OpenPoint) -> dict[str, Plain]:
    return {"evidence": point.evidence, "en": point.en, "zh": point.zh}
