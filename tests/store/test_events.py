"""The feed tells each party what concerns it and nothing else, in the log's order, whatever that is."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from ledger.database import Urls
from ledger.store.engine import reads
from ledger.store.queries.events import WINDOW, events
from tests.databases import Clones
from tests.registry import NAME, rows

NAIVE = """
SELECT leaf.idx FROM log_leaf AS leaf JOIN journal AS j ON j.seq = leaf.seq
WHERE j.party = ANY(%(parties)s)
   OR EXISTS (SELECT FROM posting AS p JOIN account AS a ON a.id IN (p.debit, p.credit)
              WHERE p.journal = j.seq AND a.id >= 100 AND a.party = ANY(%(parties)s))
   OR EXISTS (SELECT FROM hold_event AS e JOIN hold AS h ON h.id = e.hold
              JOIN account AS a ON a.id = h.account
              WHERE e.journal = j.seq
                AND (a.party = ANY(%(parties)s) OR h.controller = ANY(%(parties)s)))
ORDER BY leaf.idx
"""
MANY = 100_000
QUICK_SECONDS = 0.25  # many times what it takes, and much less than going through the log


@pytest.fixture(scope="module")
def shuffled(story: str, clones: Clones) -> Iterator[Urls]:
    """Lend the story's log, sealed as if every writer had waited for others: in no order of numbers."""
    with clones.copy_of(story) as urls:
        waiting = [seq for (seq,) in rows(urls.owner, "SELECT journal FROM unsealed")]
        random.Random(7).shuffle(waiting)
        with psycopg.connect(urls.owner, options=f"-c search_path={NAME}") as conn:
            conn.cursor().executemany(
                "INSERT INTO log_leaf SELECT (SELECT max(idx) + 1 FROM log_leaf), seq, leaf "
                "FROM journal WHERE seq = %s",
                [(seq,) for seq in waiting[:-3]],
            )
        yield urls


@pytest.fixture(scope="module")
def conn(shuffled: Urls) -> Iterator[Connection]:
    """Lend a connection to it."""
    engine = reads(shuffled.app, NAME)
    with engine.connect() as found:
        yield found
    engine.dispose()


@pytest.fixture(scope="module")
def parties(shuffled: Urls) -> list[int]:
    """List the story's parties but for the registry, whose own people see everything."""
    query = "SELECT id FROM party WHERE id > 1 ORDER BY id"
    return [number for (number,) in rows(shuffled.app, query)]


def concerned(url: str, some: Sequence[int]) -> list[int]:
    """Go through the whole log for what concerns some parties."""
    with psycopg.connect(url, options=f"-c search_path={NAME}") as conn:
        return [index for (index,) in conn.execute(NAIVE, {"parties": list(some)})]


def read_on(conn: Connection, some: Sequence[int], after: int, most: int, window: int) -> list[int]:
    """Read the feed page by page to its end."""
    found = list[int]()
    while True:
        feed = events(conn, some, after, most, window)
        assert len(feed.items) <= most
        assert feed.next_after >= after
        found += [event.index for event in feed.items]
        if not feed.items:
            return found
        after = feed.next_after


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_pages_of_any_size_from_anywhere_are_what_going_through_the_log_finds(
    shuffled: Urls, conn: Connection, parties: list[int], data: st.DataObject
) -> None:
    """None is missed or told twice, whichever window is looked into first."""
    some = data.draw(st.lists(st.sampled_from(parties), min_size=1, max_size=3, unique=True))
    after = data.draw(st.integers(-1, 120))
    most = data.draw(st.sampled_from([1, 2, 7, 500]))
    window = data.draw(st.sampled_from([1, 3, 20, WINDOW]))

    wanted = [index for index in concerned(shuffled.app, some) if index > after]
    assert read_on(conn, some, after, most, window) == wanted


def test_the_storys_log_is_in_no_order_of_numbers(shuffled: Urls, parties: list[int]) -> None:
    """And every party of it has its own share: the law above is about something."""
    numbers = [seq for (seq,) in rows(shuffled.app, "SELECT seq FROM log_leaf ORDER BY idx")]
    shares = [len(concerned(shuffled.app, [party])) for party in parties]

    assert numbers != sorted(numbers)
    assert len(set(shares)) > 2
    assert max(shares) < len(numbers)


def test_who_sees_all_is_told_all(shuffled: Urls, conn: Connection) -> None:
    """Every leaf once, up to the size that is told."""
    feed = events(conn, None, -1, 500)

    size = rows(shuffled.app, "SELECT count(*) FROM log_leaf")[0][0]
    assert [event.index for event in feed.items] == list(range(size))
    assert (feed.size, feed.next_after) == (size, size - 1)


def test_an_empty_log_and_a_place_beyond_its_end_have_nothing(
    conn: Connection, database: Urls, parties: list[int]
) -> None:
    """`next_after` never goes back."""
    engine = reads(database.app, NAME)
    with engine.connect() as empty:
        for some in (None, [1]):
            feed = events(empty, some, -1, 10)
            assert (feed.items, feed.next_after, feed.size) == ((), -1, 0)
    engine.dispose()
    beyond = events(conn, parties, 2**62, 10)
    assert (beyond.items, beyond.next_after) == ((), 2**62)


FILL = f"""
INSERT INTO party (id, scheme, identity, name, kinds, province)
SELECT 1000 + n, 'uscc', 'code ' || n, 'party', '{{enterprise}}', '11' FROM generate_series(1, 200) AS n;
INSERT INTO account (id, class, party, floor)
SELECT 10000 + n, 'user', 1000 + n, 0 FROM generate_series(1, 200) AS n;
INSERT INTO balance (account, instrument, posted, held, floor, version)
SELECT 10000 + n, 2, 0, 0, 0, 1 FROM generate_series(1, 200) AS n;
INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf)
SELECT n, n, 1, 'transfer.listing', '2026-01-01', '2026-01-01', 1001 + n % 198, sha256('r'), 'b',
       sha256(n::text::bytea)
FROM generate_series(1, {MANY}) AS n;
INSERT INTO posting (journal, n, debit, credit, instrument, amount, debit_after, credit_after)
SELECT n, 1, 10001 + n % 198, 10001 + (n + 1) % 198, 2, 1, 0, 0 FROM generate_series(1, {MANY}) AS n;
INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf)
SELECT {MANY} + n, {MANY} + n, 1, 'document.store', '2026-01-01', '2026-01-01', 1200, sha256('r'), 'b',
       sha256(n::text::bytea)
FROM generate_series(1, 5) AS n;
INSERT INTO log_leaf (idx, seq, leaf_hash)
SELECT row_number() OVER (ORDER BY seq % 977, seq) - 1, seq, leaf FROM journal;
ANALYZE;
"""


def test_a_party_of_few_acts_is_served_at_once_from_a_large_log(database: Urls) -> None:
    """Five among a hundred thousand, and a page of a busy party's: neither goes through the log."""
    with psycopg.connect(database.owner, options=f"-c search_path={NAME}") as filled:
        filled.execute(FILL.encode())
    engine = reads(database.app, NAME)
    with engine.connect() as conn:
        conn.execute(text("SELECT 1"))
        took = {}
        for what, party, after, window in (
            ("few", 1200, -1, WINDOW),
            ("few, past the window", 1200, -1, 1_000),
            ("busy, from the start", 1001, -1, WINDOW),
            ("busy, at the end", 1001, MANY - 500, WINDOW),
            ("none", 1199, -1, WINDOW),
        ):
            began = time.perf_counter()
            feed = events(conn, [party], after, 50, window)
            took[what] = time.perf_counter() - began, len(feed.items)
        busy = read_on(conn, [1001], -1, 50, 1_000)
    engine.dispose()

    assert busy == concerned(database.app, [1001])
    assert len(busy) > MANY // 100
    assert [count for _, count in took.values()] == [5, 5, 50, 5, 0]
    assert not {what for what, (seconds, _) in took.items() if seconds > QUICK_SECONDS}
