"""The rulebooks that a registry adopted, as bytes: what a bundle carries besides the published log."""

from __future__ import annotations

from sqlalchemy import select

from ledger.store import tables as t
from ledger.store.engine import reads


def adopted_rulebooks(url: str, registry: str) -> dict[str, bytes]:
    """Read every rulebook ever adopted, by the digest of its bytes, in hex."""
    engine = reads(url, registry, 1)
    try:
        with engine.connect() as conn:
            rows = conn.execute(select(t.rulebook.c.digest, t.rulebook.c.raw)).all()
    finally:
        engine.dispose()
    return {bytes(digest).hex(): bytes(raw) for digest, raw in rows}
