"""What a process remembers of free parcels, held against the database."""

from __future__ import annotations

from typing import Any, Final

import psycopg

from ledger.posting.fronts import Fronts

_FREE: Final = """
    SELECT p.lot, p.lo,
           coalesce((SELECT min(n.lo) FROM parcel n WHERE n.lot = p.lot AND n.lo > p.lo), p.size),
           p.account, p.hold, p.acquired_journal, p.acquired_n, p.trades, p.origin
    FROM parcel p WHERE p.account = ANY(%s) AND p.hold IS NULL ORDER BY p.lot, p.lo
"""
_VERSIONS: Final = "SELECT account, instrument, version FROM balance WHERE account = ANY(%s)"


def check_fronts(conn: psycopg.Connection[Any], fronts: Fronts) -> int:
    """See that whatever is remembered at a balance's version is what the database has; tell how much is."""
    accounts = [account for account, _ in fronts._fronts]
    versions = {row[:2]: row[2] for row in conn.execute(_VERSIONS, (accounts,))}
    free = conn.execute(_FREE, (accounts,)).fetchall()
    current = 0
    for key, front in fronts._fronts.items():
        if versions[key] != front.version:
            continue
        current += 1
        told = [
            row
            for row in free
            if row[3] == key[0]
            and row[0] >> 48 == key[1]
            and row[0] >= front.floor
            and (front.last is None or row[:2] <= front.last)
        ]
        kept = [parcel for parcel in front.parcels if parcel.lot >= front.floor]
        assert [(*p[:5], *p.acquired, *p[6:]) for p in kept] == told, key
        assert {parcel.lot for parcel in front.parcels} <= fronts.lots.keys()
    return current
