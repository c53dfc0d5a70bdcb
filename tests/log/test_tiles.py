"""Tiles and bundles: the specification's own examples, its definition, and strict readers."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.tiles import (
    Bundle,
    Edge,
    MisshapenBundle,
    MisshapenTile,
    MissingTile,
    Tile,
    TileReader,
    bundles_between,
    in_folder,
    partial_tiles,
    read_bundle,
    tiles_between,
    write_bundle,
)
from ledger.log.tree import (
    Frontier,
    OutOfTree,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from tests.log.leaves import Listed, made_up, naive_root

MANY = made_up(70_000)
SIZES = st.integers(0, 1100) | st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537])


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Write the tiles of every thousandth size up to 70,000 leaves, one over the other."""
    edge, written = Edge(), dict[str, bytes]()
    for start in range(0, len(MANY), 1000):
        edge, tiles = edge.grow(MANY[start : start + 1000])
        written |= {tile.path: raw for tile, raw in tiles}
    return written


def opened(files: dict[str, bytes], path: str) -> bytes:
    """Fetch from a made-up folder."""
    if path not in files:
        raise FileNotFoundError(path)
    return files[path]


def test_paths_are_those_of_the_specification() -> None:
    """Its example of an index, and the shapes around it."""
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(3, 0).path == "tile/3/000"
    assert Tile(1, 999, 17).path == "tile/1/999.p/17"
    assert Tile(0, 1000, 255).path == "tile/0/x001/000.p/255"
    assert Bundle(70_123, 1).path == "tile/entries/x070/123.p/1"


def test_a_tree_has_the_tiles_of_the_specification() -> None:
    """Its example of 70,000 leaves, and that of 256."""
    tiles = Counter((tile.level, tile.width) for tile in tiles_between(0, 70_000))

    assert tiles == {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}
    assert list(tiles_between(0, 256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert partial_tiles(256) == [Tile(1, 0, 1)]
    assert partial_tiles(0) == list(tiles_between(0, 0)) == list(tiles_between(9, 9)) == []


@given(SIZES)
def test_tiles_hold_what_the_specification_defines(size: int) -> None:
    """Hash by hash: the root of each whole run of 256^level leaves."""
    _, tiles = Edge().grow(MANY[:size])
    for tile, raw in tiles[-4:]:
        span = 256**tile.level
        for i in {0, tile.width // 2, tile.width - 1}:
            first = (tile.index * 256 + i) * span
            assert raw[32 * i : 32 * i + 32] == naive_root(MANY[first : first + span])


@given(st.lists(st.integers(0, 700), max_size=4))
def test_tiles_grow_in_any_steps(steps: list[int]) -> None:
    """The files end up the same as if written at once, and each step writes what has changed."""
    edge, size, written = Edge(), 0, dict[str, bytes]()
    for step in steps:
        edge, tiles = edge.grow(MANY[size : size + step])
        assert [tile for tile, _ in tiles] == list(tiles_between(size, size + step))
        written |= {tile.path: raw for tile, raw in tiles}
        size += step

    at_once, tiles = Edge().grow(MANY[:size])
    assert edge == at_once == Edge.read(size, lambda path: opened(written, path))
    assert written.items() >= {tile.path: raw for tile, raw in tiles}.items()


@given(st.integers(1, 70), st.data())
def test_proofs_come_from_tiles(files: dict[str, bytes], size: int, data: st.DataObject) -> None:
    """Frontier, inclusion and consistency, at sizes that were published."""
    new, old = size * 1000, data.draw(st.integers(1, size * 1000))
    index = data.draw(st.integers(0, new - 1))
    tree = TileReader(new, lambda path: opened(files, path))
    root = Frontier().grow(MANY[:new]).root()

    assert frontier_at(tree, new) == Frontier().grow(MANY[:new])
    verify_inclusion(MANY[index], index, new, inclusion_proof(tree, index, new), root)
    old_root = frontier_at(tree, old).root()
    assert old_root == Frontier().grow(MANY[:old]).root()
    verify_consistency(old, new, consistency_proof(tree, old, new), old_root, root)


@given(st.integers(0, 16), st.integers(0, 69_999))
def test_a_node_is_the_same_from_tiles_as_from_leaves(
    files: dict[str, bytes], level: int, leaf: int
) -> None:
    """Within a tile, and at its top."""
    index = leaf >> level
    tree = TileReader(70_000, lambda path: opened(files, path))
    if (index + 1) << level > 70_000:
        with pytest.raises(OutOfTree):
            tree.node(level, index)
    else:
        assert tree.node(level, index) == Listed(MANY).node(level, index)


def test_a_node_before_the_first_is_in_no_tree(files: dict[str, bytes]) -> None:
    """A negative place would be read from the end of a tile."""
    tree = TileReader(70_000, lambda path: opened(files, path))
    for level, index in ((0, -1), (-1, 0)):
        with pytest.raises(OutOfTree):
            tree.node(level, index)


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(files: dict[str, bytes]) -> None:
    """Logs may delete partial tiles once the full one is there."""
    kept = {path: raw for path, raw in files.items() if ".p/" not in path}
    tree = TileReader(65_000, lambda path: opened(kept, path))

    assert tree.node(0, 64_999) == MANY[64_999]


def test_a_tile_that_is_gone_is_missing(tmp_path: Path) -> None:
    """From a folder, too; the fault names the file."""
    with pytest.raises(MissingTile, match=r"tile/0/000\.p/5"):
        TileReader(5, in_folder(tmp_path)).node(0, 0)
    with pytest.raises(MissingTile, match="tile/0/000 "):
        TileReader(256, in_folder(tmp_path)).node(0, 0)


@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_a_tile_of_another_width_is_refused(change: int) -> None:
    """Shorter or longer by a byte or a hash; also where a partial one is read from the full one."""
    for path in ("tile/0/000.p/5", "tile/0/000"):
        wrong = {path: bytes((160 if "." in path else 256 * 32) + change)}
        with pytest.raises(MisshapenTile):
            Edge.read(5, lambda path, wrong=wrong: opened(wrong, path))  # type: ignore[misc]


@given(st.lists(st.binary(max_size=600), min_size=1, max_size=256))
def test_a_bundle_is_read_back_from_its_bytes(entries: list[bytes]) -> None:
    """Empty entries and a full bundle included."""
    assert read_bundle(Bundle(0, len(entries)), write_bundle(entries)) == entries


@given(st.binary(max_size=40), st.integers(1, 256))
def test_bytes_are_a_bundle_or_are_refused(raw: bytes, width: int) -> None:
    """Whatever is read is written again to the byte, with as many entries as the name says."""
    try:
        entries = read_bundle(Bundle(7, width), raw)
    except MisshapenBundle:
        return
    assert len(entries) == width
    assert write_bundle(entries) == raw


@pytest.mark.parametrize(
    ("raw", "width", "index"),
    [
        (b"\x00\x01a\x00", 2, 257),
        (b"\x00\x01a\x00\x02b", 2, 257),
        (b"\x00\x01a", 2, 257),
        (b"\x00\x01a\x00\x01b", 1, 257),
        (b"", 1, 256),
    ],
)
def test_a_bundle_that_is_cut_or_runs_on_is_refused(raw: bytes, width: int, index: int) -> None:
    """The fault names the first entry that cannot be read."""
    with pytest.raises(MisshapenBundle) as fault:
        read_bundle(Bundle(1, width), raw)

    assert fault.value.index == index


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * 65_536]], ids=len)
def test_a_bundle_that_could_not_be_read_is_not_written(entries: list[bytes]) -> None:
    """A length has 16 bits, and a bundle 1 to 256 entries."""
    with pytest.raises(MisshapenBundle):
        write_bundle(entries)


def test_bundles_go_with_the_tiles_of_leaves() -> None:
    """One a tile, as wide."""
    assert bundles_between(250, 600) == [Bundle(0), Bundle(1), Bundle(2, 88)]
    assert bundles_between(600, 600) == []
