"""Postings: who gives what to whom, whether they may, and whose the serials are afterwards. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from ledger.book.book import POSTED_MAX
from ledger.kinds import KINDS
from ledger.log.replay_accounts import account_of, check_mandate
from ledger.log.replay_faults import (
    AccountIsFrozen,
    AccountNotOpen,
    AmountInvalid,
    BalanceBelowFloor,
    BodyMismatch,
    HoldNotTheirs,
    NotApproved,
    NotLive,
    NotTheOwner,
    PriceMismatch,
    ReplayFault,
    SerialsUnknown,
    UnitsHeld,
    WayNotAllowed,
)
from ledger.log.replay_rules import check_piece
from ledger.log.replay_state import CONTRAS, Act, Entry, Holder, Key, Row, State, Way
from ledger.log.replay_units import Piece, Units

SERIAL: Final = "GEC"
_GONE: Final = frozenset(CONTRAS)


def post(state: State, entry: Entry, posting: dict[str, Any]) -> None:
    """Perform one posting.

    Raises:
        ReplayFault: it may not be, or it takes what is not there.
    """
    debit, credit, code = posting["debit"], posting["credit"], posting["instrument"]
    amount, act, accounts = int(posting["amount"]), entry.act, state.accounts
    if not 0 < amount <= POSTED_MAX or debit == credit:
        raise AmountInvalid(f"{amount} from {debit} to {credit}")
    giver = accounts.get(debit) or account_of(state, entry, debit)
    taker = accounts.get(credit) or account_of(state, entry, credit)
    _check_way(act, giver, taker, code)
    if (act.kind.rule == "trade") != ("price_fen" in posting):
        raise PriceMismatch(f"{act.kind.name} with price {posting.get('price_fen')}")
    if act.receiver is not None and act.receiver != credit:
        raise HoldNotTheirs(f"the hold is for {act.receiver}, not for {credit}")
    _shift(state, entry, (debit, code), giver, -amount)
    _shift(state, entry, (credit, code), taker, amount)
    act.moved[code] = act.moved.get(code, 0) + amount
    if act.due is not None:
        _come_due(act.due, act, (debit, credit, code), amount)
    free = (_move_serials if code == SERIAL else _move_fungible)(state, entry, posting, amount)
    if free and giver.cls == "agent":
        check_mandate(giver, debit, entry)
    if free and giver.approval_above is not None:
        check_second(entry, giver, debit, free)


def _come_due(due: dict[Way, int], act: Act, key: Way, amount: int) -> None:
    """Take a posting off what must go so, where the act says all of it: certificates are counted apart."""
    if key[2] == SERIAL and act.kind.name == "gec.revoke":
        return
    left = due.get(key, 0) - amount
    if left < 0:
        raise BodyMismatch(f"{amount} of {key[2]} more go to {key[1]} than the act says")
    due[key] = left


def check_second(entry: Entry, giver: Holder, account: str, amount: int) -> None:
    """Refuse so many units of one act without a second person, where the account's limit says so."""
    limit = giver.approval_above
    if limit is None or entry.act.kind.four_eyes != "above_limit" or entry.group.approved:
        return
    given = entry.act.given = entry.act.given or {}
    given[account] = given.get(account, 0) + amount
    if given[account] >= limit:
        raise NotApproved(
            f"{given[account]} units of {account} need a second person from {limit} on"
        )


def _check_way(act: Act, giver: Holder, taker: Holder, code: str) -> None:
    kind = act.kind
    back = None if act.reverses is None else act.reverses["kind"]
    own = kind.own and giver.party != taker.party
    if own or not _leads(kind.name, back, giver.cls, taker.cls, code):
        raise WayNotAllowed(f"{kind.name} moves no {code} from {giver.cls} to {taker.cls}")
    if not (giver.is_open and taker.is_open):
        raise AccountNotOpen("an account of this posting is closed")
    if giver.frozen and not kind.frozen_gives:
        raise AccountIsFrozen(f"an act of {kind.name} takes from a frozen account")


@lru_cache(maxsize=4096)
def _leads(kind: str, back: str | None, giver: str, taker: str, code: str) -> bool:
    """Tell whether a kind goes this way; one that takes another back goes that one's way back."""
    head, _, tail = code.rpartition("-")
    family = head if tail.isdigit() or head == "KWH" else code
    family = "CAP" if code.startswith("CAP-") else family
    if back is None:
        return (giver, taker, family) in KINDS[kind].paths
    return (taker, giver, family) in KINDS[back].paths


def _shift(state: State, entry: Entry, key: Key, holder: Holder, units: int) -> None:
    """Add to a balance; what is held of it stays, and so does its floor."""
    row = state.balances.get(key) or row_of(state, key)
    row.posted += units
    if holder.contra:
        return
    entry.changed[key] = row
    if row.posted - row.held < holder.floor:
        raise BalanceBelowFloor(
            f"{key[0]} is left with {row.posted} of {key[1]}, of which {row.held} are held"
        )
    if row.posted > POSTED_MAX:
        raise AmountInvalid(f"{key[0]} has more of {key[1]} than can be counted")


def row_of(state: State, key: Key) -> Row:
    """Find a balance, or begin it."""
    row = state.balances.get(key)
    if row is None:
        row = state.balances[key] = Row()
        state.accounts[key[0]].codes.add(key[1])
    return row


def _move_fungible(_: State, entry: Entry, posting: dict[str, Any], amount: int) -> int:
    """Tell how many units were not set aside before; they have no serials to hand over."""
    if "lot" in posting or "first" in posting:
        raise BodyMismatch(f"{posting['instrument']} has no serials")
    return 0 if entry.act.settles else amount


def _move_serials(state: State, entry: Entry, posting: dict[str, Any], amount: int) -> int:
    """Hand serials over; return how many of them were free, not set aside before."""
    units, lo = located(state, posting, amount)
    act, lot, credit = entry.act, posting["lot"], posting["credit"]
    if act.body.get("lot_id", lot) != lot:
        raise BodyMismatch(f"the act is about {act.body['lot_id']}, not about {lot}")
    free = 0
    for start, end, piece in units.runs(lo, lo + amount):
        if piece[0] != posting["debit"]:
            raise _not_theirs(state, piece, posting)
        check_piece(entry, units, piece[2])
        free += _out_of_hold(entry, piece, end - start) if piece[1] else end - start
        # Shared, since lots of a large log do not fit the processor's caches otherwise.
        given = (credit, "", _trades(act, piece[2]))
        units.put(start, end, state.pieces.setdefault(given, given))
    act.brought += 1
    return free


def located(state: State, run: dict[str, Any], amount: int) -> tuple[Units, int]:
    """Find the lot of a run and where the run begins in it.

    Raises:
        SerialsUnknown: there is no such lot, or it has no such serials.
    """
    units = state.lots.get(run.get("lot", ""))
    if units is None or "first" not in run:
        raise SerialsUnknown(f"no record brought the lot {run.get('lot')} into being")
    lo = int(run["first"]) - units.first
    if lo < 0 or amount <= 0 or lo + amount > units.size:
        raise SerialsUnknown(f"{run['lot']} has no {amount} serials from {run['first']} on")
    return units, lo


def _not_theirs(state: State, piece: Piece, posting: dict[str, Any]) -> ReplayFault:
    run = f"{posting['amount']} serials of {posting['lot']} from {posting['first']} on"
    holder = state.accounts[piece[0]]
    if holder.cls in _GONE:
        return NotLive(f"{run}: some are {holder.cls}")
    return NotTheOwner(f"{run}: {piece[0]} has some of them")


def _out_of_hold(entry: Entry, piece: Piece, count: int) -> int:
    """Take units off what must leave a hold; none of them are free."""
    hold, due = piece[1], entry.group.due or {}
    left = due.get(hold, 0) - count
    if left < 0:
        raise UnitsHeld(f"{count} units are set aside under {hold}")
    due[hold] = left
    return 0


def _trades(act: Act, before: int) -> int:
    """Count the trades of units after this act; an opening says how often its pieces were traded."""
    if act.kind.name == "opening.lot":
        return int(act.body["trades"][act.brought])
    if act.reverses is not None:
        return before - KINDS[act.reverses["kind"]].trades
    return before + act.kind.trades
