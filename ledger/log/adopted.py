"""What a bundle carries besides the published log, from the registry's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select

from ledger.log.bundle import Beside
from ledger.log.evidence import Evidence
from ledger.store import tables as t
from ledger.store.engine import reads


@contextmanager
def beside_the_log(url: str, registry: str) -> Iterator[Beside]:
    """Lend every rulebook ever adopted, and evidence row by row: it may be more than memory holds."""
    engine = reads(url, registry, 1)
    try:
        with engine.connect() as conn:
            yield Beside(_rulebooks(conn), _evidence(conn))
    finally:
        engine.dispose()


def _rulebooks(conn: Connection) -> dict[str, bytes]:
    rows = conn.execute(select(t.rulebook.c.digest, t.rulebook.c.raw)).all()
    return {bytes(digest).hex(): bytes(raw) for digest, raw in rows}


def _evidence(conn: Connection) -> Iterator[tuple[str, Evidence]]:
    e = t.evidence.c
    query = select(e.digest, e.base, e.signature, e.body)
    for digest, *parts in conn.execution_options(yield_per=1000).execute(query):
        yield bytes(digest).hex(), Evidence(*map(bytes, parts))
