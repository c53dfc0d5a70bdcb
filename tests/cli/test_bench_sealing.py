"""The benchmark's sealer: lags that are told honestly, and a log that is held against the book."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bench.auditing import Auditing
from api.bench.book import open_book
from api.bench.engine import drive
from api.bench.loads import Trades
from api.bench.market import Market
from api.bench.published import Moment, read_checkpoint
from api.bench.scale import TINY
from api.bench.sealing import Sealing, lags, sealer
from ledger.database import Urls
from ledger.embedded import DatabaseFault
from tests.registry import NAME, rows

COUNTS = "SELECT (SELECT count(*) FROM unsealed), (SELECT count(*) FROM journal)"
GROWTH = st.lists(st.integers(1, 5), min_size=1, max_size=20)


@pytest.fixture
def market(database: Urls) -> Iterator[Market]:
    """Lend a very small market on the tests' own server."""
    with open_book(database, NAME) as book:
        yield Market(book, TINY, lambda _: None)


@given(GROWTH)
def test_a_lag_ends_with_the_first_checkpoint_over_the_place(growth: list[int]) -> None:
    """Not with one that was out before it, and not with a later one."""
    seen = [Moment(100.0 + n, size) for n, size in enumerate(accumulate(growth))]
    places = range(seen[-1].size)
    told = list(lags([(99.0, place) for place in places], seen))

    first = [next(m.at for m in seen if m.size > place) - 99.0 for place in places]
    assert told == first


def test_a_place_under_no_checkpoint_has_no_lag() -> None:
    """It is an error of the benchmark, and is not left out silently."""
    with pytest.raises(IndexError):
        list(lags([(0.0, 7)], [Moment(1.0, 7)]))


@pytest.mark.slow
def test_the_log_is_held_against_the_book(market: Market, tmp_path: Path) -> None:
    """The queue is drained, and every journal is verified; a record that was changed is noticed."""
    drive(market.book, Trades(market).split, TINY)
    sealing = Sealing(market, Trades(market), TINY, tmp_path)
    audited = Auditing(sealing).verify()
    market.book.examine()
    sound, waiting = list(market.book.faults), rows(market.book.urls.owner, COUNTS)
    bundle = tmp_path / "log/tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"bench", b"wench", 1))
    sealing.check()

    assert sound == []
    assert audited.told["entries"] == waiting[0][1]
    assert waiting == [(0, read_checkpoint(tmp_path / "log"))]
    assert [fault.partition(": ")[2] for fault in market.book.faults] == [
        f"the log has {waiting[0][1]} leaves that are not the book's {waiting[0][1]} journals",
        "the records that are published do not make the checkpoint's root",
    ]


def test_a_sealer_that_refuses_is_a_fault_of_the_run(tmp_path: Path) -> None:
    """Sales beside a sealer that is not there would measure nothing."""
    nowhere = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "GREENLEDGER_DATA_DIR": str(tmp_path),
    }
    with pytest.raises(DatabaseFault, match="ended with 3"), sealer(nowhere):
        pass
