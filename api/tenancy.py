"""Whose is it: the one place where an object is looked up within what a caller may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Engine,
    FromClause,
    Select,
    and_,
    exists,
    or_,
    select,
    true,
)

from api.met import met
from api.problems import DoorCode, Problem
from api.scope import Scope
from ledger.model.account import CONTRA_LIMIT
from ledger.store import tables as t
from ledger.store.queries.among import among

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.security import Caller
    from settlement.desk import AnyRow

Owned: TypeAlias = Callable[[Scope], ColumnElement[bool]]


def _through(table: FromClause, key: ColumnElement[Any]) -> Owned:
    """Own what belongs to an own account, plant, …"""
    return lambda scope: key.in_(select(table.c.id).where(scope.covers(table.c.party)))


def _hold(scope: Scope) -> ColumnElement[bool]:
    h = t.hold.c
    return or_(_through(t.account, h.account)(scope), scope.covers(h.controller))


def _lot(scope: Scope) -> ColumnElement[bool]:
    if scope.everyone:
        return true()
    own = select(t.account.c.id).where(scope.covers(t.account.c.party))
    held = select(t.parcel.c.lot).where(t.parcel.c.account.in_(own))
    return or_(_through(t.plant, t.lot.c.plant)(scope), t.lot.c.id.in_(held))


def _giver(scope: Scope) -> ColumnElement[bool]:
    """Own what one may give: a province sees its parties' accounts, and gives from its own alone."""
    own = true() if scope.everyone else t.account.c.party == scope.party
    return and_(t.account.c.id >= CONTRA_LIMIT, own)


def _mine(scope: Scope) -> ColumnElement[bool]:
    """Own one's party's accounts alone, whatever else one sees."""
    return and_(t.account.c.id >= CONTRA_LIMIT, t.account.c.party == scope.party)


def _results(scope: Scope) -> CompoundSelect[Any]:
    """Select what was verified of an own party, or approved for it, though no unit moved."""
    v, e = t.verified_emission.c, t.entitlement.c
    verified = select(v.journal).where(scope.covers(v.party))
    return verified.union(select(e.journal).where(scope.covers(e.party)))


def _act(scope: Scope) -> ColumnElement[bool]:
    """Own what gave to, or took from, an own account, and one's own results."""
    if scope.everyone:
        return true()
    own, p = select(t.account.c.id).where(scope.covers(t.account.c.party)), t.posting.c
    given = select(p.journal).where(p.debit.in_(own))
    taken = select(p.journal).where(p.credit.in_(own))
    return t.journal.c.seq.in_(given.union(taken, _results(scope)))


def _journal(scope: Scope) -> ColumnElement[bool]:
    """Own what one did oneself, what moved or set aside units of an own account, and one's own results.

    Asked journal by journal; whoever looks for many is served by `ledger.store.queries.events`.
    """
    if scope.everyone:
        return true()
    j, p, e, h = t.journal.c, t.posting.c, t.hold_event.c, t.hold.c
    own = select(t.account.c.id).where(
        t.account.c.id >= CONTRA_LIMIT, scope.covers(t.account.c.party)
    )
    moved = exists().where(p.journal == j.seq, or_(p.debit.in_(own), p.credit.in_(own)))
    held = exists().where(
        e.journal == j.seq,
        e.hold == h.id,
        or_(h.account.in_(own), scope.covers(h.controller)),
    )
    return or_(scope.covers(j.party), moved, held, j.seq.in_(_results(scope)))


def _statement(scope: Scope) -> ColumnElement[bool]:
    """Own retirements from an own account, or from one an agent holds on one's behalf.

    Whoever oversees the beneficiary may ask, too.
    """
    r, a, b = t.retirement.c, t.account.c, t.party.alias("beneficiary").c
    given = select(a.id).where(scope.covers(a.on_behalf_of))
    overseen = exists().where(
        b.scheme == "uscc", b.identity == r.beneficiary_code, scope.oversees(b.province)
    )
    return or_(scope.covers(r.party), r.account.in_(given), overseen)


_OWNED: Final[dict[str, tuple[Any, Owned]]] = {
    "party": (t.party, lambda scope: scope.covers(t.party.c.id)),
    "account": (
        t.account,
        lambda scope: and_(t.account.c.id >= CONTRA_LIMIT, scope.covers(t.account.c.party)),
    ),
    "giver": (t.account, _giver),
    "mine": (t.account, _mine),
    "plant": (t.plant, lambda scope: scope.covers(t.plant.c.party)),
    "document": (t.document, lambda scope: scope.covers(t.document.c.party)),
    "client": (t.client, lambda scope: scope.covers(t.client.c.party)),
    "approval": (t.approval, lambda scope: scope.covers(t.approval.c.maker_party)),
    "retirement": (t.retirement, lambda scope: scope.covers(t.retirement.c.party)),
    "budget": (t.fossil_budget, lambda scope: scope.covers(t.fossil_budget.c.party)),
    "objection": (t.objection, lambda scope: scope.covers(t.objection.c.party)),
    "reading": (t.meter_reading, _through(t.plant, t.meter_reading.c.plant)),
    "entity": (t.ets_entity, lambda s: s.covers(t.ets_entity.c.party)),
    "entitlement": (t.entitlement, lambda s: s.covers(t.entitlement.c.party)),
    "emission": (t.verified_emission, lambda s: s.covers(t.verified_emission.c.party)),
    "ccer_import": (t.ccer_import, lambda s: s.covers(t.ccer_import.c.party)),
    "project": (t.ccer_project, _through(t.plant, t.ccer_project.c.plant)),
    "share_target": (t.share_target, lambda s: s.covers(t.share_target.c.party)),
    "mandate": (
        t.mandate,
        lambda s: or_(s.covers(t.mandate.c.owner), s.covers(t.mandate.c.agent)),
    ),
    "key": (t.signing_key, lambda s: s.covers(t.signing_key.c.party)),
    "own_key": (t.signing_key, lambda s: t.signing_key.c.party == s.party),
    "challenge": (t.key_challenge, lambda s: t.key_challenge.c.party == s.party),
    "hold": (t.hold, _hold),
    "lot": (t.lot, _lot),
    "act": (t.journal, _act),
    "journal": (t.journal, _journal),
    "statement": (t.retirement, _statement),
}


def within(caller: Caller, resource: str) -> ColumnElement[bool]:
    """Write the condition that a row of a resource is the caller's to see; for lists."""
    return _OWNED[resource][1](caller.scope)


def rows(caller: Caller, resource: str) -> Select[Any]:
    """Select the rows of a resource the caller may see; add filters, order and limit to it."""
    return select(_OWNED[resource][0]).where(within(caller, resource))


def find(engine: Engine, caller: Caller, resource: str, number: int) -> AnyRow:
    """Read one object the caller may see.

    Raises:
        Problem: `not_found`, the same for what is not there and for what is another's.
    """
    with engine.connect() as conn:
        return found(conn, caller, resource, number)


def found(conn: Connection, caller: Caller, resource: str, number: int) -> AnyRow:
    """Read one object the caller may see, over a connection that is open already."""
    table = _OWNED[resource][0]
    row = conn.execute(rows(caller, resource).where(table.c.id == number)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return row


def own(at: Engine | Connection, caller: Caller, resource: str, numbers: Iterable[int]) -> None:
    """Refuse unless every object named is the caller's to see, in one statement at most.

    With a connection, as it sees them: a decision checks on its own view.
    """
    asked = set(numbers)
    if (
        _OWNED[resource][0] is t.account
    ):  # of one's own party is each of these, whatever else is seen
        asked -= {
            n for n in asked if (a := met(at.engine).find(n)) and a.party == caller.scope.party
        }
    _all_there(at, resource, asked, caller)


def party_by_code(engine: Engine, caller: Caller, credit_code: str) -> int:
    """Find a party the caller may see by its credit code, or refuse as if it were not there."""
    p = t.party.c
    query = rows(caller, "party").where(p.scheme == "uscc", p.identity == credit_code)
    with engine.connect() as conn:
        row = conn.execute(query).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return int(row.id)


def known(at: Engine | Connection, resource: str, numbers: Iterable[int]) -> None:
    """Refuse unless every object named exists, whoever's it is: receivers, beneficiaries."""
    asked = set(numbers)
    if resource == "account":
        asked -= {number for number in asked if met(at.engine).find(number)}
    _all_there(at, resource, asked)


def foreign(engine: Engine, caller: Caller, resource: str, numbers: Iterable[int]) -> set[int]:
    """Answer which of the objects named are not the caller's to see, or not there."""
    return _missing(engine, resource, set(numbers), within(caller, resource))


def unknown(engine: Engine, resource: str, numbers: Iterable[int]) -> set[int]:
    """Answer which of the objects named are not there."""
    return _missing(engine, resource, set(numbers), true())


def _all_there(
    at: Engine | Connection, resource: str, numbers: set[int], caller: Caller | None = None
) -> None:
    if numbers and _missing(at, resource, numbers, within(caller, resource) if caller else true()):
        raise Problem(DoorCode.NOT_FOUND)


def _missing(
    at: Engine | Connection, resource: str, numbers: set[int], condition: ColumnElement[bool]
) -> set[int]:
    if not numbers:
        return set()
    table = _OWNED[resource][0]
    query = select(table.c.id).where(among(table.c.id, numbers), condition)
    if table is t.account:
        query = query.add_columns(table.c.party, table.c.approval_above)
    rows_found = _rows(at, query)
    if table is t.account:
        met(at.engine).learn((row[0], row[1], row[2]) for row in rows_found)
    return numbers - {row[0] for row in rows_found}


def _rows(at: Engine | Connection, query: Select[Any]) -> Sequence[AnyRow]:
    if not isinstance(at, Engine):
        return at.execute(query).all()
    with at.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        return conn.execute(query).all()
