"""The statement on which a budget's year was closed, written again from what the log says. Pure.

The published shape is `schemas.records.budget_statement`; what a closing's record names is the SHA-256
of these bytes. Nothing of the deciding side is asked: records and adopted rulebooks are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ledger.log.jcs import jcs
from ledger.log.replay_caps import budget_of
from ledger.log.replay_certificates import (
    Green,
    Judged,
    Room,
    Unit,
    green_held,
    green_retired,
    recognise,
    rooms_of,
    used_by,
)
from ledger.log.replay_energy import (
    MEASURED,
    STORAGE,
    Flows,
    Taken,
    Year,
    gross_cap,
    marginal_gce,
    offtake_of,
    parts_of,
    spelt,
    view,
)
from ledger.log.replay_faults import RuleMissing, StatementMismatch
from ledger.log.replay_frame import later
from ledger.rules.factor import Figure
from ledger.rules.open_point import rests
from ledger.rules.rulebook import NotInForce, RulebookInvalid
from schemas.records.budget_statement import BUDGET_STATEMENT_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.log.replay_state import Entry, State

_Told = dict[str, Any]
_POINT: Final = ("name", "value", "unit", "document", "evidence", "zh", "en")
_SAID: Final = ("n", "supersedes", "mode", "status")
_KEPT: Final = frozenset({"fuel", "unit", "feedstock_product", MEASURED})


def check_statement(state: State, entry: Entry, recall: Callable[[int], bytes]) -> None:
    """Hold what a closing's record names against the statement that the log comes to.

    Raises:
        StatementMismatch: it was closed on another statement, or on one that nobody could write.
        RuleMissing: the rules say nothing of what it rests on.
    """
    body = entry.act.body
    digest = body.get("statement_sha256")
    if digest is None:
        state.filed.untold.append((body["budget_id"], entry.act.last))
        return
    if not any(_is_named(told, body) for told in _written(state, entry, recall)):
        raise StatementMismatch(f"{body['budget_id']} was closed on another statement")
    state.filed.equal += 1


def _is_named(told: _Told, body: Mapping[str, Any]) -> bool:
    """Tell whether a record names this statement, and says of it what it says."""
    points = [point["name"] for point in told["open_points"]]
    if points != sorted(body["open_points"]) or any(body.get(n) != told[n] for n in _SAID):
        return False
    digest: str = body["statement_sha256"]
    return sha256(jcs(told)).hexdigest() == digest


def _written(state: State, entry: Entry, recall: Callable[[int], bytes]) -> list[_Told]:
    """Write the statement by the latest k, and by the one before if that came as this was being posted."""
    try:
        unit = _unit(state, entry, recall)
        *_, latest = entered = state.filed.figures[unit.place("k")]
        is_fresh = entry.record["at"] <= later(unit.read(latest)["at"])
        return [_Writer.of(unit, k).told() for k in entered[: -3 if is_fresh else -2 : -1]]
    except (NotInForce, RulebookInvalid) as fault:
        raise RuleMissing(str(fault)) from fault
    except (ArithmeticError, LookupError, ValueError, TypeError) as fault:
        raise StatementMismatch(f"no statement can be written: {fault!r}") from fault


def _unit(state: State, entry: Entry, recall: Callable[[int], bytes]) -> Unit:
    party, year = budget_of(state, entry.act.body)
    law = Year(entry.law.rules, date(int(year), 1, 1))
    file = state.filed.budgets[entry.act.body["budget_id"]]
    return Unit(state, recall, entry.group, entry.record, file, party, year, law)


@dataclass(frozen=True, slots=True)
class _Writer:
    """One closing: its unit, what was decided and reported, and what counts."""

    unit: Unit
    decided: _Told
    reported: _Told
    k: int  # the record that it was entered by
    caps: dict[str, tuple[int, bool]]  # room by direction, and whether it is yet to be shared
    green: tuple[Green, ...]
    taken: Taken
    parts: dict[str, Fraction]  # exact, but for certificates
    counted: dict[str, tuple[Judged, ...]]  # by mode

    @property
    def judged(self) -> tuple[Judged, ...]:
        """What became of certificates in the mode that posts."""
        return self.counted[self.decided["mode"]]

    @classmethod
    def of(cls, unit: Unit, k: int) -> _Writer:
        """Read what the log says, and judge it by the k of one record."""
        file, law = unit.file, unit.law
        if file.report is None:
            raise LookupError("nothing was reported")
        reported = unit.read(file.report)["body"]["consumption"]
        caps, green = rooms_of(unit), (*green_held(unit), *green_retired(unit))
        per, electricity = law.kwh_per_certificate, reported["electricity"]
        traded = sum(one.count for one in green) * per + int(electricity["other_traded_kwh"])
        share = Fraction(unit.read(k)["body"]["value"])
        taken = Taken(offtake_of(electricity, law), traded, share)
        decided, parts = unit.read(file.decided)["body"], parts_of(reported, taken, law)
        runs = used_by(unit, file.offered)
        room = Room((taken.offtake - traded) // per, "above_offtake", caps)
        charged = parts["direct"] + parts["power"] + parts["heat"] - parts["traded"]
        most = gross_cap(taken, charged - int(decided["budget_gce"]), law)
        net, gross = (recognise(unit, runs, one) for one in (room, room.at_most(most)))
        counted = {"net": net, "gross": gross}
        return cls(unit, decided, reported, k, caps, green, taken, parts, counted)

    def told(self) -> _Told:
        """Put the statement together."""
        views = {mode: self._view(mode) for mode in self.counted}
        mode = self.decided["mode"]
        return {
            **self._head(),
            **self._rules(),
            **self._report(),
            "inputs": self._inputs(),
            "energy": self._energy(),
            **self._runs(),
            "traded": _joined(self.green),
            "modes": views,
            "consequence": self._consequence(views),
            "status": views[mode]["status"],
            "balance_gce": views[mode]["balance_gce"],
            "open_points": self._open_points(),
        }

    def _view(self, mode: str) -> _Told:
        one = marginal_gce(self.taken, self.unit.law, mode)
        certificates = sum(judged.fits for judged in self.counted[mode])
        parts = {**self.parts, "certificate": certificates * one}
        return view(parts, int(self.decided["budget_gce"]))

    def _head(self) -> _Told:
        unit, closed = self.unit, self.unit.file.closed
        same = ("budget_id", "party_id", "year", "mode", "budget_gce", "document_no")
        return {name: self.decided[name] for name in same} | {
            "v": BUDGET_STATEMENT_VERSION,
            "log": unit.record["log"],
            "credit_code": unit.code,
            "province": unit.province or None,
            "sector": unit.file.sector,
            "n": str(len(closed) + 1),
            "supersedes": closed[-1] if closed else None,
        }

    def _rules(self) -> _Told:
        books = sorted(self.unit.law.rules.books, key=lambda book: book.name)
        return {
            "rules": self.unit.law.rules.digest,
            "rulebooks": [
                {"name": book.name, "version": str(book.version), "digest": book.digest}
                for book in books
            ],
        }

    def _report(self) -> _Told:
        """Tell what was reported, without what is nothing, and by which factors it counts."""
        told, law = self.reported, self.unit.law
        electricity = {
            name: kwh for name, kwh in told["electricity"].items() if name != STORAGE or int(kwh)
        }
        fuels = [
            {name: value for name, value in line.items() if name in _KEPT or Fraction(value)}
            for line in told["fuels"]
        ]
        return {
            "consumption": {"fuels": fuels, "electricity": electricity, "heat": told["heat"]},
            "fuel_factors": [_factor_used(line, law) for line in told["fuels"]],
            "k": spelt(self.taken.k),
        }

    def _inputs(self) -> list[_Told]:
        """Name the records that figures rest on, and the hashes of their leaves."""
        unit, filed = self.unit, self.unit.state.filed
        named = {(unit.file.decided, "budget.set"), (unit.file.report or 0, "consumption")}
        named |= {(index, f"confirm.{part}") for part, index in unit.file.confirmed.items()}
        named.add((self.k, "factor.k"))
        named |= {(filed.caps[unit.place(to)], f"cap.{to}") for to in self.caps}
        records = {index: unit.read(index) for index, _ in named}
        for index in {one.used.index for one in self.judged} | {one.index for one in self.green}:
            records[index] = unit.read(index)
            named.add((index, records[index]["kind"]))
        told = [
            {"what": what, "journal": records[index]["id"], "leaf": unit.leaf(index)}
            for index, what in named
        ]
        return sorted(told, key=lambda one: (one["journal"], one["what"]))

    def _energy(self) -> _Told:
        """Tell electricity by how it is recognised; what is physical counts as far as others confirm it."""
        unit, taken, metered = self.unit, self.taken, self.reported["electricity"]
        physical = min(int(metered["physical_kwh"]), self._confirmed("physical"))
        certificate = sum(one.fits for one in self.judged) * unit.law.kwh_per_certificate
        apportioned = (taken.offtake - taken.traded - certificate) * taken.k
        other = int(metered["other_traded_kwh"])
        return {
            "grid_offtake_kwh": str(taken.offtake),
            "physical_kwh": str(physical),
            "traded_ledger_kwh": str(taken.traded - other),
            "traded_confirmed_kwh": str(other),
            "certificate_kwh": str(certificate),
            "apportioned_kwh": spelt(apportioned),
            "non_fossil_kwh": spelt(physical + taken.traded + certificate + apportioned),
        }

    def _confirmed(self, part: str) -> int:
        index = self.unit.file.confirmed.get(part)
        said = [] if index is None else self.unit.read(index)["body"]["confirmed"]
        return sum(int(one["kwh"]) for one in said if one["part"] == part)

    def _runs(self) -> _Told:
        counted = [self._run(one, 0, one.fits) for one in self.judged if one.fits]
        rest = [
            self._run(one, one.fits, one.used.count - one.fits) | {"reason": one.reason}
            for one in self.judged
            if one.fits < one.used.count and one.reason != "counted_as_traded"
        ]
        return {"recognised": sorted(counted, key=_place), "unrecognised": sorted(rest, key=_place)}

    def _run(self, one: Judged, skipped: int, count: int) -> _Told:
        return {
            "lot_id": one.used.lot,
            "first": str(one.used.first + skipped),
            "count": str(count),
            "retirement_id": one.used.retirement["retirement_id"],
            "direction": self.unit.direction(one.used),
            "capped": one.binding in self.caps,
        }

    def _consequence(self, views: _Told) -> _Told | None:
        if len({seen["status"] for seen in views.values()}) == 1:
            return None
        text = self.unit.law.text(f"feb.consequence.{self.decided['mode']}")
        zh, _, en = text.partition("|")
        return {"zh": zh.strip(), "en": en.strip()}

    def _open_points(self) -> list[_Told]:
        """Tell what is open of the law that figures rest on, and what was entered by the regulator."""
        unit = self.unit
        met = {one.binding for one in self.judged if one.reason != "counted_as_traded"}
        body = unit.read(self.k)["body"]
        entered = [self._entered("k", body, body["value"])]
        for to in sorted(met & self.caps.keys()):
            body = unit.read(unit.state.filed.caps[unit.place(to)])["body"]
            entered.append(self._entered(f"cap_{to}", body, body["cap"]))
        points = rests(self._rests_on(), unit.law.key, unit.law.rules, entered)
        told = [{name: getattr(point, name) for name in _POINT} for point in points]
        return sorted(told, key=lambda point: point["name"])

    def _entered(self, name: str, body: _Told, value: str) -> Figure:
        version, document = int(body["version"]), body["document_no"]
        year = int(self.unit.year)
        return Figure(name, self.unit.province, year, version, Decimal(value), document)

    def _rests_on(self) -> Iterator[str]:
        """Name the rules that figures rest on, by what was reported and offered."""
        electricity, fuels = self.reported["electricity"], self.reported["fuels"]
        law = self.unit.law
        lines, measured = [Flows.of(line) for line in fuels], [MEASURED in line for line in fuels]
        made = any(flows.produced for flows in lines)
        asked: dict[str, object] = {
            "feb.mode feb.c_e metric.purposes.fossil_budget acc.cap_t_plus_c gec.kwh_per_cert": True,
            "feb.gross_cap": True,
            "feb.gross_cap_share": law.text("feb.gross_cap") != "none",
            "acc.traded_confirmed": int(electricity["other_traded_kwh"]),
            "acc.c_categories acc.late_retirement_until": self.judged,
            "acc.cap_exempt_origins acc.cap_method": self.judged and self.caps,
            "acc.storage_charge": int(electricity.get(STORAGE, 0)),
            "feb.by_products": made or any(flows.left > flows.came for flows in lines),
            "feb.secondary_gases": made,
            "feb.kgce_kj": any(measured),
            "feb.heat.factor": Fraction(self.reported["heat"]["purchased_mj"]),
            "feb.feedstock_deducted": any(flows.feedstock for flows in lines),
        }
        for names, holds in asked.items():
            yield from names.split() if holds else ()
        for line, is_measured in zip(fuels, measured, strict=True):
            yield from () if is_measured else (f"feb.fuel.{line['fuel']}.factor",)


def _factor_used(line: _Told, law: Year) -> _Told:
    value, unit = law.factor(line["fuel"])
    basis = "table"
    if MEASURED in line:
        basis, value, unit = "measured", Fraction(line[MEASURED]), unit.replace("kgce", "kJ")
    return {"fuel": line["fuel"], "basis": basis, "value": spelt(value), "unit": unit}


def _joined(green: Iterable[Green]) -> list[_Told]:
    """Tell runs of serials, joined where they touch."""
    joined: list[tuple[str, int, int]] = []
    for one in sorted(green):
        if joined and joined[-1][0] == one.lot and sum(joined[-1][1:]) == one.first:
            joined[-1] = (one.lot, joined[-1][1], joined[-1][2] + one.count)
        else:
            joined.append((one.lot, one.first, one.count))
    return [{"lot_id": lot, "first": str(first), "count": str(n)} for lot, first, n in joined]


def _place(run: _Told) -> tuple[str, int]:
    return run["lot_id"], int(run["first"])
