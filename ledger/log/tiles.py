"""The log as static files: tiles of hashes and bundles of entries. Source: C2SP tlog-tiles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.tree import HASH_BYTES, OutOfTree

TILE_WIDTH: Final = 256
ENTRY_BYTES_MAX: Final = 2**16 - 1
"""A bundle writes the length of each entry in 16 bits."""

_HEIGHT: Final = 8  # levels of the tree in a tile: 256 = 2^8
_TILES_KEPT: Final = 64  # by a reader: a proof needs one a level, two at most
_DIGITS: Final = 1000
_LENGTH_BYTES: Final = 2

Fetch = Callable[[str], bytes]
"""Give the content of a path below the log's root; FileNotFoundError where there is none."""


@dataclass(eq=False)
class MisshapenTile(LogFault):
    """A tile that has more or fewer hashes than a tree of its size gives it."""

    code: ClassVar[str] = "misshapen_tile"


@dataclass(eq=False)
class MissingTile(LogFault):
    """A tile that a tree of its size has is not there."""

    code: ClassVar[str] = "missing_tile"


@dataclass(eq=False)
class MisshapenBundle(LogFault):
    """A bundle that is cut, runs on, or has another number of entries than its name says."""

    code: ClassVar[str] = "misshapen_bundle"


@dataclass(frozen=True, slots=True)
class Tile:
    """Neighbouring hashes of every eighth level of the tree, by their place; full at 256."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Name the file below the log's root."""
        return f"tile/{self.level}/{_number(self.index)}{_part(self.width)}"

    @property
    def whole(self) -> Tile:
        """Return the full tile that this one is, or becomes."""
        return Tile(self.level, self.index)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Neighbouring entries, as many as the hashes of the tile of leaves at the same place."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Name the file below the log's root."""
        return f"tile/entries/{_number(self.index)}{_part(self.width)}"

    @property
    def first(self) -> int:
        """Return the log's index of the first entry."""
        return self.index * TILE_WIDTH


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """List the tiles that a tree has new or wider at `new` leaves than at `old`, lowest level first.

    From nothing, that is every tile of the tree; what is partial at `new` comes last in its level.
    """
    level = 0
    while old < new:
        for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            yield Tile(level, index, min(TILE_WIDTH, new - index * TILE_WIDTH))
        old, new, level = old // TILE_WIDTH, new // TILE_WIDTH, level + 1


def bundles_between(old: int, new: int) -> list[Bundle]:
    """List the bundles of entries that are new or wider at `new` leaves than at `old`."""
    leaves = (tile for tile in tiles_between(old, new) if tile.level == 0)
    return [Bundle(tile.index, tile.width) for tile in leaves]


def partial_tiles(size: int) -> list[Tile]:
    """List the partial tiles of a tree, lowest level first; a level whose last tile is full has none."""
    tiles, level = [], 0
    while size:
        if width := size % TILE_WIDTH:
            tiles.append(Tile(level, size // TILE_WIDTH, width))
        size, level = size // TILE_WIDTH, level + 1
    return tiles


@dataclass(frozen=True, slots=True)
class Edge:
    """What must be remembered to write more tiles: the hashes of each level's partial tile."""

    size: int = 0
    levels: tuple[bytes, ...] = ()

    def grow(self, leaves: Sequence[bytes]) -> tuple[Edge, list[tuple[Tile, bytes]]]:
        """Append leaf hashes; return the new edge, and every tile that is new or wider, to be written.

        The tiles are those of `tiles_between`, in its order.
        """
        size, hashes = self.size, b"".join(leaves)
        assert len(hashes) == HASH_BYTES * len(leaves)
        new_size = size + len(leaves)
        levels, tiles, level = list(self.levels), [], 0
        while hashes:
            if level == len(levels):
                levels.append(b"")
            parts = _cut(levels[level] + hashes, HASH_BYTES * TILE_WIDTH)
            first = size // TILE_WIDTH
            for index, part in enumerate(parts, first):
                tiles.append((Tile(level, index, len(part) // HASH_BYTES), part))
            full = [part for part in parts if len(part) == HASH_BYTES * TILE_WIDTH]
            levels[level] = b"" if len(full) == len(parts) else parts[-1]
            hashes = b"".join(_root(part) for part in full)
            size, level = size // TILE_WIDTH, level + 1
        return Edge(new_size, tuple(levels)), tiles

    @classmethod
    def read(cls, size: int, fetch: Fetch) -> Edge:
        """Read the partial tiles of a tree of so many leaves.

        Raises:
            MissingTile: one of them is not there.
            MisshapenTile: one of them is of another width than it should be.
        """
        partial = {tile.level: read_tile(tile, fetch) for tile in partial_tiles(size)}
        height = max(partial, default=-1) + 1
        return cls(size, tuple(partial.get(level, b"") for level in range(height)))


class TileReader:
    """The nodes of a tree of `size` leaves, read from its tiles; for proofs.

    Cost: a tile fetched for each eight levels a proof climbs; the last few are kept.
    """

    def __init__(self, size: int, fetch: Fetch) -> None:
        """Read over `fetch`, which may be a folder, a server or a bundle."""
        self._size = size
        self._tile: Callable[[Tile], bytes] = lru_cache(_TILES_KEPT)(
            lambda tile: read_tile(tile, fetch)
        )

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the `index`-th run of 2^`level` leaves.

        Raises:
            OutOfTree: the run is not whole at this size.
            MissingTile: the tile it is in is not there.
            MisshapenTile: the tile has not as many hashes as it should.
        """
        if level < 0 or index < 0 or (index + 1) << level > self._size:
            raise OutOfTree(
                f"A tree of {self._size} leaves has no run {index} of 2^{level} leaves."
            )
        storey, inner = divmod(level, _HEIGHT)
        first, count = index << inner, 1 << inner
        place, offset = divmod(first, TILE_WIDTH)
        there = self._size >> _HEIGHT * storey
        tile = Tile(storey, place, min(TILE_WIDTH, there - place * TILE_WIDTH))
        hashes = self._tile(tile)
        return _root(hashes[HASH_BYTES * offset : HASH_BYTES * (offset + count)])


def read_tile(tile: Tile, fetch: Fetch) -> bytes:
    """Read a tile; where a partial one is gone, the beginning of the full one.

    Raises:
        MissingTile: neither is there.
        MisshapenTile: it has more or fewer hashes than its name says.
    """
    for there in dict.fromkeys((tile, tile.whole)):
        try:
            raw = fetch(there.path)
        except FileNotFoundError:
            continue
        if len(raw) != HASH_BYTES * there.width:
            raise MisshapenTile(f"The tile {there.path} has {len(raw)} bytes.")
        return raw[: HASH_BYTES * tile.width]
    raise MissingTile(f"The tile {tile.path} is not there.")


def in_folder(root: Path) -> Fetch:
    """Fetch from a folder that holds the log's files."""
    return lambda path: (root / path).read_bytes()


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Write entries one after another, each after its length in 16 bits, big end first.

    Raises:
        MisshapenBundle: an entry is too long for its length, or there are none, or over 256.
    """
    if not 0 < len(entries) <= TILE_WIDTH:
        raise MisshapenBundle(f"A bundle has 1 to {TILE_WIDTH} entries, not {len(entries)}.")
    if max(map(len, entries)) > ENTRY_BYTES_MAX:
        raise MisshapenBundle(f"An entry is longer than {ENTRY_BYTES_MAX} bytes.")
    return b"".join(len(each).to_bytes(_LENGTH_BYTES, "big") + each for each in entries)


def read_bundle(bundle: Bundle, raw: bytes) -> list[bytes]:
    """Take a bundle's entries apart.

    Raises:
        MisshapenBundle: cut in an entry, with bytes left over, or not as many entries as its name
            says; `index` is the first entry of the log that cannot be read.
    """
    entries, at, past = list[bytes](), 0, len(raw)
    while at < past:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(raw[at:start], "big")
        entries.append(raw[start:at])
    if at > past:
        raise _misshapen(bundle, len(entries) - 1, "is cut in an entry")
    if len(entries) != bundle.width:
        told = min(len(entries), bundle.width)
        raise _misshapen(bundle, told, f"has {len(entries)} entries instead of {bundle.width}")
    return entries


def _misshapen(bundle: Bundle, good: int, what: str) -> MisshapenBundle:
    return MisshapenBundle(f"The bundle {bundle.path} {what}.", index=bundle.first + good)


def _number(index: int) -> str:
    """Spell an index as path elements of three digits, all but the last led by an x."""
    index, last = divmod(index, _DIGITS)
    spelt = f"{last:03}"
    while index:
        index, digits = divmod(index, _DIGITS)
        spelt = f"x{digits:03}/{spelt}"
    return spelt


def _part(width: int) -> str:
    assert 0 < width <= TILE_WIDTH
    return "" if width == TILE_WIDTH else f".p/{width}"


def _cut(raw: bytes, length: int) -> list[bytes]:
    return [raw[at : at + length] for at in range(0, len(raw), length)]


def _root(hashes: bytes) -> bytes:
    """Hash neighbours, a power of two of them, into the node above them all."""
    row = hashes
    while len(row) > HASH_BYTES:
        pairs = _cut(row, 2 * HASH_BYTES)
        row = b"".join([sha256(b"\x01" + pair).digest() for pair in pairs])
    return row
