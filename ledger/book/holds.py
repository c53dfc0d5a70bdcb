"""Setting units aside, and taking them back or out."""

from __future__ import annotations

from ledger.book.pick import join, pick, pick_exact, pick_held
from ledger.book.trial import Trial
from ledger.kinds import Kind
from ledger.model.command import CloseHold, Criteria, Exact, Move, OpenHold
from ledger.model.hold import Hold
from ledger.model.instrument import by_id
from ledger.model.journal import HoldEvent
from ledger.model.lot import Parcel
from ledger.refusals import HoldUnknown
from ledger.rules.holding import check_lapse, check_release, check_settlement
from schemas.identifiers import IdPrefix, encode_id


def open_hold(trial: Trial, opening: OpenHold) -> None:
    """Set free units aside; a frozen account gives none."""
    account = trial.book.account(opening.account)
    key = (opening.account, opening.instrument)
    trial.check_open(account)
    trial.check_frozen(account)
    draft = trial.drafts[-1]
    for piece in _pieces(trial, opening):
        trial.book.put_parcel(piece.under(opening.id))
        trial.moved.append((piece.lot, piece.lo, piece.count))
    trial.book.change(key, held=opening.amount)
    trial.touch(draft, key)
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
    draft.hold_events.append(HoldEvent(opening.id, "open", opening.amount))


def _pieces(trial: Trial, opening: OpenHold) -> list[Parcel]:
    if by_id(opening.instrument).kind != "serial":
        return []
    if isinstance(opening.source, Exact):
        return pick_exact(trial.book, opening.account, opening.source, opening.amount)
    criteria = opening.source if isinstance(opening.source, Criteria) else Criteria()
    return pick(
        trial.book, opening.account, opening.instrument, opening.amount, criteria, trial.day
    )


def close_hold(trial: Trial, closing: CloseHold) -> None:
    """Give held units back; equal neighbours melt together again."""
    hold = _find(trial, closing.hold, closing.account, closing.instrument)
    if closing.settled and hold.remaining == 0:
        return
    amount = hold.remaining if closing.amount is None else closing.amount
    if closing.expired:
        check_lapse(hold, trial.now)
    elif hold.id not in trial.granted:
        check_release(hold, trial.command.actor.party, amount)
    if amount == 0:
        return
    trial.reduce(hold, amount, "expire" if closing.expired else "release")
    if by_id(hold.instrument).kind == "serial":
        freed = [p.under(None) for p in pick_held(trial.book, hold.id, amount, None)]
        for parcel in freed:
            trial.book.put_parcel(parcel)
        join(trial.book, freed)


def use_hold(trial: Trial, kind: Kind, move: Move, number: int) -> None:
    """Free `move.amount` units of a hold for this movement, if the actor may."""
    hold = _find(trial, number, move.debit, move.instrument)
    if kind.takes_held:
        trial.reduce(hold, move.amount, "expire")
        return
    party = hold.controller if number in trial.granted else trial.command.actor.party
    check_settlement(hold, party, move.credit, move.amount, trial.now)
    trial.reduce(hold, move.amount, "settle")


def _find(trial: Trial, number: int, account: int, instrument: int) -> Hold:
    hold = trial.book.holds.get(number)
    if hold is None or (hold.account, hold.instrument) != (account, instrument):
        raise HoldUnknown(hold=encode_id(IdPrefix.HOLD, number))
    return hold
