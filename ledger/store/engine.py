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

_BY_KEY: Final = {
    "jit": "off",
    # Every statement looks rows up by key: a plan made while a table was small, or a queue empty, must
    # not scan later.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "5s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "30s",
}
_STATEMENT_MS_MAX: Final = 30_000
_IDLE_MS_MAX: Final = 60_000
_WAIT_SECONDS_MAX: Final = 10  # for a free connection, before the caller is told to come back


def by_key(**more: str) -> str:
    """Give the options of a connection that writes, by prepared statements that find rows by key."""
    return " ".join(f"-c {name}={value}" for name, value in {**_BY_KEY, **more}.items())


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
