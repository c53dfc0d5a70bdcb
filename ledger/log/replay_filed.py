"""What the log says that statements of budgets rest on: where it stands, not what it says. Pure.

Nothing is kept of a sale: how certificates came to whom they lie with follows from how often they were
traded, and from the few acts that hand them over otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.kinds import KINDS

if TYPE_CHECKING:
    from ledger.log.reading import Record
    from ledger.log.replay_state import Entry, State

GREEN: Final = "green_power"
_SERIAL: Final = "GEC"
_OWN_USE: Final = frozenset({"user", "agent"})

Mark: TypeAlias = tuple[int, int, str, int, int]
"""From which unit of a lot to which, the origin written on them or "", by which record, and how often
they were traded by then."""


@dataclass(slots=True)
class BudgetFile:
    """Where the log says what of one budget: indexes of records."""

    decided: int
    sector: str | None = None
    report: int | None = None
    confirmed: dict[str, int] = field(default_factory=dict)  # by part
    offered: dict[str, None] = field(default_factory=dict)  # retirements that serve it
    closed: list[str | None] = field(default_factory=list)  # SHA-256 of its statements


@dataclass(slots=True)
class Filed:
    """Where the log says what about budgets, provinces' figures, and certificates that are not sold."""

    codes: dict[str, str] = field(default_factory=dict)  # credit codes of parties
    budgets: dict[str, BudgetFile] = field(default_factory=dict)
    figures: dict[str, list[int]] = field(default_factory=dict)  # by name, province and year
    caps: dict[str, int] = field(default_factory=dict)
    retired: dict[str, list[int]] = field(default_factory=dict)  # the records of retirements
    undone: set[int] = field(default_factory=set)  # those among them that were taken back
    marks: dict[str, list[Mark]] = field(default_factory=dict)  # by lot
    green: dict[str, set[str]] = field(default_factory=dict)  # lots that came to accounts so
    gone: dict[str, dict[str, None]] = field(default_factory=dict)  # retirements of it, by party
    equal: int = 0  # closings on the statement that the log comes to
    untold: list[tuple[str, int]] = field(default_factory=list)  # closings that name none, by index

    def story(self, lot: str, unit: int, trades: int) -> tuple[str, int]:
        """Tell how a unit of a lot came to whom it lies with: its origin, and by which record, if told."""
        acquired = -1
        for start, past, origin, index, then in reversed(self.marks.get(lot, ())):
            if start <= unit < past:
                acquired = index if acquired < 0 else acquired
                if origin:
                    return (origin if then == trades else "traded"), acquired
        return ("traded" if trades else "issued"), acquired


def file_act(state: State, entry: Entry) -> None:
    """Note where an act of those kinds says something about a budget."""
    FILED[entry.act.kind.name](state.filed, entry.act.last, entry.act.body)


def _seat(filed: Filed, _: int, body: dict[str, Any]) -> None:
    filed.codes[body["party"]] = body.get("credit_code", "")


def _decide(filed: Filed, index: int, body: dict[str, Any]) -> None:
    found = filed.budgets.setdefault(body["budget_id"], BudgetFile(index))
    found.decided = index
    found.sector = body.get("sector", found.sector)


def _restate(filed: Filed, index: int, body: dict[str, Any]) -> None:
    found = filed.budgets.get(body["budget_id"])
    if found is None:
        return  # its postings will tell
    if "consumption" in body:
        found.report = index
    found.offered |= dict.fromkeys(body.get("retirement_ids", ()))


def _confirm(filed: Filed, index: int, body: dict[str, Any]) -> None:
    parts = (one["part"] for one in body["confirmed"])
    filed.budgets[body["budget_id"]].confirmed |= dict.fromkeys(parts, index)


def _close(filed: Filed, _: int, body: dict[str, Any]) -> None:
    found = filed.budgets[body["budget_id"]]
    found.offered |= dict.fromkeys(body.get("retirement_ids", ()))
    found.closed.append(body.get("statement_sha256"))


def _set_figure(filed: Filed, index: int, body: dict[str, Any]) -> None:
    place = f"{body['name']} {body['province']} {body['year']}"
    filed.figures.setdefault(place, []).append(index)


def _set_cap(filed: Filed, index: int, body: dict[str, Any]) -> None:
    filed.caps[f"{body['direction']} {body['province']} {body['year']}"] = index


FILED: Final[dict[str, Callable[[Filed, int, dict[str, Any]], None]]] = {
    "party.register": _seat,
    "budget.set": _decide,
    "budget.restate": _restate,
    "budget.confirm": _confirm,
    "budget.close": _close,
    "factor.set": _set_figure,
    "cap.set": _set_cap,
}
"""What is noted of an act as it begins, by kind."""


def mark(state: State, entry: Entry) -> None:
    """Note certificates that came to somebody otherwise than by a sale."""
    filed, act = state.filed, entry.act
    origin = act.kind.origin or ""
    for posting in _of_serials(entry.record):
        lot = posting["lot"]
        if origin or lot in filed.marks:
            lo = int(posting["first"]) - state.lots[lot].first
            [(_, _, piece), *_] = state.lots[lot].runs(lo, lo + 1)
            told = (lo, lo + int(posting["amount"]), origin, act.last, piece[2])
            filed.marks.setdefault(lot, []).append(told)
            _note_green(filed, lot, posting["credit"])


def mark_joined(state: State, entry: Entry) -> None:
    """Note that parcels have one history from this act on."""
    for run in entry.act.body["runs"]:
        marks = state.filed.marks.get(run["lot"])
        if marks:
            lo = int(run["first"]) - state.lots[run["lot"]].first
            marks.append((lo, lo + int(run["count"]), "", entry.act.last, 0))


def retire(state: State, entry: Entry) -> None:
    """Note where a retirement is recorded, and whose green power it used up."""
    filed, name = state.filed, entry.act.body["retirement_id"]
    filed.retired.setdefault(name, []).append(entry.act.last)
    for posting in _of_serials(entry.record):
        giver = state.accounts[posting["debit"]]
        if _has_green(filed, posting["lot"]) and giver.cls in _OWN_USE:
            filed.gone.setdefault(giver.owner, {})[name] = None


def take_back(state: State, entry: Entry) -> None:
    """Forget what a record noted that is taken back: its certificates are as they were before."""
    filed, old = state.filed, entry.act.reverses
    if old is None:
        return
    index = state.ids.index(old["id"])
    if old["kind"] == "gec.retire" and index is not None:
        filed.undone.add(index)
    for posting in _of_serials(entry.record):
        lot = posting["lot"]
        if lot in filed.marks:
            filed.marks[lot] = [told for told in filed.marks[lot] if told[3] != index]
            _note_green(filed, lot, posting["credit"])


def _of_serials(record: Record) -> list[dict[str, Any]]:
    return [each for each in record.get("postings", ()) if each["instrument"] == _SERIAL]


def _has_green(filed: Filed, lot: str) -> bool:
    return any(told[2] == GREEN for told in filed.marks.get(lot, ()))


def _note_green(filed: Filed, lot: str, account: str) -> None:
    if _has_green(filed, lot):
        filed.green.setdefault(account, set()).add(lot)


AFTER: Final[dict[str, Callable[[State, Entry], None]]] = {
    **{name: mark for name, kind in KINDS.items() if kind.origin not in {None, "traded", "issued"}},
    "party.succession": mark,
    "units.forced_transfer": mark,
    "units.consolidate": mark_joined,
    "gec.retire": retire,
    "reverse.act": take_back,
    "reverse.decision": take_back,
}
"""What is noted of a record once its postings are done, by kind."""
