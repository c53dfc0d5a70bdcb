"""What is on file: approvals, evidence, readings, retirements, rulebooks and regulators' figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, fetch
from ledger.store.queries.scope import Scope, owned

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Row, Select


def approval(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find an approval, with its payload; the maker's party may see it."""
    query = select(t.approval).where(t.approval.c.id == number)
    return conn.execute(query.where(owned(scope, t.approval.c.maker_party))).first()


def approvals(
    conn: Connection, scope: Scope, page: Page, *, state: str | None = None
) -> Listed[Row[Any]]:
    """List approvals by number, in one state if it is given."""
    query = select(t.approval).where(owned(scope, t.approval.c.maker_party))
    query = query.where(t.approval.c.state == state) if state is not None else query
    return fetch(conn, query, page, t.approval.c.id)


def retirement(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a retirement."""
    return conn.execute(_retirements(scope).where(t.retirement.c.id == number)).first()


def public_retirement(conn: Connection, statement_no: str) -> Row[Any] | None:
    """Find a retirement by its statement's number, which is known to whoever was shown it.

    Its column `public` says whether the beneficiary may be named.
    """
    query = select(t.retirement).where(t.retirement.c.statement_no == statement_no)
    return conn.execute(query).first()


def retirements(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    account: int | None = None,
    consumption_year: int | None = None,
) -> Listed[Row[Any]]:
    """List retirements, latest first, by number."""
    c = t.retirement.c
    query = _retirements(scope)
    query = query.where(c.account == account) if account is not None else query
    query = query.where(c.consumption_year == consumption_year) if consumption_year else query
    return fetch(conn, query, page, c.id, descending=True)


def _retirements(scope: Scope) -> Select[Any]:
    return select(t.retirement).where(owned(scope, t.retirement.c.party))


def document(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a document; its bytes are another question."""
    return conn.execute(_documents(scope).where(t.document.c.id == number)).first()


def document_bytes(conn: Connection, scope: Scope, number: int) -> bytes | None:
    """Read a document's bytes."""
    c = t.document.c
    query = select(c.bytes).where(c.id == number, owned(scope, c.party))
    found = conn.execute(query).first()
    return None if found is None else bytes(found.bytes)


def documents(conn: Connection, scope: Scope, page: Page) -> Listed[Row[Any]]:
    """List documents by number, without their bytes."""
    return fetch(conn, _documents(scope), page, t.document.c.id)


def _documents(scope: Scope) -> Select[Any]:
    shown = [column for column in t.document.c if column.name != "bytes"]
    size = func.length(t.document.c.bytes).label("size")
    return select(*shown, size).where(owned(scope, t.document.c.party))


def reading(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a meter reading."""
    return conn.execute(_readings(scope).where(t.meter_reading.c.id == number)).first()


def readings(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    plant: int | None = None,
    month: date | None = None,
) -> Listed[Row[Any]]:
    """List meter readings by number, all versions of them."""
    query = _readings(scope)
    query = query.where(t.meter_reading.c.plant == plant) if plant is not None else query
    query = query.where(t.meter_reading.c.month == month) if month is not None else query
    return fetch(conn, query, page, t.meter_reading.c.id)


def _readings(scope: Scope) -> Select[Any]:
    return (
        select(t.meter_reading, t.plant.c.party)
        .join(t.plant, t.plant.c.id == t.meter_reading.c.plant)
        .where(owned(scope, t.plant.c.party))
    )


def rulebooks(conn: Connection) -> tuple[Row[Any], ...]:
    """Tell the rulebooks as last adopted, by name; rules are public."""
    c = t.rulebook.c
    query = select(t.rulebook).distinct(c.name).order_by(c.name, c.version.desc())
    return tuple(conn.execute(query).all())


def rulebook_versions(conn: Connection, name: str) -> tuple[Row[Any], ...]:
    """Tell every version of one rulebook that was ever adopted, with when, in order."""
    c, j = t.rulebook.c, t.journal.c
    query = (
        select(t.rulebook, j.at, j.day)
        .join(t.journal, j.seq == c.journal)
        .where(c.name == name)
        .order_by(c.version)
    )
    return tuple(conn.execute(query).all())


def factors(
    conn: Connection, page: Page, *, province: str | None = None, year: int | None = None
) -> Listed[Row[Any]]:
    """List provinces' yearly figures by (name, province, year, version), all versions; public."""
    c = t.factor.c
    query = select(t.factor)
    query = query.where(c.province == province) if province is not None else query
    query = query.where(c.year == year) if year is not None else query
    return fetch(conn, query, page, c.name, c.province, c.year, c.version)


def factor(conn: Connection, name: str, province: str, year: int) -> Row[Any] | None:
    """Find the latest version of one figure."""
    c = t.factor.c
    query = select(t.factor).where(c.name == name, c.province == province, c.year == year)
    return conn.execute(query.order_by(c.version.desc()).limit(1)).first()
