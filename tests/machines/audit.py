"""Whatever story was told: auditors who have the records alone find nothing, and the same balances."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.log import independent
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from tests.auditor.both import audit, read_shaped
from tests.registry import rows

_BOOKED: Final = (
    "SELECT i.code, a.class, sum(b.posted)::bigint FROM balance AS b"
    " JOIN account AS a ON a.id = b.account JOIN instrument AS i ON i.id = b.instrument"
    " GROUP BY 1, 2"
)


def check_records(url: str) -> None:
    """Replay a registry's records in both verifiers, and compare what they come to with its balances."""
    records = [bytes(body) for (body,) in rows(url, "SELECT body FROM journal ORDER BY seq")]
    books = rows(url, "SELECT digest, raw FROM rulebook")
    rulebooks = {bytes(digest).hex(): bytes(raw) for digest, raw in books}
    replay = Replay(State(), rulebooks, records.__getitem__)
    replay.feed_all(enumerate(records))
    totals = replay.finish()

    for code, cls, posted in rows(url, _BOOKED):
        assert totals.by_place.get(code, {}).get(cls, 0) == posted
    _check_again(records, rulebooks)


def _check_again(records: Sequence[bytes], rulebooks: dict[str, bytes]) -> None:
    nobody_signed = independent.Requests(Path())
    auditor = independent.Auditor([], [], rulebooks, nobody_signed)
    for index, raw in enumerate(records):
        audit(auditor, index, raw, read_shaped(raw, index))
    auditor.finish()
