"""Reviews (复核): what an emitter may ask to be looked at again, until when, and by when it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, union_all

from ledger.rules.rulebook import NotInForce
from ledger.rules.workdays import Workdays
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.refusals import ReviewTooLate

if TYPE_CHECKING:
    from datetime import date

    from ledger.rules.rulebook import Rules
    from settlement.desk import Reader

REVIEWED: Final = frozenset({"cea.approve", "cea.verify"})
"""Kinds of act that are reviewed: what a year gives an emitter, and what it emitted."""


def is_of(read: Reader, journal: int, party: int) -> bool:
    """Tell whether an act verified a party's emissions, or approved its allocation, by whatever figure."""
    tables = (t.verified_emission.c, t.entitlement.c)
    found = [select(c.journal).where(c.journal == journal, c.party == party) for c in tables]
    return read.conn.execute(union_all(*found)).first() is not None


def check_review(read: Reader, journal: int, result: date) -> None:
    """Refuse a review asked for after its working days; where nobody published them, nothing is refused.

    Source: 管理办法(试行) Art. 16, 27: within 7 working days of being told; here of the act (own).

    Raises:
        ReviewTooLate: they are over.
        NotInForce: no rule says how many they are.
    """
    last = _after(read.rules, result, "cea.review_request_days")
    refused = read.rules.text("cea.late.review", read.day) == "refused"
    if refused and last is not None and read.day > last:
        name = encode_id(IdPrefix.JOURNAL, journal)
        raise ReviewTooLate(journal=name, last_day=last.isoformat())


def decided_by(rules: Rules, filed: date) -> date | None:
    """Tell by when a review is decided; None where nobody published the working days on the way.

    Source: 管理办法(试行) Art. 16, 27: within 10 working days.

    Raises:
        NotInForce: no rule says how many they are.
    """
    return _after(rules, filed, "cea.review_decision_days")


def _after(rules: Rules, day: date, name: str) -> date | None:
    count = rules.integer(name, day)
    try:
        return Workdays(rules).after(day, count)
    except NotInForce:
        return None
