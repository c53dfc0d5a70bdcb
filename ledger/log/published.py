"""The log as it is published, read for proofs: its head, its tiles, its keys. Files in, nothing out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.faults import LogFault
from ledger.log.note import parse_note
from ledger.log.proof import LoggedProof
from ledger.log.tiles import Fetch, TileReader
from ledger.log.tree import consistency_proof, inclusion_proof, verify_inclusion
from ledger.log.vkey import VerifierKey, parse_vkey

CHECKPOINT: Final = "checkpoint"
VKEYS: Final = "vkeys"
"""Verifier keys of the log, a line each, as its sealer signs now: no part of C2SP tlog-tiles."""


@dataclass(eq=False)
class NothingPublished(LogFault):
    """There is no checkpoint: the sealer has never run, or its witnesses have never cosigned."""

    code: ClassVar[str] = "nothing_published"


@dataclass(eq=False)
class BeyondHead(LogFault):
    """A leaf has its place, and no checkpoint that is published covers it yet."""

    code: ClassVar[str] = "beyond_head"


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """The head of the tree, and the signed note that says so."""

    checkpoint: Checkpoint
    note: bytes

    @property
    def size(self) -> int:
        """Return the leaves under it."""
        return self.checkpoint.size


class Published:
    """Reads what one sealer publishes, while it does. Any number of threads may ask."""

    def __init__(self, fetch: Fetch) -> None:
        """Read over `fetch`, which may be the sealer's folder or a copy of it."""
        self._fetch = fetch
        self._read: tuple[PublishedHead, TileReader] | None = None

    def file(self, path: str) -> bytes:
        """Read a file by its path below the log's root, which must be one of C2SP tlog-tiles.

        Raises:
            FileNotFoundError, NotADirectoryError: there is none.
        """
        return self._fetch(path)

    def head(self) -> PublishedHead:
        """Read the checkpoint that is published now.

        Raises:
            NothingPublished: there is none yet.
            NoteMalformed, CheckpointMalformed: the file is no checkpoint.
        """
        return self._now()[0]

    def prove(self, index: int, record: bytes) -> LoggedProof:
        """Prove that a record is leaf `index`, under the checkpoint that is published now.

        The record travels as the proof's extra data. The proof is verified before it is handed out.

        Raises:
            NothingPublished, BeyondHead: it is not published yet.
            MissingTile, MisshapenTile, WrongProof: the files do not hold what the head says.
        """
        head, tiles = self._now()
        if index >= head.size:
            raise BeyondHead(f"Leaf {index} is not among the {head.size} published.", index=index)
        hashes = inclusion_proof(tiles, index, head.size)
        verify_inclusion(leaf_hash(record), index, head.size, hashes, head.checkpoint.root)
        return LoggedProof(index, tuple(hashes), head.note, record)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Prove that the tree of `new` leaves begins with that of `old`; both within the head.

        Raises:
            NothingPublished: there is no tree yet.
            OutOfTree: `old` is 0, or larger than `new`.
            BeyondHead: the head has fewer leaves than `new`.
            MissingTile, MisshapenTile: the files are not all there.
        """
        head, tiles = self._now()
        if new > head.size:
            raise BeyondHead(f"{head.size} leaves are published, not {new}.")
        return consistency_proof(tiles, old, new)

    def vkeys(self) -> tuple[VerifierKey, ...]:
        """Read the keys the log signs with; none before its sealer has begun.

        Raises:
            VkeyMalformed, KeyRefused: a line is no key.
        """
        try:
            text = self._fetch(VKEYS).decode()
        except FileNotFoundError:
            return ()
        return tuple(map(parse_vkey, text.splitlines()))

    def _now(self) -> tuple[PublishedHead, TileReader]:
        """Read the checkpoint, and keep what was read of a tree for as long as it is the head."""
        try:
            note = self._fetch(CHECKPOINT)
        except FileNotFoundError:
            raise NothingPublished("No checkpoint is published.") from None
        if (read := self._read) is None or read[0].note != note:
            head = PublishedHead(parse_checkpoint(parse_note(note).text), note)
            self._read = read = head, TileReader(head.size, self._fetch)
        return read


def vkeys_text(keys: tuple[VerifierKey, ...]) -> bytes:
    """Write the file that `Published.vkeys` reads."""
    return "".join(f"{key}\n" for key in keys).encode()
