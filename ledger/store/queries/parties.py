"""Who is in the registry: parties, their accounts and plants, and the clients they call with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, fetch
from ledger.store.queries.scope import Scope, owned

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select


def party(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a party by number."""
    return conn.execute(_parties(scope).where(t.party.c.id == number)).first()


def party_by_code(conn: Connection, scope: Scope, credit_code: str) -> Row[Any] | None:
    """Find a party by its unified social credit code."""
    known = (t.party.c.scheme == "uscc") & (t.party.c.identity == credit_code)
    return conn.execute(_parties(scope).where(known)).first()


def parties(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    kind: str | None = None,
    province: str | None = None,
) -> Listed[Row[Any]]:
    """List parties by number, of one kind or province."""
    query = _parties(scope)
    if kind is not None:
        query = query.where(t.party.c.kinds.contains([kind]))
    if province is not None:
        query = query.where(t.party.c.province == province)
    return fetch(conn, query, page, t.party.c.id)


def _parties(scope: Scope) -> Select[Any]:
    return select(t.party).where(owned(scope, t.party.c.id))


def account(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find an account by number. Its class is the column `class`, in Python `cls`."""
    return conn.execute(_accounts(scope).where(t.account.c.id == number)).first()


def accounts(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    party: int | None = None,
    cls: str | None = None,
) -> Listed[Row[Any]]:
    """List accounts by number, of one party or class."""
    query = _accounts(scope)
    if party is not None:
        query = query.where(t.account.c.party == party)
    if cls is not None:
        query = query.where(t.account.c["class"] == cls)
    return fetch(conn, query, page, t.account.c.id)


def _accounts(scope: Scope) -> Select[Any]:
    columns = [column for column in t.account.c if column.name != "class"]
    return select(*columns, t.account.c["class"].label("cls")).where(
        owned(scope, t.account.c.party)
    )


def plant(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a plant by number; `approved` is the journal of its approval, or None."""
    return conn.execute(_plants(scope).where(t.plant.c.id == number)).first()


def plant_by_code(conn: Connection, scope: Scope, registration_code: str) -> Row[Any] | None:
    """Find a plant by its registration code of 17 characters."""
    known = t.plant.c.registration_code == registration_code
    return conn.execute(_plants(scope).where(known)).first()


def plants(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    party: int | None = None,
    energy: str | None = None,
    province: str | None = None,
) -> Listed[Row[Any]]:
    """List plants by number, of one party, energy or province."""
    wanted = {t.plant.c.party: party, t.plant.c.energy: energy, t.plant.c.province: province}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return fetch(conn, _plants(scope).where(*conditions), page, t.plant.c.id)


def _plants(scope: Scope) -> Select[Any]:
    return (
        select(t.plant, t.plant_approval.c.journal.label("approved"))
        .outerjoin(t.plant_approval, t.plant_approval.c.plant == t.plant.c.id)
        .where(owned(scope, t.plant.c.party))
    )


def client(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find an API client by number."""
    return conn.execute(_clients(scope).where(t.client.c.id == number)).first()


def clients(conn: Connection, scope: Scope, page: Page) -> Listed[Row[Any]]:
    """List API clients by number."""
    return fetch(conn, _clients(scope), page, t.client.c.id)


def _clients(scope: Scope) -> Select[Any]:
    """Ask for everything about a client but the digest of its secret."""
    columns = [column for column in t.client.c if column.name != "secret_sha256"]
    return select(*columns).where(owned(scope, t.client.c.party))
