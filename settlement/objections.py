"""Objections (异议): a party doubts what was issued, transferred, verified or approved; it is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from ledger.kinds import TRANSFER_MODES
from ledger.model.command import Act, Enter, Plain
from ledger.model.instrument import GEC
from ledger.refusals import ObjectionDecided
from ledger.rules.objection import check_window
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.refusals import NotObjectionable, NotPartOfAct
from settlement.reviews import REVIEWED, check_review, decided_by, is_of

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

_KINDS: Final = REVIEWED | {"gec.issue", *(f"transfer.{mode}" for mode in TRANSFER_MODES)}


@dataclass(frozen=True, slots=True)
class ObjectionOrder:
    """What is objected to, why, and the evidence; the issuer may object to what it has no part in.

    Reviews are asked for by the emitter alone.
    """

    journal: int
    reason: str
    documents: tuple[int, ...]
    by_issuer: bool = False


@dataclass(frozen=True, slots=True)
class ObjectionRuling:
    """What is decided about an objection, and by which decision."""

    objection: int
    outcome: str  # upheld, dismissed
    document_no: str
    note: str = ""


def object_to(read: Reader, actor: Actor, order: ObjectionOrder) -> Decision:
    """File an objection, or ask for a review of a verification or an approval; no unit moves.

    Raises:
        NotObjectionable: the act is none of these, or moved no certificates.
        NotPartOfAct: the act neither gave to nor took from an account of the party or held for it, nor
            is a result of the party's.
        ObjectionTooLate, ReviewTooLate: the window is over.
        NotInForce: no rule says how long it is.
    """
    name = encode_id(IdPrefix.JOURNAL, order.journal)
    target = _target(read, order.journal)
    if target is None or target.kind not in _KINDS:
        raise NotObjectionable(journal=name)
    reviewed = target.kind in REVIEWED
    whoever = order.by_issuer and not reviewed
    asked = (read, order.journal, actor.party)
    if not (whoever or _took_part(*asked) or is_of(*asked)):
        raise NotPartOfAct(journal=name)
    _check_window(read, order.journal, target)
    number = read.numbers.entity()
    told: dict[str, Plain] = {
        "objection_id": encode_id(IdPrefix.OBJECTION, number),
        "act_id": name,
    }
    row: dict[str, Plain] = {
        "id": number,
        "party": actor.party,
        "target": order.journal,
        "reason": order.reason,
        "documents": list(order.documents),
    }
    documents: list[Plain] = [encode_id(IdPrefix.DOCUMENT, number) for number in order.documents]
    body = told | {"reason": order.reason, "document_ids": documents}
    due = decided_by(read.rules, read.day) if reviewed else None
    act = Act("objection.file", (Enter("objection", row),), body)
    return Decision((act,), result=told | {"decide_by": due.isoformat() if due else None})


def rule_on(read: Reader, actor: Actor, ruling: ObjectionRuling) -> Decision:
    """Decide an objection, once; what follows from it (a freeze, a revocation) is an act of its own.

    Raises:
        ObjectionDecided: it was decided already.
    """
    d = t.objection_decision.c
    query = select(d.objection).where(d.objection == ruling.objection)
    if read.conn.execute(query).first() is not None:
        raise ObjectionDecided
    row: dict[str, Plain] = {
        "objection": ruling.objection,
        "outcome": ruling.outcome,
        "document_no": ruling.document_no,
    }
    told: dict[str, Plain] = {
        "objection_id": encode_id(IdPrefix.OBJECTION, ruling.objection),
        "outcome": ruling.outcome,
        "document_no": ruling.document_no,
    }
    body = told | ({"note": ruling.note} if ruling.note else {})
    act = Act("objection.decide", (Enter("objection_decision", row),), body)
    return Decision((act,), result=told | {"late": _late(read, ruling.objection)})


def kind_of(read: Reader, objection: int) -> str:
    """Answer the kind of the act that an objection is about."""
    j, o = t.journal.c, t.objection.c
    query = select(j.kind).join_from(t.objection, t.journal, j.seq == o.target)
    kind: str = read.conn.execute(query.where(o.id == objection)).scalar_one()
    return kind


def _check_window(read: Reader, journal: int, target: AnyRow) -> None:
    if target.kind in REVIEWED:
        check_review(read, journal, target.day)
        return
    months = read.rules.integer("gec.objection_window", read.day)
    check_window(journal, target.day, read.day, months)


def _late(read: Reader, objection: int) -> bool | None:
    """Say whether a review is decided after its working days; None for others, or where nobody knows."""
    if kind_of(read, objection) not in REVIEWED:
        return None
    j, o = t.journal.c, t.objection.c
    query = select(j.day).join_from(t.objection, t.journal, j.seq == o.journal)
    due = decided_by(read.rules, read.conn.execute(query.where(o.id == objection)).scalar_one())
    return None if due is None else read.day > due


def _target(read: Reader, journal: int) -> AnyRow | None:
    """Read the act objected to, if it moved certificates or is one that is reviewed."""
    j, p = t.journal.c, t.posting.c
    moved = select(p.journal).where(p.journal == j.seq, p.instrument == GEC).exists()
    which = or_(moved, j.kind.in_(REVIEWED))
    return read.conn.execute(select(j.kind, j.day).where(j.seq == journal, which)).first()


def _took_part(read: Reader, journal: int, party: int) -> bool:
    a, p = t.account.c, t.posting.c
    mine = select(a.id).where(or_(a.party == party, a.on_behalf_of == party))
    part = or_(p.debit.in_(mine), p.credit.in_(mine))
    query = select(p.journal).where(p.journal == journal, part)
    return read.conn.execute(query).first() is not None
