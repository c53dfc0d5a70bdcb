"""The pool of connections that reads go over. Postings go over the writer's own."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext

# The server, or the way to it, is not itself: the same request may well succeed a little later.
AWAY: Final = (
    psycopg.OperationalError,
    errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction,
    errors.TransactionTimeout,
)

_STATEMENT_MS_MAX: Final = 30_000
_IDLE_MS_MAX: Final = 60_000
_WAIT_SECONDS_MAX: Final = 10  # for a free connection, before the caller is told to come back


def reads(url: str, registry: str, pool: int = 8) -> Engine:
    """Open a pool of at most `pool` connections that see one registry's schema.

    Args:
        url: a plain `postgresql://` URL.
        registry: the schema; `Settings` has checked its spelling.
        pool: connections at most; all are kept once opened.
    """
    options = (
        f"-c search_path={registry} -c jit=off -c statement_timeout={_STATEMENT_MS_MAX} "
        f"-c idle_in_transaction_session_timeout={_IDLE_MS_MAX} "
        # ids are drawn over these: a session opened while the database is read-only would stay so
        "-c default_transaction_read_only=off"
    )
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=_WAIT_SECONDS_MAX,
        pool_pre_ping=True,
        pool_use_lifo=True,  # the fewest connections stay busy
        connect_args={"options": options},
    )
    event.listen(engine, "handle_error", _drop_read_only)
    return engine


def _drop_read_only(context: ExceptionContext) -> None:
    """Take connections for lost that were opened while the database was read-only: they stay so."""
    if isinstance(context.original_exception, errors.ReadOnlySqlTransaction):
        context.is_disconnect = True
