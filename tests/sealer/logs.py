"""A log to seal: a registry's database, a folder, a store outside, and a key made for the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.database import Urls
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.cosignature import Signer, check_signatures
from ledger.log.keys import SoftwareKey
from ledger.log.note import Note, parse_note
from ledger.log.tiles import (
    TileReader,
    bundles_between,
    in_folder,
    read_bundle,
    read_tile,
    tiles_between,
)
from ledger.log.tree import Frontier, frontier_at
from ledger.log.vkey import SignatureKind
from ledger.sealer.folder import Folder
from ledger.sealer.leaves import Leaves
from ledger.sealer.loop import Log, Sealer
from ledger.sealer.outside import Outside
from ledger.sealer.publisher import Sign
from tests.registry import NAME, rows

ORIGIN: Final = "log.example/registry"
PAUSE_SECONDS: Final = 0.01
_SOME: Final = 11  # so that the tree is of several parts
SIGNER: Final = Signer(
    ORIGIN,
    SignatureKind.ED25519,
    SoftwareKey(Ed25519PrivateKey.from_private_bytes(sha256(b"a log for tests").digest())),
)


def sign(text: str) -> bytes:
    """Sign a checkpoint's text as the log."""
    return bytes(Note(text, (SIGNER.sign(text),)))


def a_log(url: str, home: Path, *, limit: int = 4096) -> Log:
    """Bring together what a log is sealed with."""
    folder, outside = Folder(home / "log"), Outside(home / "outside" / "heads.sqlite")
    return Log(url, NAME, ORIGIN, folder, outside, sign, limit=limit)


def seal_all(urls: Urls, home: Path, *, limit: int = 4096, rewrite: bool = False) -> int:
    """Seal and publish whatever waits; return the size of the tree."""
    return Sealer(a_log(urls.owner, home, limit=limit), PAUSE_SECONDS, print).run_once(
        rewrite=rewrite
    )


def seal_some(url: str) -> None:
    """Give the first journals their places in the log; the others go on waiting."""
    leaves = Leaves(url, NAME)
    try:
        assert leaves.seal(leaves.frontier(), _SOME).tree.size == _SOME
    finally:
        leaves.close()


@contextmanager
def sealing(
    urls: Urls,
    home: Path,
    say: Callable[[str], None] = print,
    signing: Sign = sign,
    limit: int = 4096,
) -> Iterator[Sealer]:
    """Seal beside what is done meanwhile; what the sealer dies of is raised at the end."""
    log = replace(a_log(urls.owner, home, limit=limit), sign=signing)
    sealer = Sealer(log, PAUSE_SECONDS, say)
    died: list[Exception] = []

    def run() -> None:
        try:
            sealer.run()
        except Exception as fault:  # noqa: BLE001 # raised below, where the test sees it
            died.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sealer
    finally:
        sealer.stop()
        thread.join()
    if died:
        raise died[0]


def damage(url: str, statement: str) -> None:
    """Do something as the owner, the guards switched off."""
    with psycopg.connect(url, options=f"-c search_path={NAME}") as conn:
        for table in ("journal", "log_leaf", "log_state"):
            conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        conn.execute(statement.encode())


def published(home: Path) -> Checkpoint:
    """Read the checkpoint, its signature verified."""
    note = parse_note((home / "log" / "checkpoint").read_bytes())
    assert check_signatures(note, [SIGNER.vkey])
    return parse_checkpoint(note.text)


def check_published(urls: Urls, home: Path) -> Checkpoint:
    """Hold the folder against the database: every journal once, every file, one root.

    All that was committed must be sealed and published by now.
    """
    told, fetch = published(home), in_folder(home / "log")
    sealed = rows(
        urls.owner,
        "SELECT log_leaf.leaf_hash, journal.body FROM log_leaf JOIN journal USING (seq) ORDER BY idx",
    )
    journals = rows(urls.owner, "SELECT count(*) FROM journal")
    assert journals == [(told.size,)] == [(len(sealed),)]
    tree = Frontier().grow(leaf for leaf, _ in sealed)
    assert (told.root, tree) == (tree.root(), frontier_at(TileReader(told.size, fetch), told.size))
    for tile in tiles_between(0, told.size):
        read_tile(tile, fetch)
    entries = [
        entry
        for bundle in bundles_between(0, told.size)
        for entry in read_bundle(bundle, fetch(bundle.path))
    ]
    assert entries == [body for _, body in sealed]
    return told
