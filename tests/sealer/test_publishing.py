"""Sealing, publishing, and what is refused or made good at a start."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from queue import SimpleQueue
from threading import Event

import psycopg
import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.log.opening import QuorumMissing
from ledger.log.tree import EMPTY_ROOT
from ledger.sealer.leaves import QueueForged, RecordAltered, TreeMoved
from ledger.sealer.loop import Sealer
from ledger.sealer.outside import Head, HeadMoved, Outside
from ledger.sealer.publisher import Forked, HeadLost, RolledBack
from settlement.registration import PartyOrder, register_party
from tests.databases import Clones
from tests.registry import NAME, OPERATOR, Registry, credit_code, opened, rows
from tests.sealer.logs import (
    ORIGIN,
    PAUSE_SECONDS,
    a_log,
    check_published,
    damage,
    published,
    seal_all,
    seal_some,
    sealing,
    sign,
)

NUMBERS = count(1)


def register(registry: Registry, journals: int) -> None:
    """Write so many journals, each of a new party."""
    for number in islice(NUMBERS, journals):
        order = PartyOrder(credit_code(number), "party", ("enterprise",), "11")
        registry.must_do(OPERATOR, partial(register_party, order=order))


def name_of(urls: Urls) -> str:
    """Name a database, to copy it while nobody is connected to it."""
    return urls.owner.rsplit("/", 1)[1]


@pytest.fixture
def told(database: Urls) -> Urls:
    """Lend a registry with forty journals that wait for the log."""
    with opened(database.app) as registry:
        register(registry, 40)
    return database


def test_an_empty_log_says_that_it_is_empty(database: Urls, tmp_path: Path) -> None:
    """The first checkpoint is that of nothing: whoever saw it sees everything after it grow."""
    assert seal_all(database, tmp_path) == 0
    assert (published(tmp_path).size, published(tmp_path).root) == (0, EMPTY_ROOT)


def test_what_waits_is_sealed_and_published(told: Urls, tmp_path: Path) -> None:
    """Every journal has one place, its record is in a bundle, and doctor finds nothing to say."""
    assert seal_all(told, tmp_path) == 40

    assert check_published(told, tmp_path).size == 40
    assert examine(told.owner, NAME) == []


@pytest.mark.parametrize("limit", [1, 7, 256])
def test_a_backlog_is_sealed_in_parts(told: Urls, tmp_path: Path, limit: int) -> None:
    """A batch has an end, and so has what is held in memory; the log is the same."""
    assert seal_all(told, tmp_path, limit=limit) == 40

    check_published(told, tmp_path)


def test_partial_tiles_go_when_they_are_full(database: Urls, tmp_path: Path) -> None:
    """Sizes that were published stay readable, from the full tile; the folder does not fill up."""
    with opened(database.app) as registry:
        for _ in range(3):
            register(registry, 100)
            seal_all(database, tmp_path)

    tiles = tmp_path / "log" / "tile"
    assert sorted(path.name for path in (tiles / "0").iterdir()) == ["000", "001.p"]
    assert sorted(path.name for path in (tiles / "entries").iterdir()) == ["000", "001.p"]
    assert sorted(path.name for path in (tiles / "1" / "000.p").iterdir()) == ["1"]
    check_published(database, tmp_path)


def test_the_loop_seals_what_comes_while_it_runs(database: Urls, tmp_path: Path) -> None:
    """And rests in between; what is left is sealed at the next start."""
    with sealing(database, tmp_path), opened(database.app) as registry:
        register(registry, 60)
    assert seal_all(database, tmp_path) == 60

    check_published(database, tmp_path)


def test_a_second_sealer_stands_by_until_it_is_alone(told: Urls, tmp_path: Path) -> None:
    """Over one folder, and over another one: the database lets one in."""
    with sealing(told, tmp_path):
        while not (tmp_path / "log" / "checkpoint").exists() or published(tmp_path).size < 40:
            time.sleep(PAUSE_SECONDS)
        for home in (tmp_path, tmp_path / "elsewhere"):
            said: SimpleQueue[str] = SimpleQueue()
            with sealing(told, home, said.put):
                assert said.get(timeout=30) == "another sealer is at work; standing by"


def test_a_restored_older_backup_is_refused(told: Urls, clones: Clones, tmp_path: Path) -> None:
    """The database was published further than it now is: nothing is sealed over it, ever."""
    with clones.copy_of(name_of(told)) as backup:
        assert seal_all(told, tmp_path) == 40
        with pytest.raises(RolledBack, match=r"docs/log\.md"):
            seal_all(backup, tmp_path)
        with opened(backup.app, session="after") as registry:
            register(registry, 60)
        with pytest.raises(RolledBack):
            seal_all(backup, tmp_path)

    assert published(tmp_path).size == 40


def test_a_backup_that_was_sealed_elsewhere_is_refused(
    told: Urls, clones: Clones, tmp_path: Path
) -> None:
    """It is as long as what was published, or longer; but it is another log."""
    with clones.copy_of(name_of(told)) as backup:
        with opened(backup.app, session="one") as registry:
            register(registry, 20)
        with opened(told.app, session="other") as registry:
            register(registry, 20)
        assert seal_all(told, tmp_path) == 60
        assert seal_all(backup, tmp_path / "elsewhere") == 60
        with pytest.raises(Forked):
            seal_all(backup, tmp_path)
        with opened(backup.app, session="two") as registry:
            register(registry, 20)
        assert seal_all(backup, tmp_path / "elsewhere") == 80
        with pytest.raises(Forked):
            seal_all(backup, tmp_path)

    check_published(told, tmp_path)


def test_a_lost_store_outside_is_refused(told: Urls, tmp_path: Path) -> None:
    """Without it nobody knows what was said last; so is one that is older than the checkpoint."""
    seal_all(told, tmp_path)
    shutil.rmtree(tmp_path / "outside")
    with pytest.raises(HeadLost):
        seal_all(told, tmp_path)
    shutil.rmtree(tmp_path / "log")
    with pytest.raises(HeadLost):
        seal_all(told, tmp_path)


def test_a_store_outside_that_is_older_than_the_checkpoint_is_refused(
    told: Urls, tmp_path: Path
) -> None:
    """It was restored itself; and one that says something else of the same size is no better."""
    seal_all(told, tmp_path)
    for head, fault in ((Head(7, bytes(32)), HeadLost), (Head(40, bytes(32)), Forked)):
        shutil.rmtree(tmp_path / "outside")
        Outside(tmp_path / "outside" / "heads.sqlite").begin(ORIGIN, head)
        with pytest.raises(fault):
            seal_all(told, tmp_path)


@pytest.mark.parametrize("lost", ["tile", "tile/0", "tile/entries", "checkpoint"])
def test_files_that_are_gone_are_written_again(told: Urls, tmp_path: Path, lost: str) -> None:
    """From the database, once it is known to be the one that was published."""
    seal_all(told, tmp_path, limit=16)
    path = tmp_path / "log" / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    seal_all(told, tmp_path, rewrite=lost == "tile/entries")

    check_published(told, tmp_path)


def test_a_tile_that_is_damaged_is_written_again(told: Urls, tmp_path: Path) -> None:
    """A flipped bit is not carried on into the next tiles."""
    seal_all(told, tmp_path)
    tile = tmp_path / "log" / "tile" / "0" / "000.p" / "40"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with opened(told.app, session="more") as registry:
        register(registry, 5)
    assert seal_all(told, tmp_path) == 45

    check_published(told, tmp_path)


def test_a_record_changed_before_it_was_published_stops_the_log(told: Urls, tmp_path: Path) -> None:
    """The first wrong place is named; nothing gets a place with it, or is published over it."""
    damage(told.owner, "UPDATE journal SET body = body || ' ' WHERE seq = 7")
    with pytest.raises(RecordAltered) as fault:
        seal_all(told, tmp_path)

    assert fault.value.index == 6
    assert rows(told.owner, "SELECT count(*) FROM log_leaf") == [(0,)]
    assert not (tmp_path / "log" / "checkpoint").exists()


@pytest.mark.parametrize("limit", [4, 4096])
def test_what_was_sealed_and_not_published_is_published_at_the_next_start(
    database: Urls, tmp_path: Path, limit: int
) -> None:
    """Read back in parts, each record held against the hash that has its place."""
    seal_all(database, tmp_path)
    with opened(database.app) as registry:
        register(registry, 40)
    seal_some(database.owner)
    damage(database.owner, "UPDATE journal SET body = body || ' ' WHERE seq = 11")
    with pytest.raises(RecordAltered):
        seal_all(database, tmp_path, limit=limit)
    damage(database.owner, "UPDATE journal SET body = rtrim(body, ' ') WHERE seq = 11")
    assert published(tmp_path).size == 0
    assert seal_all(database, tmp_path, limit=limit) == 40

    check_published(database, tmp_path)


def test_a_published_record_that_is_another_now_is_refused_at_the_start(
    told: Urls, tmp_path: Path
) -> None:
    """It fits its leaf, but not the tile that is out: whatever came after would be told beside it."""
    seal_all(told, tmp_path)
    damage(told.owner, "UPDATE journal SET body = 'x' WHERE seq = 7")
    damage(
        told.owner,
        "UPDATE log_leaf SET leaf_hash = sha256('\\x00'::bytea || 'x') WHERE seq = 7",
    )
    with pytest.raises(Forked, match="other leaves"):
        seal_all(told, tmp_path)


@pytest.mark.parametrize(
    "forged",
    [
        "INSERT INTO unsealed SELECT 10 ^ 9, sha256('')",
        "INSERT INTO unsealed SELECT * FROM unsealed LIMIT 1",
    ],
)
def test_a_forged_queue_stops_the_sealer(told: Urls, tmp_path: Path, forged: str) -> None:
    """What is no journal, or is one twice, gets no place."""
    damage(told.owner, forged)
    with pytest.raises(QueueForged):
        seal_all(told, tmp_path)


def test_a_tree_written_by_another_hand_is_refused(told: Urls, tmp_path: Path) -> None:
    """At the start by its leaves, and while the sealer runs by its size."""
    seal_all(told, tmp_path)
    log = a_log(told.owner, tmp_path)
    damage(
        told.owner,
        "UPDATE log_state SET frontier = int8send(40) || sha256('a') || sha256('b')",
    )
    with pytest.raises(Forked):
        Sealer(log, PAUSE_SECONDS, print).run_once()


def test_a_leaf_that_was_removed_is_missed(told: Urls, tmp_path: Path) -> None:
    """The tree claims more leaves than there are."""
    seal_all(told, tmp_path)
    damage(told.owner, "DELETE FROM log_leaf WHERE idx = 20")
    with pytest.raises(TreeMoved):
        seal_all(told, tmp_path, rewrite=True)


def test_without_witnesses_sealing_goes_on_and_publishing_stops(told: Urls, tmp_path: Path) -> None:
    """Nothing is lost by it: the next checkpoint covers everything."""
    log = a_log(told.owner, tmp_path)

    def withhold(text: str) -> bytes:
        raise QuorumMissing(f"Nobody cosigns {text!r}.")

    with pytest.raises(QuorumMissing):
        Sealer(replace(log, sign=withhold), PAUSE_SECONDS, print).run_once()
    assert not (tmp_path / "log" / "checkpoint").exists()
    assert log.outside.head(ORIGIN) is not None
    assert seal_all(told, tmp_path) == 40

    check_published(told, tmp_path)


def test_the_loop_goes_on_without_witnesses_and_says_all_when_they_are_back(
    told: Urls, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Journals get their places meanwhile; the first checkpoint that is cosigned covers them."""
    missing = Event()
    missing.set()

    def moody(text: str) -> bytes:
        if missing.is_set():
            raise QuorumMissing(f"Nobody cosigns {text!r}.")
        return sign(text)

    sealed = "SELECT count(*) FROM log_leaf"
    with sealing(told, tmp_path, signing=moody), opened(told.app, session="more") as registry:
        register(registry, 20)
        while rows(told.owner, sealed) != [(60,)]:
            time.sleep(PAUSE_SECONDS)
        assert not (tmp_path / "log" / "checkpoint").exists()
        missing.clear()
        while not (tmp_path / "log" / "checkpoint").exists():
            time.sleep(PAUSE_SECONDS)

    assert check_published(told, tmp_path).size == 60
    assert "a checkpoint is not published" in caplog.text


def test_a_head_moves_only_from_where_it_is(tmp_path: Path) -> None:
    """Compare and swap: who knows another head changes nothing."""
    outside = Outside(tmp_path / "heads.sqlite")
    first, second = Head(3, bytes(32)), Head(5, bytes([1]) * 32)
    outside.begin("a", first)
    outside.begin("b", second)
    with pytest.raises(HeadMoved):
        outside.begin("a", second)
    for known in (second, Head(3, bytes([2]) * 32)):
        with pytest.raises(HeadMoved):
            outside.advance("a", known, Head(9, bytes(32)))
    assert (outside.head("a"), outside.head("b"), outside.head("c")) == (first, second, None)
    outside.advance("a", first, second)

    assert Outside(tmp_path / "heads.sqlite").head("a") == second


def test_the_tree_only_grows(told: Urls, tmp_path: Path) -> None:
    """Not even the owner makes it smaller while the guards stand."""
    seal_all(told, tmp_path)
    with (
        psycopg.connect(told.owner, options=f"-c search_path={NAME}") as conn,
        pytest.raises(psycopg.IntegrityError),
    ):
        conn.execute("UPDATE log_state SET tree_size = 0, frontier = int8send(0)")
