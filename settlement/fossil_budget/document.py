"""The statement on which a budget's year is closed, as bytes: what the log names is worked out here.

The published shape is `schemas.records.budget_statement`. Certificates that count as traded energy
stand in `traded` alone, so that a reopened year whose green power a closing retired reads as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ledger.log.jcs import jcs
from schemas.identifiers import IdPrefix, encode_id
from schemas.records.budget_statement import BUDGET_STATEMENT_VERSION
from settlement.fossil_budget.energy import apportioned_kwh, non_fossil_kwh
from settlement.fossil_budget.facts import Facts, claim_on
from settlement.fossil_budget.recognition import Claim, Reason
from settlement.fossil_budget.reported import spell_exact
from settlement.fossil_budget.told import PART_FIELDS, consequence_of

if TYPE_CHECKING:
    from ledger.rules.open_point import OpenPoint
    from ledger.rules.rulebook import Rules
    from settlement.fossil_budget.certificates import Offer, Run
    from settlement.fossil_budget.sources import Source, Sources
    from settlement.fossil_budget.statement import FactorUsed, Statement, View

_Told = dict[str, Any]
_OPEN_POINT: Final = ("name", "value", "unit", "document", "evidence", "zh", "en")


@dataclass(frozen=True, slots=True)
class Edition:
    """Which statement of a budget it is: counted from one, in which log, and the SHA-256 before it."""

    log: str
    n: int
    supersedes: str | None = None


def statement_bytes(
    found: Facts, judged: Statement, rests: Sources, rules: Rules, edition: Edition
) -> bytes:
    """Write a statement, RFC 8785: the same bytes for whoever has the same facts.

    Raises:
        NotInForce: the rules do not cover the budget year.
    """
    posting = judged.posting
    told = {
        **_head(found, edition),
        **_rules(rules),
        "inputs": [_input(act) for act in rests.acts],
        "consumption": _spelt(judged.case.spelt_consumption),
        "fuel_factors": [_factor(used) for used in judged.fuel_factors],
        "k": spell_exact(judged.case.k),
        "energy": _energy(found, judged),
        **_runs(found, judged, rules),
        "traded": _traded(found, rests.green),
        "modes": {view.mode.value: _view(view) for view in (posting, judged.other)},
        "consequence": consequence_of(judged),
        "status": posting.status.value,
        "balance_gce": str(posting.balance_gce),
        "open_points": sorted(map(_open_point, judged.open_points), key=lambda one: one["name"]),
    }
    return jcs(told)


def _head(found: Facts, edition: Edition) -> _Told:
    on_file, case = found.on_file, found.case
    return {
        "v": BUDGET_STATEMENT_VERSION,
        "log": edition.log,
        "budget_id": on_file.code,
        "party_id": encode_id(IdPrefix.PARTY, on_file.party),
        "credit_code": on_file.credit_code,
        "province": on_file.province,
        "sector": on_file.sector,
        "year": str(on_file.year),
        "n": str(edition.n),
        "supersedes": edition.supersedes,
        "mode": case.mode.value,
        "budget_gce": str(case.budget_gce),
        "document_no": str(on_file.decided["document_no"]),
    }


def _rules(rules: Rules) -> _Told:
    books = sorted(rules.books, key=lambda book: book.name)
    return {
        "rules": rules.digest,
        "rulebooks": [
            {"name": book.name, "version": str(book.version), "digest": book.digest}
            for book in books
        ],
    }


def _input(act: Source) -> _Told:
    journal = encode_id(IdPrefix.JOURNAL, act.journal)
    return {"what": act.what, "journal": journal, "leaf": act.leaf.hex()}


def _factor(used: FactorUsed) -> _Told:
    value = spell_exact(used.value)
    return {"fuel": used.fuel, "basis": used.basis, "value": value, "unit": used.unit}


def _energy(found: Facts, judged: Statement) -> _Told:
    """Tell kWh by how they are recognised; what is physical counts as far as others confirm it."""
    case, electricity, certificate = judged.case, judged.electricity, judged.certificate_kwh
    physical = min(electricity.physical_kwh, found.on_file.confirmed_kwh.get("physical", 0))
    counted = replace(electricity, physical_kwh=physical)
    shares = (counted, judged.recognised.traded_kwh, certificate, case.k)
    return {
        "grid_offtake_kwh": str(electricity.grid_offtake_kwh),
        "physical_kwh": str(physical),
        "traded_ledger_kwh": str(case.traded_kwh),
        "traded_confirmed_kwh": str(electricity.other_traded_kwh),
        "certificate_kwh": str(certificate),
        "apportioned_kwh": spell_exact(apportioned_kwh(*shares)),
        "non_fossil_kwh": spell_exact(non_fossil_kwh(*shares)),
    }


def _runs(found: Facts, judged: Statement, rules: Rules) -> _Told:
    claim, offered = claim_on(rules, found.on_file), found.offered
    counted = {one.line: one.count for one in judged.recognition.counted}
    recognised = [
        _offered(found, claim, offered[line], (0, count)) for line, count in counted.items()
    ]
    unrecognised = [
        _offered(found, claim, offered[one.line], (counted.get(one.line, 0), one.count))
        | {"reason": one.reason.value}
        for one in judged.recognition.uncounted
        if one.reason is not Reason.COUNTED_AS_TRADED
    ]
    return {"recognised": _sorted(recognised), "unrecognised": _sorted(unrecognised)}


def _offered(found: Facts, claim: Claim, offer: Offer, part: tuple[int, int]) -> _Told:
    """Tell a run of a retirement, or the part of it that begins so far from its low end."""
    skipped, count = part
    return {
        **_run(offer.run.lot, offer.run.serial + skipped, count),
        "retirement_id": encode_id(IdPrefix.RETIREMENT, offer.retirement),
        "direction": offer.line.direction.value,
        "capped": claim.cap_of(offer.line) in found.case.caps,
    }


def _traded(found: Facts, green: Iterable[Run]) -> list[_Told]:
    """Tell green power as runs of serials, joined where they touch: parcels are cut for many reasons."""
    runs = [*green, *(offer.run for offer in found.green_power.retired)]
    assert sum(run.count for run in runs) == found.green_power.certificates
    joined: list[tuple[int, int, int]] = []
    for lot, serial, count in sorted((run.lot, run.serial, run.count) for run in runs):
        before = joined[-1] if joined else (0, 0, 0)
        if before[0] == lot and before[1] + before[2] == serial:
            joined[-1] = (lot, before[1], before[2] + count)
        else:
            joined.append((lot, serial, count))
    return [_run(*run) for run in joined]


def _run(lot: int, serial: int, count: int) -> _Told:
    return {"lot_id": encode_id(IdPrefix.LOT, lot), "first": str(serial), "count": str(count)}


def _sorted(runs: Iterable[_Told]) -> list[_Told]:
    return sorted(runs, key=lambda run: (run["lot_id"], int(run["first"])))


def _view(view: View) -> _Told:
    parts = view.parts
    exact_gce = {
        "direct_gce": parts.direct,
        "power_gce": parts.power,
        "heat_gce": parts.heat,
        "traded_gce": parts.traded,
        "certificate_gce": parts.certificate,
        "fossil_gce": parts.fossil,
    }
    return {
        **{PART_FIELDS[name]: str(gce) for name, gce in view.whole.items()},
        "balance_gce": str(view.balance_gce),
        "status": view.status.value,
        "exact": {name: spell_exact(gce) for name, gce in exact_gce.items()},
    }


def _open_point(point: OpenPoint) -> _Told:
    return {name: getattr(point, name) for name in _OPEN_POINT}


def _spelt(value: Any) -> Any:
    """Spell whole numbers as strings, as records do."""
    if isinstance(value, Mapping):
        return {name: _spelt(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_spelt(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
