"""What must be so after any race: the books replayed from their postings, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.doctor import examine
from tests.registry import NAME, rows

GEC = 1
Owner = tuple[int, int, int]  # account, and the posting that brought it
Acknowledged = tuple[int, str, Mapping[str, Any]]  # client, key, outcome
_HISTORY = """
SELECT p.journal, p.n, p.debit, p.credit, p.lot, p.lo, p.amount, j.reverses
FROM posting AS p JOIN journal AS j ON j.seq = p.journal WHERE p.lot IS NOT NULL
UNION ALL SELECT journal, 0, NULL, NULL, lot, lo, amount, NULL FROM consolidation
ORDER BY 1, 2
"""


def check_books(url: str) -> None:
    """Replay everything; what stands must be what follows from history, as the doctor finds too."""
    _parcels_follow_from_postings(url)
    _balances_follow_from_postings(url)
    _holds_follow_from_their_events(url)
    _journals_and_commands_are_a_pair(url)
    assert (found := examine(url, NAME)) == [], found


def check_acknowledged(url: str, acknowledged: Sequence[Acknowledged]) -> None:
    """Whatever was answered stands exactly once, as it was answered."""
    stored = {
        (c, k): outcome for c, k, outcome in rows(url, "SELECT client, key, outcome FROM command")
    }
    for client, key, outcome in acknowledged:
        assert stored[client, key] == outcome
    journals = [j for outcome in stored.values() for j in outcome.get("journals", ())]
    assert len(journals) == len(set(journals))


def _parcels_follow_from_postings(url: str) -> None:
    """No serial is given by one who does not have it; none is lost or doubled, nor its history."""
    owners: dict[int, list[Owner]] = {}
    for lot, size in rows(url, "SELECT id, size FROM lot"):
        owners[lot] = [(0, 0, 0)] * size
    before: dict[tuple[int, int, int], list[Owner]] = {}  # what was found, should it be taken back
    for journal, n, debit, credit, lot, lo, amount, back in rows(url, _HISTORY):
        run = owners[lot][lo : lo + amount]
        assert len(run) == amount, "serials beyond the lot"
        if debit is None:  # a consolidation: one history from here on
            owners[lot][lo : lo + amount] = [(owner, journal, 0) for owner, _, _ in run]
            continue
        sources = {0} if debit in {1, 10} else {debit}
        assert {owner for owner, _, _ in run} == sources, "given by one who did not have it"
        if back is None:
            before[journal, lot, lo] = run
            owners[lot][lo : lo + amount] = [(credit, journal, n)] * amount
        else:
            owners[lot][lo : lo + amount] = before[back, lot, lo]
    found: dict[int, list[Owner]] = {lot: [] for lot in owners}
    for lot, lo, past, *owner in rows(
        url,
        "SELECT lot, lo, coalesce(lead(lo) OVER (PARTITION BY lot ORDER BY lo), size), "
        "account, acquired_journal, acquired_n FROM parcel ORDER BY lot, lo",
    ):
        assert lo == len(found[lot]), "parcels do not tile"
        found[lot] += [(owner[0], owner[1], owner[2])] * (past - lo)
    assert found == owners


def _balances_follow_from_postings(url: str) -> None:
    """Each line's balance is the one before it and its amount, in the order of the journals."""
    running: Counter[tuple[int, int]] = Counter()
    for account, instrument, amount, after in rows(
        url,
        "SELECT account, instrument, amount, after FROM ("
        "SELECT debit AS account, instrument, -amount AS amount, debit_after AS after, journal, n"
        " FROM posting UNION ALL "
        "SELECT credit, instrument, amount, credit_after, journal, n FROM posting) AS p "
        "WHERE account >= 100 ORDER BY journal, n",
    ):
        running[account, instrument] += amount
        assert running[account, instrument] == after, "a balance was read before it was written"
    balances = rows(url, "SELECT account, instrument, posted, held, floor FROM balance")
    assert {(a, i): posted for a, i, posted, _, _ in balances if posted} == {
        key: amount for key, amount in running.items() if amount
    }
    assert all(posted - held >= floor and held >= 0 for _, _, posted, held, floor in balances)


def _holds_follow_from_their_events(url: str) -> None:
    """What was opened is settled, given back, or still there; and that much is held."""
    left: Counter[int] = Counter()
    for hold, event, amount in rows(url, "SELECT hold, event, amount FROM hold_event"):
        left[hold] += amount if event == "open" else -amount
    holds = rows(url, "SELECT id, account, instrument, remaining FROM hold")
    assert {number: remaining for number, _, _, remaining in holds} == dict(left)
    held: Counter[tuple[int, int]] = Counter()
    for _, account, instrument, remaining in holds:
        held[account, instrument] += remaining
    found = rows(url, "SELECT account, instrument, held FROM balance WHERE held <> 0")
    assert {(a, i): units for a, i, units in found} == +held
    marked = rows(
        url,
        "SELECT hold, sum(past - lo)::bigint FROM (SELECT hold, lo, "
        "coalesce(lead(lo) OVER (PARTITION BY lot ORDER BY lo), size) AS past FROM parcel) AS p "
        "WHERE hold IS NOT NULL GROUP BY hold",
    )
    assert dict(marked) == {n: r for n, _, instrument, r in holds if instrument == GEC and r}


def _journals_and_commands_are_a_pair(url: str) -> None:
    """Every journal belongs to a command that was answered with it, and the other way round."""
    answered: Counter[int] = Counter()
    for (outcome,) in rows(url, "SELECT outcome FROM command"):
        answered.update(outcome.get("journals", ()))
    written = [seq for (seq,) in rows(url, "SELECT seq FROM journal")]
    assert answered == Counter(written)
    queued = [seq for (seq,) in rows(url, "SELECT journal FROM unsealed")]
    assert len(queued) == len(set(queued))
