"""What the benchmark's sealer has published, seen from outside: when, and whether it is the book."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.note import parse_note
from ledger.log.published import CHECKPOINT
from ledger.log.tiles import bundles_between, in_folder, read_bundle
from ledger.log.tree import Frontier
from ledger.log.vkey import VerifierKey
from ledger.sealer.command import signers_of

if TYPE_CHECKING:
    from ledger.settings import Settings

_LOOK_SECONDS: Final = 0.005  # a lag is told too long by this at most, never too short


class Moment(NamedTuple):
    """When a checkpoint was first seen, in seconds of the clock on the wall, and its size."""

    at: float
    size: int


class Watcher:
    """Looks at a log's checkpoint from a thread of its own, as any client could."""

    def __init__(self, folder: Path) -> None:
        """Watch the log in a folder, which need not be there yet."""
        self._folder = folder
        self._seen: list[Moment] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()

    def seen(self) -> list[Moment]:
        """Return what was seen, earliest first; a checkpoint that is out now is among it."""
        time.sleep(2 * _LOOK_SECONDS)
        return list(self._seen)

    def _watch(self) -> None:
        changed = None
        while not self._over.wait(_LOOK_SECONDS):
            now = _changed(self._folder)
            if now != changed and (size := read_checkpoint(self._folder)) is not None:
                self._seen.append(Moment(time.time(), size))
                changed = now


def read_checkpoint(folder: Path) -> int | None:
    """Read the size that a log's checkpoint tells; None before there is one."""
    try:
        return parse_checkpoint(parse_note((folder / CHECKPOINT).read_bytes()).text).size
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Published:
    """A log as everybody sees it: its name, its public key, and the folder of its files."""

    origin: str
    vkey: VerifierKey
    folder: Path

    @classmethod
    def by(cls, settings: Settings) -> Published:
        """Find what a sealer of these settings publishes; its key is made by then."""
        return cls(settings.origin, signers_of(settings)[0].vkey, settings.log_path)

    def differences(self, leaves: Sequence[bytes]) -> Iterator[str]:
        """Make the tree again from the records that are published; name what is not as it should be.

        `leaves` are the hashes of all journals; each must be there exactly once.
        """
        fetch = in_folder(self.folder)
        note = parse_note(fetch(CHECKPOINT))
        if not check_signatures(note, [self.vkey]):
            yield "the checkpoint is not signed by the log's key"
        told = parse_checkpoint(note.text)
        found = [
            leaf_hash(entry)
            for bundle in bundles_between(0, told.size)
            for entry in read_bundle(bundle, fetch(bundle.path))
        ]
        if sorted(found) != sorted(leaves):
            yield f"the log has {len(found)} leaves that are not the book's {len(leaves)} journals"
        if Checkpoint(self.origin, len(found), Frontier().grow(found).root()) != told:
            yield "the records that are published do not make the checkpoint's root"


def _changed(folder: Path) -> tuple[int, int] | None:
    try:
        found = (folder / CHECKPOINT).stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
