"""What emitters had, traded and owed day by day: what carrying allowances over rests on. Pure.

Source: 2023–24 allocation plan, Annex 5: holdings at the end of the record day, frozen units too and less
what is pending, net sales of the window, and duties met by their deadlines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.kinds import KINDS
from ledger.log.replay_ets import Past
from ledger.log.replay_faults import HoldingsMismatch, NameTaken

if TYPE_CHECKING:
    from ledger.log.replay_state import Entry, Held, State

_SERIAL: Final = "GEC"
_DUE: Final = "DUE-CEA-"
_FAMILIES: Final = ("CEA-2", _DUE)
_HOLDERS: Final = frozenset({"cea_registry", "cea_trading"})
_COUNTED: Final = _HOLDERS | {"duty"}
_GIVING_UP: Final = ("cancellation", "surrender")
"""Operations whose units are pending while they wait begin so."""

MOVING: Final = frozenset(
    name
    for name, kind in KINDS.items()
    if {family for *_, family in kind.paths} & {"CEA", "DUE-CEA"}
) | {"reverse.act", "reverse.decision"}
"""Kinds that move allowances or duties, or take such moves back."""

_TRADES: Final = frozenset(name for name in MOVING if KINDS[name].rule == "trade")


def note_sale(state: State, entry: Entry) -> None:
    """Note a sale of allowances; most sales are of certificates, and cost next to nothing here."""
    postings = entry.record.get("postings")
    if postings and postings[0]["instrument"] != _SERIAL:
        note_moves(state, entry)


def note_moves(state: State, entry: Entry) -> None:
    """Note what a record moved of allowances and duties; what trades did, unless it is taken back.

    Raises:
        NameTaken: where a party stood in another registry was told before.
    """
    kind, on = entry.act.kind.name, entry.day
    if kind == "opening.balance":
        on = min(on, _note_standing(state, entry))
    old = entry.act.reverses
    undone = old if old is not None and old["kind"] in _TRADES else None
    for posting in entry.record.get("postings", ()):
        if posting["instrument"] == _SERIAL or not posting["instrument"].startswith(_FAMILIES):
            continue
        units = int(posting["amount"])
        for end, change in (("debit", -units), ("credit", units)):
            if state.accounts[posting[end]].cls in _COUNTED:
                _of(state, posting[end]).change(on, posting["instrument"], change)
        if kind in _TRADES:
            _trade(state, posting, (on, 1))
        elif undone is not None:
            _trade(state, posting, (undone["day"], -1))


def _of(state: State, account: str) -> Past:
    """Find what is noted of whom an account is kept for."""
    return state.ets.past.setdefault(state.accounts[account].owner, Past())


def _trade(state: State, posting: dict[str, Any], when: tuple[str, int]) -> None:
    """Count a sale, once, or take it out again: then who got the units back had sold them."""
    on, times = when
    ends = ("debit", "credit") if times > 0 else ("credit", "debit")
    giver, taker = (posting[end] for end in ends)
    if state.accounts[giver].owner == state.accounts[taker].owner:
        return
    units, code = times * int(posting["amount"]), posting["instrument"]
    for account, book in ((giver, _of(state, giver).sold), (taker, _of(state, taker).bought)):
        if state.accounts[account].cls in _HOLDERS:
            book[on, code] = book.get((on, code), 0) + units


def _note_standing(state: State, entry: Entry) -> str:
    """Note what a holder did in the registry that it comes from; tell since when it had its units."""
    body = entry.act.body
    if "sold" in body:
        past, owner = _of(state, body["account"]), state.accounts[body["account"]].owner
        name = f"{owner} in {entry.record.get('external', {}).get('source')}"
        if name in state.names:
            raise NameTaken(f"where {name} stood was told before")
        state.names.add(name)
        past.told_sold += int(body["sold"])
        past.told_bought += int(body.get("bought", 0))
        past.told_on_time = (past.told_on_time or frozenset()) | {*body.get("on_time", ())}
    since: str = body.get("as_of", entry.day)
    return since


def note_pending(state: State, hold: Held, on: str, units: int) -> None:
    """Note that units of a hold are set aside to be given up, or below zero that they are not any more."""
    if hold.pending and state.accounts[hold.key[0]].cls in _HOLDERS:
        _of(state, hold.key[0]).change(on, hold.key[1], -units)


def is_pending(code: str, operation: str) -> bool:
    """Tell whether what waits for a second person would give allowances up."""
    return code.startswith("CEA-2") and operation.startswith(_GIVING_UP)


def check_past(state: State, entry: Entry) -> None:
    """Hold what a carry-over says was held, sold, bought and met in time against the records before it.

    Raises:
        HoldingsMismatch: they come to something else.
        RuleMissing: the rules have no window for it, or no deadline for a year.
    """
    body, law, year = entry.act.body, entry.law, entry.act.body["year"]
    past = state.ets.past.get(state.accounts[body["account"]].owner, Past())
    begins, ends = (
        law.named_day(f"cea.carry.sales_{end}", f"{year}-01").isoformat() for end in ("from", "to")
    )
    first, last = law.vintages("cea.carry.vintage_", year)
    codes = {f"CEA-{vintage}" for vintage in range(first, last + 1)}
    come_to = {
        "holdings": _sum(past.held, codes, "", ends),
        "sold": past.told_sold + _sum(past.sold, codes, begins, ends),
        "bought": past.told_bought + _sum(past.bought, codes, begins, ends),
        "on_time": all(_met(entry, past, one) for one in law.years_on_time(year)),
    }
    told = {name: body[name] if name == "on_time" else int(body[name]) for name in come_to}
    if told != come_to:
        raise HoldingsMismatch(f"{told} is told, and the records before come to {come_to}")


def _sum(book: dict[tuple[str, str], int], codes: set[str], begins: str, ends: str) -> int:
    return sum(n for (on, code), n in book.items() if code in codes and begins <= on <= ends)


def _met(entry: Entry, past: Past, year: str) -> bool:
    """Tell whether nothing was due of a year at the end of its deadline; a duty after it was not met.

    A year of which nothing was ever due counts as met, unless the party came with a statement that
    leaves the year out (own reading).
    """
    deadline = entry.law.named_day("cea.surrender_deadline", f"{year}-01").isoformat()
    due = {on: units for (on, code), units in past.held.items() if code == f"{_DUE}{year}"}
    if not due:
        return past.told_on_time is None or year in past.told_on_time
    by_then = [units for on, units in due.items() if on <= deadline]
    return bool(by_then) and sum(by_then) == 0
