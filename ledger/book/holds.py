"""Setting units aside, and taking them back or out."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.book.pick import PARCELS_MAX, join, pick, pick_exact, pick_held
from ledger.book.trial import Trial
from ledger.kinds import Kind
from ledger.kinds.kind import FROZEN_KINDS
from ledger.model.command import CloseHold, Criteria, Exact, Move, OpenHold, Runs
from ledger.model.hold import Hold
from ledger.model.instrument import by_id
from ledger.model.journal import HoldEvent, Run
from ledger.model.lot import Parcel
from ledger.refusals import HoldTooSmall, HoldUnknown, TooFragmented, UnitsFrozen
from ledger.rules.holding import check_lapse, check_release, check_settlement
from schemas.identifiers import IdPrefix, encode_id


def open_hold(trial: Trial, kind: Kind, opening: OpenHold) -> None:
    """Set free units aside; a frozen account gives none, but to a freeze."""
    assert (opening.kind in FROZEN_KINDS) == kind.seizes
    account = trial.book.account(opening.account)
    key = (opening.account, opening.instrument)
    trial.check_open(account)
    if not kind.seizes:
        trial.check_frozen(account)
    trial.check_mandate(account, kind.mandate)
    pieces = _pieces(trial, opening)
    for piece in pieces:
        trial.book.put_parcel(piece.under(opening.id))
        trial.moved.append((piece.lot, piece.lo, piece.count))
    trial.book.change(key, held=opening.amount)
    trial.book.put(
        trial.book.holds,
        opening.id,
        Hold(
            id=opening.id,
            kind=opening.kind,
            account=opening.account,
            instrument=opening.instrument,
            controller=opening.controller,
            beneficiary=opening.beneficiary,
            original=opening.amount,
            remaining=opening.amount,
            expires_at=opening.expires_at,
            reference=opening.reference,
        ),
    )
    trial.tell(key, HoldEvent(opening.id, "open", opening.amount, _runs(pieces)))


def _pieces(trial: Trial, opening: OpenHold) -> list[Parcel]:
    if by_id(opening.instrument).kind != "serial":
        return []
    if isinstance(opening.source, Exact):
        return pick_exact(trial.book, opening.account, opening.source, opening.amount)
    if isinstance(opening.source, Runs):
        return _pieces_of_runs(trial, opening, opening.source)
    criteria = opening.source if isinstance(opening.source, Criteria) else Criteria()
    return pick(
        trial.book, opening.account, opening.instrument, opening.amount, criteria, trial.day
    )


def _pieces_of_runs(trial: Trial, opening: OpenHold, named: Runs) -> list[Parcel]:
    pieces = [
        piece
        for lot, lo, count in named.runs
        for piece in pick_exact(trial.book, opening.account, Exact(lot, lo), count)
    ]
    if len(pieces) > PARCELS_MAX:
        raise TooFragmented(
            account=encode_id(IdPrefix.ACCOUNT, opening.account), parcels_limit=PARCELS_MAX
        )
    assert sum(piece.count for piece in pieces) == opening.amount
    return pieces


def close_hold(trial: Trial, kind: Kind, closing: CloseHold) -> None:
    """Give held units back; equal neighbours melt together again."""
    hold = _find(trial, closing.hold, closing.account, closing.instrument)
    if closing.settled and hold.remaining == 0:
        return
    amount = hold.remaining if closing.amount is None else closing.amount
    event = _check_close(trial, kind, closing, hold, amount)
    if amount == 0:
        return
    pieces = _held_pieces(trial, closing, amount) if by_id(hold.instrument).kind == "serial" else []
    trial.reduce(hold, amount, event, _runs(pieces))
    freed = [piece.under(None) for piece in pieces]
    for parcel in freed:
        trial.book.put_parcel(parcel)
    join(trial.book, freed)


def _runs(pieces: Sequence[Parcel]) -> tuple[Run, ...]:
    """Tell which serials the pieces are, neighbours as one run."""
    runs: list[Run] = []
    for piece in pieces:
        lot, lo, count = runs[-1] if runs else (0, 0, 0)
        if lot == piece.lot and lo + count == piece.lo:
            runs[-1] = (lot, lo, count + piece.count)
        else:
            runs.append((piece.lot, piece.lo, piece.count))
    return tuple(runs)


def _check_close(trial: Trial, kind: Kind, closing: CloseHold, hold: Hold, amount: int) -> str:
    """Refuse who may not end this hold; name what happens to it."""
    if closing.expired:
        check_lapse(hold, trial.now)
        return "expire"
    if hold.id in trial.granted:
        return "release"
    if kind.seizes and hold.kind not in FROZEN_KINDS:
        _check_remaining(hold, amount)
        return "freeze"
    if hold.kind in kind.takes:
        _check_remaining(hold, amount)
        return "release"
    _check_not_frozen(hold)
    check_release(hold, trial.command.actor.party, amount)
    return "release"


def _held_pieces(trial: Trial, closing: CloseHold, amount: int) -> list[Parcel]:
    if closing.source is None:
        return pick_held(trial.book, closing.hold, amount, None)
    return pick_exact(trial.book, closing.account, closing.source, amount, closing.hold)


def use_hold(trial: Trial, kind: Kind, move: Move, number: int) -> None:
    """Free `move.amount` units of a hold for this movement, if the actor may."""
    hold = _find(trial, number, move.debit, move.instrument)
    if hold.kind in kind.takes:
        _check_remaining(hold, move.amount)
        trial.reduce(hold, move.amount, "expire" if kind.rule == "expire" else "take")
        return
    _check_not_frozen(hold)
    party = hold.controller if number in trial.granted else trial.command.actor.party
    check_settlement(hold, party, move.credit, move.amount, trial.now)
    trial.reduce(hold, move.amount, "settle")


def _check_remaining(hold: Hold, amount: int) -> None:
    if amount > hold.remaining:
        name = encode_id(IdPrefix.HOLD, hold.id)
        raise HoldTooSmall(hold=name, asked=amount, remaining=hold.remaining)


def _check_not_frozen(hold: Hold) -> None:
    """Refuse to touch a freeze by any other act than a decision on it, whoever controls it."""
    if hold.kind in FROZEN_KINDS:
        raise UnitsFrozen(hold=encode_id(IdPrefix.HOLD, hold.id))


def _find(trial: Trial, number: int, account: int, instrument: int) -> Hold:
    hold = trial.book.holds.get(number)
    if hold is None or (hold.account, hold.instrument) != (account, instrument):
        raise HoldUnknown(hold=encode_id(IdPrefix.HOLD, number))
    return hold
