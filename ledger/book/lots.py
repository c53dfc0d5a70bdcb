"""Lots coming into being, whole or piece by piece, and neighbouring parcels becoming one."""

from __future__ import annotations

from ledger.book.pick import join, pick_exact
from ledger.book.trial import Trial
from ledger.kinds import Kind
from ledger.model.command import Consolidate, Exact, Move, NewLot, NewPiece
from ledger.model.instrument import GEC
from ledger.model.lot import Lot, Parcel
from ledger.refusals import NothingToConsolidate
from schemas.identifiers import IdPrefix, encode_id


def mint(trial: Trial, kind: Kind, move: Move, new: NewLot) -> None:
    """Bring a lot into being with its first piece."""
    lot = Lot(
        id=new.id,
        instrument=move.instrument,
        plant=new.plant,
        month=new.month,
        energy=new.energy,
        category=new.category,
        trade=new.trade,
        mechanism=new.mechanism,
        province=new.province,
        first_serial=new.first_serial,
        size=new.size or move.amount,
        valid_until=new.valid_until,
    )
    trial.book.put(trial.book.lots, lot.id, lot)
    mint_more(trial, kind, move, NewPiece(new.id, 0, new.trades))


def mint_more(trial: Trial, kind: Kind, move: Move, new: NewPiece) -> None:
    """Bring the next piece of a lot into being; the pieces of an act tile its lots."""
    past = new.lo + move.amount
    assert past <= trial.book.lots[new.lot].size
    acquired = trial.post(move, move.amount, new.lot, new.lo)
    trial.book.put_parcel(
        Parcel(
            new.lot, new.lo, past, move.credit, None, acquired, new.trades, kind.origin or "issued"
        )
    )
    trial.moved.append((new.lot, new.lo, move.amount))


def consolidate(trial: Trial, effect: Consolidate) -> None:
    """Give neighbouring free parcels one history from this act on, and melt them into one.

    What was posted before stays told by the postings; only units of equal trades and origin join.
    """
    trial.check_open(trial.book.account(effect.account))
    exact = Exact(effect.lot, effect.lo)
    pieces = pick_exact(trial.book, effect.account, exact, effect.count)
    if len({(piece.trades, piece.origin) for piece in pieces}) != 1 or len(pieces) == 1:
        raise NothingToConsolidate(account=encode_id(IdPrefix.ACCOUNT, effect.account))
    draft = trial.drafts[-1]
    trial.touch(draft, (effect.account, GEC))
    joined = [
        Parcel(
            piece.lot,
            piece.lo,
            piece.end,
            piece.account,
            None,
            (-1 - draft.number, 0),
            piece.trades,
            piece.origin,
        )
        for piece in pieces
    ]
    for parcel in joined:
        trial.book.put_parcel(parcel)
    join(trial.book, joined)
