"""Entries of a bundle, in steps that several processes can read, hash and look at side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from ledger.log.bundle import read_entries, read_file
from ledger.log.canonical import leaf_hash
from ledger.log.faults import LogFault
from ledger.log.reading import RecordNotCanonical, RecordNotOfItsShape, check_records
from ledger.log.tiles import TILE_WIDTH, Bundle, bundles_between, in_folder

_BUNDLES_A_STEP: Final = 16  # of a process: 4,096 entries, some 4 MB
_AHEAD: Final = 2  # steps that wait for each process, so that none is idle
_BUNDLES_KEPT: Final = 256  # for what is taken back: 64 MB
_SHAPES: Final = {fault.code: fault for fault in (RecordNotCanonical, RecordNotOfItsShape)}


@dataclass(frozen=True, slots=True)
class Step:
    """Neighbouring entries: the index of the first, their leaf hashes, and what is wrong with one."""

    first: int
    hashes: tuple[bytes, ...]
    misshapen: tuple[str, str, int | None] | None  # code, sentence, index
    kept: tuple[bytes, ...] = ()  # their bytes, unless another process read them

    @property
    def past(self) -> int:
        """The index after the last of them."""
        return self.first + len(self.hashes)

    def check_shape(self) -> None:
        """Raise what is wrong with the shape of one of these entries.

        Raises:
            RecordNotCanonical, RecordNotOfItsShape: with the first bad index.
        """
        if self.misshapen is not None:
            code, sentence, index = self.misshapen
            raise _SHAPES[code](sentence, index=index)

    def entries(self, root: Path) -> Iterator[tuple[int, bytes]]:
        """Yield each entry's index and bytes, from where they were kept or from the bundle again."""
        if self.kept:
            return enumerate(self.kept, self.first)
        return Entries(root, self.first, self.past).raw()


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a bundle from `first` up to `past`."""

    root: Path
    first: int
    past: int

    def steps(self, workers: int) -> Iterator[Step]:
        """Yield them hashed and looked at, in order; by so many processes, or by none but this one.

        Raises:
            MissingEntries, MisshapenBundle: they cannot be read.
        """
        if not workers:
            yield from map(_step, _steps(self, 1))
            return
        asked = _steps(self, _BUNDLES_A_STEP)
        with ProcessPoolExecutor(workers) as pool:
            waiting: list[Future[Step]] = []
            for each in asked:
                waiting.append(pool.submit(_step_apart, each))
                if len(waiting) > _AHEAD * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()

    def raw(self) -> Iterator[tuple[int, bytes]]:
        """Yield each entry's index and bytes.

        Raises:
            MissingEntries, MisshapenBundle: they cannot be read.
        """
        return enumerate(chain.from_iterable(self.bundles()), self.first)

    def bundles(self) -> Iterator[list[bytes]]:
        """Yield the bytes of entries, those of a bundle together.

        Raises:
            MissingEntries, MisshapenBundle: they cannot be read.
        """
        fetch = in_folder(self.root)
        for bundle in bundles_between(self.first, self.past):
            yield read_entries(bundle, fetch)[max(0, self.first - bundle.first) :]

    def holding(self, mark: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield those that hold some bytes: what `raw` would, several times faster where few do.

        Raises:
            MissingEntries, MisshapenBundle: they cannot be read.
        """
        fetch = in_folder(self.root)
        for bundle in bundles_between(self.first, self.past):
            if mark in read_file(bundle, fetch)[1]:
                past = bundle.first + bundle.width
                found = Entries(self.root, max(self.first, bundle.first), past)
                yield from ((index, raw) for index, raw in found.raw() if mark in raw)


class Recalled:
    """Entries by index, for what takes them back; the last bundles read are kept."""

    def __init__(self, root: Path, size: int) -> None:
        """Read from a bundle of so many entries."""
        self._fetch, self._size = in_folder(root), size
        self._bundle = lru_cache(_BUNDLES_KEPT)(self._read)

    def __call__(self, index: int) -> bytes:
        """Give one entry again."""
        return self._bundle(index // TILE_WIDTH)[index % TILE_WIDTH]

    def _read(self, place: int) -> list[bytes]:
        width = min(TILE_WIDTH, self._size - place * TILE_WIDTH)
        return read_entries(Bundle(place, width), self._fetch)


def _steps(entries: Entries, bundles: int) -> Iterator[Entries]:
    stride = bundles * TILE_WIDTH
    start = entries.first
    while start < entries.past:
        past = min((start // stride + 1) * stride, entries.past)
        yield Entries(entries.root, start, past)
        start = past


def _step(entries: Entries) -> Step:
    kept = tuple(chain.from_iterable(entries.bundles()))
    hashes = tuple([leaf_hash(raw) for raw in kept])
    return Step(entries.first, hashes, _misshapen(entries.first, kept), kept)


def _step_apart(entries: Entries) -> Step:
    """Do the same in a process of its own, which does not send a megabyte of entries back."""
    return replace(_step(entries), kept=())


def _misshapen(first: int, entries: Sequence[bytes]) -> tuple[str, str, int | None] | None:
    try:
        check_records(enumerate(entries, first))
    except LogFault as fault:
        return fault.code, fault.sentence, fault.index
    return None
