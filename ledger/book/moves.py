"""Movements: which units leave which account for which, under which rule."""

from __future__ import annotations

from datetime import date
from typing import cast

from ledger.book.book import POSTED_MAX
from ledger.book.holds import use_hold
from ledger.book.pick import pick, pick_exact, pick_held
from ledger.book.trial import Trial
from ledger.kinds import Kind
from ledger.model.command import Act, Criteria, Exact, FromHold, Move, NewLot
from ledger.model.instrument import by_id
from ledger.model.lot import Lot, Parcel
from ledger.refusals import MovementNotAllowed, QuantityTooLarge, SameAccount
from ledger.rules.expiry import check_expiry
from ledger.rules.retirement import check_retirement
from ledger.rules.surrender import check_vintage
from ledger.rules.trade import check_price, check_trade
from schemas.identifiers import IdPrefix, encode_id


def move(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    """Perform one movement of an act, or refuse."""
    _check_path(trial, kind, move)
    if kind.rule == "trade":
        check_price(move, kind.name)
    if isinstance(move.source, NewLot):
        _mint(trial, kind, move, move.source)
    elif by_id(move.instrument).kind == "serial":
        _move_parcels(trial, kind, act, move)
    else:
        _move_fungible(trial, kind, act, move)


def _check_path(trial: Trial, kind: Kind, move: Move) -> None:
    if move.debit == move.credit:
        raise SameAccount(account=encode_id(IdPrefix.ACCOUNT, move.debit))
    debit, credit = trial.book.account(move.debit), trial.book.account(move.credit)
    instrument = by_id(move.instrument)
    if (debit.cls, credit.cls, instrument.family) not in kind.paths:
        raise MovementNotAllowed(
            kind=kind.name,
            debit_class=debit.cls,
            credit_class=credit.cls,
            instrument=instrument.code,
        )
    trial.check_open(debit)
    trial.check_open(credit)
    if not kind.frozen_gives:
        trial.check_frozen(debit)
    if not 0 < move.amount <= POSTED_MAX:
        raise QuantityTooLarge(
            account=encode_id(IdPrefix.ACCOUNT, debit.id), instrument=instrument.code
        )


def _mint(trial: Trial, kind: Kind, move: Move, new: NewLot) -> None:
    lot = Lot(
        id=new.id,
        instrument=move.instrument,
        plant=new.plant,
        month=new.month,
        energy=new.energy,
        category=new.category,
        trade=new.trade,
        province=new.province,
        first_serial=new.first_serial,
        size=move.amount,
        valid_until=new.valid_until,
    )
    trial.book.put(trial.book.lots, lot.id, lot)
    acquired = trial.post(move, move.amount, lot.id, 0)
    trial.book.put_parcel(
        Parcel(lot.id, 0, move.amount, move.credit, None, acquired, 0, kind.origin or "issued")
    )
    trial.moved.append((lot.id, 0, move.amount))


def _move_parcels(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    for piece in _choose(trial, kind, move):
        _check_piece(trial, kind, act, piece)
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
        case Criteria() as criteria:
            return pick(trial.book, move.debit, move.instrument, move.amount, criteria, trial.day)
        case _:
            return pick(trial.book, move.debit, move.instrument, move.amount, Criteria(), trial.day)


def _check_piece(trial: Trial, kind: Kind, act: Act, piece: Parcel) -> None:
    lot = trial.book.lots[piece.lot]
    match kind.rule:
        case "trade":
            check_trade(lot, piece, trial.day, trial.rules.integer("gec.max_trades", trial.day))
        case "retire":
            check_retirement(
                lot,
                trial.day,
                cast("int", act.body["consumption_year"]),
                same_year=trial.rules.flag("gec.same_year_retire", trial.day),
            )
        case "expire":
            check_expiry(lot, trial.day)
        case "none" | "surrender":
            pass


def _move_fungible(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    instrument = by_id(move.instrument)
    if kind.rule == "surrender" and instrument.family == "CEA":
        _check_surrender(trial, instrument.year, cast("int", act.body["compliance_year"]))
    if isinstance(move.source, FromHold):
        use_hold(trial, kind, move, move.source.hold)
    trial.post(move, move.amount)


def _check_surrender(trial: Trial, vintage: int, year: int) -> None:
    """Judge a vintage by the due year's rules: those for arrears once the deadline has passed."""
    key = date(year, 1, 1)
    late = trial.day > trial.rules.day("cea.surrender_deadline", key)
    span = "cea.vintage.arrears_" if late else "cea.vintage."
    first, last = (trial.rules.integer(f"{span}{end}", key) for end in ("min", "max"))
    check_vintage(vintage, year, first, last)
