"""The rules a movement is judged by: its way, what it must bring, and the units it takes."""

from __future__ import annotations

from datetime import date
from typing import cast

from ledger.book.trial import Trial
from ledger.kinds import KINDS, Kind
from ledger.model.account import Account
from ledger.model.command import Act, FromHold, Move
from ledger.model.instrument import by_id
from ledger.model.lot import Parcel
from ledger.refusals import (
    AlreadyReversed,
    DocumentMissing,
    EvidenceMissing,
    MovementNotAllowed,
    NotReversible,
    SameAccount,
)
from ledger.rules.assignment import check_assignment, check_settled
from ledger.rules.expiry import check_expiry, check_valid
from ledger.rules.retirement import check_retirement
from ledger.rules.revocation import check_untraded
from ledger.rules.surrender import check_vintage
from ledger.rules.trade import check_trade
from schemas.identifiers import IdPrefix, encode_id


def check_papers(kind: Kind, act: Act) -> None:
    """Refuse an act that does not bring what its kind rests on.

    Raises:
        DocumentMissing: the kind rests on a decision, and no number of one is given.
        EvidenceMissing: a field of the evidence is not there, or empty.
    """
    if kind.document and not act.body.get("document_no"):
        raise DocumentMissing(kind=kind.name)
    evidence = act.body.get("evidence") or {}
    for name in kind.evidence:
        if not isinstance(evidence, dict) or not evidence.get(name):
            raise EvidenceMissing(kind=kind.name, field=name)


def check_reversible(trial: Trial, act: Act) -> None:
    """Refuse to take back what only a decision takes back, or nothing does, or what was before."""
    if act.reverses is None:
        return
    allowed = {"approved": "reverse.act", "decision": "reverse.decision"}
    if allowed.get(KINDS[act.reverses.kind].reversal) != act.kind:
        raise NotReversible(
            journal=encode_id(IdPrefix.JOURNAL, act.reverses.journal), kind=act.reverses.kind
        )
    if act.reverses.journal in trial.book.reversed:
        raise AlreadyReversed
    trial.book.put(trial.book.reversed, act.reverses.journal, value=True)


def check_way(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    """Refuse a way the kind does not go, accounts that are closed, frozen, or not one owner's."""
    if move.debit == move.credit:
        raise SameAccount(account=encode_id(IdPrefix.ACCOUNT, move.debit))
    debit, credit = trial.book.account(move.debit), trial.book.account(move.credit)
    instrument = by_id(move.instrument)
    other_owner = kind.own and debit.party != credit.party
    if other_owner or not _leads(kind, act, (debit.cls, credit.cls, instrument.family)):
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
    if kind.mandate is not None:
        _check_agent(trial, kind, move, debit)


def _leads(kind: Kind, act: Act, way: tuple[str, str, str]) -> bool:
    if act.reverses is None:
        return way in kind.paths
    debit, credit, family = way
    return (credit, debit, family) in KINDS[act.reverses.kind].paths


def _check_agent(trial: Trial, kind: Kind, move: Move, debit: Account) -> None:
    """Hold an agent to its mandate; what an order set aside was looked at when it was placed."""
    source = move.source
    if isinstance(source, FromHold) and source.hold not in trial.granted:
        return
    trial.check_mandate(debit, kind.mandate)


def check_piece(trial: Trial, kind: Kind, act: Act, piece: Parcel) -> None:
    """Refuse units that the kind's rule does not let go."""
    lot, day = trial.book.lots[piece.lot], trial.day
    match kind.rule:
        case "trade":
            check_trade(lot, piece, day, trial.rules.integer("gec.max_trades", day))
        case "valid":
            check_valid(lot, day)
        case "hydro" | "self_use" | "off_grid" | "mechanism":
            check_assignment(lot, day, kind.rule)
        case "retire":
            check_retirement(
                lot,
                day,
                cast("int", act.body["consumption_year"]),
                same_year=trial.rules.flag("gec.same_year_retire", day),
            )
        case "expire":
            check_expiry(lot, day)
        case "untraded":
            check_untraded(lot, piece)
        case "none" | "surrender":
            pass


def check_energy(trial: Trial, act: Act, kind: Kind) -> None:
    """Refuse more certificates than the energy settled, over the whole act."""
    if "settled_kwh" not in kind.evidence:
        return
    evidence = cast("dict[str, int]", act.body["evidence"])
    units = sum(effect.amount for effect in act.effects if isinstance(effect, Move))
    unit = trial.rules.integer("gec.kwh_per_cert", trial.day)
    check_settled(units, evidence["settled_kwh"], unit)


def check_fungible(trial: Trial, kind: Kind, act: Act, move: Move) -> None:
    """Refuse a vintage that the due year's rules do not take: those for arrears once it is late."""
    instrument = by_id(move.instrument)
    if kind.rule != "surrender" or instrument.family != "CEA":
        return
    year = cast("int", act.body["compliance_year"])
    key = date(year, 1, 1)
    late = trial.day > trial.rules.day("cea.surrender_deadline", key)
    span = "cea.vintage.arrears_" if late else "cea.vintage."
    first, last = (trial.rules.integer(f"{span}{end}", key) for end in ("min", "max"))
    check_vintage(instrument.year, year, first, last)
