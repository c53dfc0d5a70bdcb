"""What an operator can do when the sealer refuses, and what even then is not done."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from ledger.database import Urls
from ledger.log.tiles import MissingTile
from ledger.sealer.outside import Head, HeadMoved, Outside
from ledger.sealer.publisher import HeadLost
from ledger.sealer.recovery import NotPublished, adopt_checkpoint, lost_records
from tests.cli.test_cli import greenledger
from tests.databases import Clones
from tests.log.signers import a_log as a_signer
from tests.registry import opened, rows
from tests.sealer.logs import ORIGIN, SIGNER, a_log, seal_all
from tests.sealer.test_publishing import name_of, register


@pytest.fixture
def told(database: Urls) -> Urls:
    """Lend a registry with forty journals that wait for the log."""
    with opened(database.app) as registry:
        register(registry, 40)
    return database


def test_records_that_a_restored_database_lacks_are_read_from_what_was_published(
    told: Urls, clones: Clones, tmp_path: Path
) -> None:
    """To the byte, from the first one that is missing on."""
    with clones.copy_of(name_of(told)) as backup:
        assert seal_all(backup, tmp_path / "backup") == 40
        with opened(told.app, session="more") as registry:
            register(registry, 300)
        assert seal_all(told, tmp_path) == 340
        log = a_log(backup.owner, tmp_path)
        head = log.outside.head(ORIGIN)
        assert head is not None
        found = [*lost_records(log.folder.fetch, 40, head)]

    written = rows(told.owner, "SELECT body FROM journal ORDER BY seq")
    assert found == [body for (body,) in written[40:]]


def test_a_record_that_is_not_the_published_one_is_no_help(told: Urls, tmp_path: Path) -> None:
    """Files of another tree, a changed record, a tile that is gone: each is told."""
    seal_all(told, tmp_path)
    log = a_log(told.owner, tmp_path)
    head, fetch = log.outside.head(ORIGIN), log.folder.fetch
    assert head is not None
    with pytest.raises(NotPublished):
        [*lost_records(fetch, 0, replace(head, root=bytes(32)))]
    bundle = tmp_path / "log" / "tile" / "entries" / "000.p" / "40"
    bundle.write_bytes(bundle.read_bytes().replace(b'"v":1}', b'"v":2}', 1))
    with pytest.raises(NotPublished) as fault:
        [*lost_records(fetch, 0, head)]
    assert fault.value.index == 0
    shutil.rmtree(tmp_path / "log" / "tile" / "0")
    with pytest.raises(MissingTile):
        [*lost_records(fetch, 0, head)]


def test_a_checkpoint_is_adopted_where_the_store_outside_is_lost_or_old(
    told: Urls, tmp_path: Path
) -> None:
    """Only our own, under our key, and only forward."""
    seal_all(told, tmp_path)
    log = a_log(told.owner, tmp_path)
    adopt = partial(adopt_checkpoint, ORIGIN, log.folder)
    with pytest.raises(HeadMoved):
        adopt(log.outside, [SIGNER.vkey])
    for number, known in enumerate((None, Head(7, bytes(32)))):
        outside = Outside(tmp_path / f"store {number}")
        if known is not None:
            outside.begin(ORIGIN, known)
        assert adopt(outside, [SIGNER.vkey]).size == 40
        assert outside.head(ORIGIN) == log.outside.head(ORIGIN)
    fresh = Outside(tmp_path / "fresh")
    with pytest.raises(NotPublished):
        adopt(fresh, [a_signer(ORIGIN).vkey])
    with pytest.raises(NotPublished):
        adopt_checkpoint("another.example", log.folder, fresh, [SIGNER.vkey])
    (tmp_path / "log" / "checkpoint").unlink()
    with pytest.raises(NotPublished):
        adopt(fresh, [SIGNER.vkey])


def test_the_operator_s_commands_do_it(told: Urls, tmp_path: Path) -> None:
    """`greenledger log`: nothing lost, a store adopted again, and all files written again."""
    command = partial(greenledger, urls=told, GREENLEDGER_DATA_DIR=str(tmp_path))
    assert command("seal", "--once").returncode == 0
    (tmp_path / "log-heads.sqlite").unlink()
    refused = command("seal", "--once")
    adopted, again = command("log", "adopt"), command("log", "adopt")
    shutil.rmtree(tmp_path / "log" / "tile")
    rewritten, lost = command("log", "rewrite"), command("log", "lost")

    assert (refused.returncode, HeadLost.code in refused.stderr) == (1, True)
    assert (adopted.returncode, adopted.stdout) == (0, "adopted: 40 leaves\n")
    assert (again.returncode, HeadMoved.code in again.stderr) == (1, True)
    assert (rewritten.returncode, rewritten.stdout) == (0, "written: 40 leaves\n")
    assert (lost.returncode, lost.stdout) == (0, "")
    assert (tmp_path / "log" / "tile" / "0" / "000.p" / "40").exists()


def test_the_lost_records_are_printed_as_they_were_sealed(
    told: Urls, clones: Clones, tmp_path: Path
) -> None:
    """Each line is a record."""
    with clones.copy_of(name_of(told)) as backup:
        with opened(told.app, session="more") as registry:
            register(registry, 3)
        home = str(tmp_path)
        greenledger("seal", "--once", urls=told, GREENLEDGER_DATA_DIR=home)
        lost = greenledger("log", "lost", urls=backup, GREENLEDGER_DATA_DIR=home)

    assert lost.returncode == 0, lost.stderr
    kinds = [json.loads(line)["kind"] for line in lost.stdout.splitlines()]
    assert kinds == ["party.register"] * 43
