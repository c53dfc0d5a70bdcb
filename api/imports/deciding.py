"""Deciding a table: for every party in it, or for those alone of which every row is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic

from sqlalchemy import select

from api.imports.rows import Row
from api.imports.tables import B, PartyRows, Sheet, all_faults, checked, gathered
from ledger.refusals import Refusal
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.desk import Decision
from settlement.refusals import ReportRowsRefused

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ledger.model.command import Plain
    from settlement.desk import Reader

PARTIES_MAX: Final = 500
"""Parties in one act, which two persons can look through and one commit can hold."""
_TOLD_MAX: Final = 5_000  # rows that are told as refused; what more there are is counted


@dataclass(frozen=True, slots=True)
class Import(Generic[B]):
    """A table as it came: its rows, how they are read, and whether parties that are right go ahead."""

    rows: tuple[Row, ...]
    sheet: Sheet[B]
    sees: ColumnElement[bool]
    partial: bool = False


def import_rows(
    read: Reader, given: Import[B], decide: Callable[[Sequence[B]], Decision]
) -> Decision:
    """Decide the bodies of a table's parties together; what rules refuse is put to the rows it came from.

    Raises:
        ReportRowsRefused: something is wrong with some row, and the import is not partial.
    """
    parties = gathered(given.rows, given.sheet)
    for party in parties[PARTIES_MAX:]:
        party.refuse(party.rows[0], "credit_code", "too_many_units", most=PARTIES_MAX)
    _find(read, parties, given.sees)
    if given.sheet.prepare is not None:
        given.sheet.prepare(read, _fit(parties))
    bodies = {id(party): checked(party, given.sheet) for party in _fit(parties)}
    pairs = [(one, body) for one in parties if (body := bodies.get(id(one))) is not None]
    decision = _decided(pairs, decide)
    refused = [fault.told() for fault in all_faults(parties)]
    told, more = refused[:_TOLD_MAX], max(0, len(refused) - _TOLD_MAX)
    done = len(_fit(parties))
    if refused and not given.partial:
        raise ReportRowsRefused(rows=list(told), more=more, units=done)
    result: dict[str, Plain] = {
        "parties": done,
        "mode": "partial" if given.partial else "atomic",
        "refused": list(told),
        "refused_more": more,
    }
    return replace(decision, result={**decision.result, **result})


def _fit(parties: Sequence[PartyRows]) -> list[PartyRows]:
    return [party for party in parties if not party.faults]


def _find(read: Reader, parties: Sequence[PartyRows], sees: ColumnElement[bool]) -> None:
    """Find parties by credit code; who is not the caller's to see is not there."""
    p, fit = t.party.c, _fit(parties)
    query = select(p.identity, p.id).where(
        p.scheme == "uscc", among(p.identity, [one.credit_code for one in fit]), sees
    )
    known = {row.identity: row.id for row in read.conn.execute(query)}
    for party in fit:
        party.party = known.get(party.credit_code, 0)
        if not party.party:
            party.refuse(party.rows[0], "credit_code", "party_unknown")


_Pairs = Sequence[tuple[PartyRows, Any]]


def _decided(pairs: _Pairs, decide: Callable[[Sequence[Any]], Decision]) -> Decision:
    """Decide all together; if that is refused, find out for whom, and decide for the others."""
    try:
        return _all(pairs, decide)
    except Refusal as refusal:
        _judge(pairs, decide, refusal)
    return _all([pair for pair in pairs if not pair[0].faults], decide)


def _all(pairs: _Pairs, decide: Callable[[Sequence[Any]], Decision]) -> Decision:
    return decide([body for _, body in pairs]) if pairs else Decision(())


def _judge(pairs: _Pairs, decide: Callable[[Sequence[Any]], Decision], refusal: Refusal) -> None:
    """Halve what was refused until each refusal is one party's."""
    if len(pairs) == 1:
        party = pairs[0][0]
        party.refuse(party.rows[0], "credit_code", refusal.code, **refusal.facts())
        return
    middle = len(pairs) // 2
    for half in (pairs[:middle], pairs[middle:]):
        try:
            _all(half, decide)
        except Refusal as found:
            _judge(half, decide, found)
