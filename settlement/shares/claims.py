"""Claims: retirements that are to count towards a unit's share of a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.command import Act, Plain
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.metrics import use_for
from settlement.refusals import PartyUnknown, RetirementForAnother

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader
    from settlement.metrics import Metric


@dataclass(frozen=True, slots=True)
class ClaimOrder:
    """Retirements for a unit that are to count for a metric and a year."""

    party: int
    metric: Metric
    year: int
    retirements: tuple[int, ...]


def claim(read: Reader, actor: Actor, order: ClaimOrder) -> Decision:
    """Have retirements count for a unit's metric and year, once and for all of them together.

    Raises:
        PartyUnknown: there is no such unit.
        RetirementForAnother: the unit made a retirement for somebody else.
        Also whatever `settlement.metrics.use_for` refuses; a stranger's retirement is unknown to it.
    """
    code = read.conn.execute(select(t.party.c.identity).where(t.party.c.id == order.party)).scalar()
    if code is None:
        raise PartyUnknown(encode_id(IdPrefix.PARTY, order.party))
    _check_own(read, order, code)
    uses = use_for(read, order.metric, order.retirements, code, order.year)
    named = list(dict.fromkeys(encode_id(IdPrefix.RETIREMENT, n) for n in order.retirements))
    body: dict[str, Plain] = {
        "party_id": encode_id(IdPrefix.PARTY, order.party),
        "metric": order.metric,
        "year": order.year,
        "retirement_ids": [*named],
    }
    return Decision((Act("share.claim", uses, body),), result=body)


def _check_own(read: Reader, order: ClaimOrder, code: str) -> None:
    r = t.retirement.c
    row = read.conn.execute(
        select(r.id, r.beneficiary_code)
        .where(among(r.id, order.retirements), r.party == order.party, r.beneficiary_code != code)
        .order_by(r.id)
        .limit(1)
    ).first()
    if row is not None:
        name = encode_id(IdPrefix.RETIREMENT, row.id)
        raise RetirementForAnother(name, row.beneficiary_code)
