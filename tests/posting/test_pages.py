"""What an act reads does not grow with the registry: pages are counted, not seconds."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ledger.database import Urls
from ledger.posting.statement import LOAD
from tests.registry import NAME, opened
from tests.store.test_doctor import MONTH

# So many lots of one certificate each, by the owner, in a series of their own; one in ten is `account`'s.
LOTS = """
WITH lots AS (
    INSERT INTO lot (id, instrument, plant, month, energy, category, trade, mechanism, province, reading,
                     first_serial, size, follows, valid_until, origin_registry, origin_lot, journal)
    SELECT (instrument::bigint << 48) + ((valid_until - date '2000-01-01')::bigint << 32) + 1000000 + n,
           instrument, plant, month, energy, category, 'non_tradable', mechanism, province, reading,
           n, 1, nullif(n, 0), valid_until, origin_registry, 'lot ' || n, journal
    FROM lot, generate_series(0, %(count)s - 1) AS n
    RETURNING id, first_serial)
INSERT INTO parcel (lot, lo, size, account, acquired_journal, acquired_n, trades, origin)
SELECT id, 0, 1, CASE first_serial %% 10 WHEN 0 THEN %(account)s ELSE %(other)s END, 1, 1, 0, 'issued'
FROM lots
"""
WANT: dict[str, Any] = {
    "wants": [0],
    "lots": [0],
    "los": [-1],
    "ceilings": [2**62],
    "months": [None],
    "energies": [None],
    "years": [None],
    "trades": [None],
    "categories": [None],
    "mechanisms": [None],
    "trades_below": [None],
    "resold": [False],
    "limits": [4],
}


def pages(urls: Urls, lots: int) -> tuple[int, int]:
    """Count the pages, and the rows, that picking four parcels takes among so many lots."""
    with opened(urls.app) as registry:
        registry.adopt_shipped()
        owner, other = registry.party("a"), registry.party("b")
        account, others = registry.account(owner, "generator"), registry.account(other, "user")
        registry.issue(registry.plant(owner), MONTH, 1)
    options = f"-c search_path={NAME} -c jit=off"
    with psycopg.connect(urls.owner, options=options, autocommit=True) as conn:
        conn.execute(LOTS.encode(), {"count": lots, "account": account, "other": others})
        conn.execute("VACUUM ANALYZE lot, parcel")
        asked = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + LOAD["pick_parcels"].source
        told = conn.execute(asked, {**WANT, "accounts": [account]}).fetchone()
    assert told is not None
    plan = told[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], plan["Actual Rows"]


@pytest.mark.slow
def test_picking_among_a_hundred_times_the_lots_reads_hardly_more_pages(
    clones: Any,
) -> None:
    """A thousand lots or a hundred thousand: the index is a level deeper, and that is all."""
    with clones.fresh() as few, clones.fresh() as many:
        (small, rows), (large, as_many) = pages(few, 1_000), pages(many, 100_000)

    assert rows == as_many == 4
    assert large <= small * 1.5
