"""Movements: which units leave which account for which, under which rule."""

from __future__ import annotations

from ledger.book.book import POSTED_MAX
from ledger.book.checks import check_fungible, check_piece, check_way
from ledger.book.holds import use_hold
from ledger.book.lots import mint, mint_more
from ledger.book.pick import join, pick, pick_exact, pick_held
from ledger.book.trial import Trial
from ledger.kinds import Kind
from ledger.model.command import Act, Criteria, Exact, FromHold, Move, NewLot, NewPiece, Restore
from ledger.model.instrument import by_id
from ledger.model.lot import Parcel
from ledger.refusals import QuantityTooLarge, ReversalTooLate, SerialsNotAvailable
from ledger.rules.trade import check_price
from schemas.identifiers import IdPrefix, encode_id


def move(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    """Perform one movement of an act, or refuse."""
    check_way(trial, kind, act, move)
    check_price(move, kind)
    if not 0 < move.amount <= POSTED_MAX:
        raise QuantityTooLarge(
            account=encode_id(IdPrefix.ACCOUNT, move.debit), instrument=by_id(move.instrument).code
        )
    if isinstance(move.source, (NewLot, NewPiece, Restore)):
        _bring(trial, kind, move, move.source)
    elif by_id(move.instrument).kind == "serial":
        _move_parcels(trial, kind, act, move)
    else:
        _move_fungible(trial, kind, act, move)


def _bring(trial: Trial, kind: Kind, move: Move, source: NewLot | NewPiece | Restore) -> None:
    """Bring units that were nowhere, or are to be as they were before."""
    match source:
        case NewLot():
            mint(trial, kind, move, source)
        case NewPiece():
            mint_more(trial, kind, move, source)
        case Restore():
            _restore(trial, move, source)


def _move_parcels(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    for piece in _choose(trial, kind, move):
        check_piece(trial, kind, act, piece)
        acquired = trial.post(move, piece.count, piece.lot, piece.lo)
        trial.book.put_parcel(
            Parcel(
                piece.lot,
                piece.lo,
                piece.end,
                move.credit,
                None,
                acquired,
                piece.trades + kind.trades,
                kind.origin or piece.origin,
            )
        )
        trial.moved.append((piece.lot, piece.lo, piece.count))


def _choose(trial: Trial, kind: Kind, move: Move) -> list[Parcel]:
    match move.source:
        case FromHold(hold, lot):
            use_hold(trial, kind, move, hold)
            return pick_held(trial.book, hold, move.amount, lot)
        case Exact() as exact:
            return pick_exact(trial.book, move.debit, exact, move.amount)
        case source:
            criteria = source if isinstance(source, Criteria) else Criteria()
            return pick(trial.book, move.debit, move.instrument, move.amount, criteria, trial.day)


def _restore(trial: Trial, move: Move, restore: Restore) -> None:
    """Send units back with the history they had: all of them, as the posting left them."""
    pieces = _as_they_came(trial, move, restore)
    trial.post(move, move.amount, restore.lot, restore.lo)
    back = [
        Parcel(
            piece.lot,
            piece.lo,
            piece.end,
            move.credit,
            None,
            restore.acquired,
            restore.trades,
            restore.origin,
        )
        for piece in pieces
    ]
    for parcel in back:
        trial.book.put_parcel(parcel)
    join(trial.book, back)
    trial.moved.append((restore.lot, restore.lo, move.amount))


def _as_they_came(trial: Trial, move: Move, restore: Restore) -> list[Parcel]:
    """Take the units to be sent back, if they are all there, free, and nothing happened to them."""
    exact = Exact(restore.lot, restore.lo)
    try:
        pieces = pick_exact(trial.book, move.debit, exact, move.amount)
    except SerialsNotAvailable:
        pieces = []
    if not pieces or any(piece.acquired != restore.came for piece in pieces):
        raise ReversalTooLate(
            lot=encode_id(IdPrefix.LOT, restore.lot),
            first_serial=trial.book.lots[restore.lot].first_serial + restore.lo,
            count=move.amount,
        )
    return pieces


def _move_fungible(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    check_fungible(trial, kind, act, move)
    if isinstance(move.source, FromHold):
        use_hold(trial, kind, move, move.source.hold)
    trial.post(move, move.amount)
