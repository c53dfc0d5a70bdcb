"""Objections (异议): a party doubts an issuance or a transfer it was part of; the issuer decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

_KINDS = frozenset({"gec.issue", *(f"transfer.{mode}" for mode in TRANSFER_MODES)})


@dataclass(frozen=True, slots=True)
class ObjectionOrder:
    """What is objected to, why, and the evidence; the issuer may object to what it has no part in."""

    journal: int
    reason: str
    documents: tuple[int, ...]
    by_issuer: bool = False


@dataclass(frozen=True, slots=True)
class ObjectionRuling:
    """What the issuer decides about an objection, and by which decision."""

    objection: int
    outcome: str  # upheld, dismissed
    document_no: str
    note: str = ""


def object_to(read: Reader, actor: Actor, order: ObjectionOrder) -> Decision:
    """File an objection; it changes no unit by itself.

    Raises:
        NotObjectionable: the act is neither an issuance nor a transfer of certificates.
        NotPartOfAct: the act neither gave to nor took from an account of the party or held for it.
        ObjectionTooLate: the window is over.
    """
    name = encode_id(IdPrefix.JOURNAL, order.journal)
    target = _target(read, order.journal)
    if target is None or target.kind not in _KINDS:
        raise NotObjectionable(journal=name)
    if not order.by_issuer and not _took_part(read, order.journal, actor.party):
        raise NotPartOfAct(journal=name)
    months = read.rules.integer("gec.objection_window", read.day)
    check_window(order.journal, target.day, read.day, months)
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
    return Decision((Act("objection.file", (Enter("objection", row),), body),), result=told)


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
    return Decision((act,), result=told)


def _target(read: Reader, journal: int) -> AnyRow | None:
    """Read the act objected to, if it moved certificates."""
    j, p = t.journal.c, t.posting.c
    moved = select(p.journal).where(p.journal == j.seq, p.instrument == GEC).exists()
    return read.conn.execute(select(j.kind, j.day).where(j.seq == journal, moved)).first()


def _took_part(read: Reader, journal: int, party: int) -> bool:
    a, p = t.account.c, t.posting.c
    mine = select(a.id).where(or_(a.party == party, a.on_behalf_of == party))
    part = or_(p.debit.in_(mine), p.credit.in_(mine))
    query = select(p.journal).where(p.journal == journal, part)
    return read.conn.execute(query).first() is not None
