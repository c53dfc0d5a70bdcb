"""A log that another implementation published, read and written again by ours, to the byte."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.note import parse_note
from ledger.log.tiles import Bundle, Edge, Tile, TileReader, read_bundle, write_bundle
from ledger.log.tree import (
    consistency_proof,
    frontier_at,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.vkey import parse_vkey

LOG: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "tessera_log.json").read_text("utf-8")
)
FILES: Final = {
    **{Tile(0, 0, size).path: bytes.fromhex(raw) for size, raw in enumerate(LOG["tiles"], 1)},
    **{Bundle(0, size).path: bytes.fromhex(raw) for size, raw in enumerate(LOG["bundles"], 1)},
}
SIZES: Final = range(len(LOG["checkpoints"]))


def root(size: int) -> bytes:
    """Read a checkpoint's root, its signature verified."""
    note = parse_note(LOG["checkpoints"][size].encode())
    assert check_signatures(note, [parse_vkey(LOG["vkey"])])
    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/log/testdata", size)
    return checkpoint.root


@pytest.mark.parametrize("size", SIZES)
def test_every_size_is_read_as_it_was_signed(size: int) -> None:
    """Bundle, tile and checkpoint of each size belong together, and ours would be the same."""
    tree = TileReader(size, FILES.__getitem__)
    assert frontier_at(tree, size).root() == root(size)
    if size == 0:
        return
    bundle = Bundle(0, size)
    entries = read_bundle(bundle, FILES[bundle.path])
    leaves = [leaf_hash(entry) for entry in entries]

    assert write_bundle(entries) == FILES[bundle.path]
    assert Edge().grow(leaves)[1] == [(Tile(0, 0, size), FILES[Tile(0, 0, size).path])]
    for index, leaf in enumerate(leaves):
        verify_inclusion(leaf, index, size, inclusion_proof(tree, index, size), root(size))
    for old in range(1, size):
        verify_consistency(old, size, consistency_proof(tree, old, size), root(old), root(size))
