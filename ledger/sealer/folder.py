"""The folder that is published: whole files or none, on the disk when a call returns."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ledger.embedded.locks import Lock
from ledger.log.published import CHECKPOINT
from ledger.log.tiles import Bundle, Fetch, Tile, in_folder

_UNDER_WAY: Final = ".new"  # on the same file system, and out of every reader's sight
_LOCK: Final = ".lock"


class Folder:
    """Static files under one root, as C2SP tlog-tiles names them; one process writes them."""

    def __init__(self, root: Path) -> None:
        """Make the folder, for our user only: the doors decide who sees what of it."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._lock = Lock(root / _LOCK)

    def is_alone(self) -> bool:
        """Try to be the only one who writes here, until `close`; then clear what a crash left."""
        if not self._lock.own():
            return False
        shutil.rmtree(self._root / _UNDER_WAY, ignore_errors=True)
        (self._root / _UNDER_WAY).mkdir()
        return True

    def close(self) -> None:
        """Let others write."""
        self._lock.close()

    @property
    def fetch(self) -> Fetch:
        """Read a file by its path below the root."""
        return in_folder(self._root)

    def checkpoint(self) -> bytes | None:
        """Read the checkpoint that is published; None before the first."""
        try:
            return self.fetch(CHECKPOINT)
        except FileNotFoundError:
            return None

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Put files in place, each by one rename, and make that last through a power cut.

        The same files again do no harm. Readers see a file as it was or as it is, never in part.
        """
        aside = self._root / _UNDER_WAY
        placed = [(aside / path.replace("/", "-"), self._root / path, raw) for path, raw in files]
        for new, _, raw in placed:
            new.write_bytes(raw)
        for new, _, _ in placed:  # by now the disk may have taken some with others
            _sync(new)
        touched = dict[Path, None]()
        for parent in dict.fromkeys(target.parent for _, target, _ in placed):
            touched |= dict.fromkeys(_make(parent))
        for new, target, _ in placed:
            new.rename(target)
        for folder in touched:
            _sync(folder)

    def drop_partial(self, of: Tile | Bundle) -> None:
        """Remove the partial forms of a tile or bundle that is full: it serves for them all.

        Source: C2SP tlog-tiles, Partial Tiles.
        """
        shutil.rmtree(self._root / f"{of.path}.p", ignore_errors=True)


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; list those whose listing has changed or will."""
    changed = [folder]
    while not folder.exists():
        folder = folder.parent
        changed.append(folder)
    if len(changed) > 1:
        changed[0].mkdir(parents=True, exist_ok=True)
    return changed


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's listing, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
