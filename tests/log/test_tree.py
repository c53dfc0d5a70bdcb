"""Roots and proofs: published vectors, the definitions for every small tree, and nothing else accepted."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import leaf_hash
from ledger.log.tree import (
    EMPTY_ROOT,
    Frontier,
    MisshapenFrontier,
    MisshapenProof,
    OutOfTree,
    WrongProof,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.log.leaves import Listed, made_up, naive_path, naive_root, naive_subproof

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "rfc6962_tree.json").read_text("utf-8")
)
LEAVES = [leaf_hash(bytes.fromhex(entry)) for entry in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
SMALL = 40
MANY = made_up(SMALL)
TREE = Listed(MANY)
NAIVE_ROOTS = [naive_root(MANY[:size]) for size in range(SMALL + 1)]


def published(proof: list[str]) -> list[bytes]:
    """Read the hashes of a published proof."""
    return [bytes.fromhex(each) for each in proof]


def test_roots_are_the_published_ones() -> None:
    """The eight leaves of the Certificate Transparency implementations, at every size."""
    for size, root in enumerate(ROOTS):
        assert Frontier().grow(LEAVES[:size]).root() == root


def test_nodes_are_the_published_ones() -> None:
    """Every node below the root, level by level."""
    level = LEAVES
    for known in VECTORS["nodes"]:
        assert level == published(known)
        level = [node_hash(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]


@pytest.mark.parametrize("known", VECTORS["inclusion"], ids=str)
def test_inclusion_proofs_are_the_published_ones(known: dict[str, Any]) -> None:
    """Made as published, and accepted."""
    index, size, proof = known["index"], known["size"], published(known["proof"])

    assert inclusion_proof(Listed(LEAVES), index, size) == proof
    verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize("known", VECTORS["consistency"], ids=str)
def test_consistency_proofs_are_the_published_ones(known: dict[str, Any]) -> None:
    """Made as published, and accepted."""
    old, new, proof = known["old"], known["new"], published(known["proof"])

    assert consistency_proof(Listed(LEAVES), old, new) == proof
    verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])


def test_every_small_tree_is_as_defined() -> None:
    """Root, frontier and every inclusion proof of every tree up to forty leaves."""
    grown = Frontier()
    for size in range(SMALL + 1):
        assert grown.root() == NAIVE_ROOTS[size]
        assert frontier_at(TREE, size) == grown
        for index in range(size):
            proof = inclusion_proof(TREE, index, size)
            assert proof == naive_path(index, MANY[:size])
            verify_inclusion(MANY[index], index, size, proof, NAIVE_ROOTS[size])
        grown = grown.grow(MANY[size : size + 1])


def test_every_small_tree_begins_with_every_smaller_one() -> None:
    """All pairs of sizes up to forty."""
    for new in range(1, SMALL + 1):
        for old in range(1, new + 1):
            proof = consistency_proof(TREE, old, new)
            assert proof == naive_subproof(old, MANY[:new])
            verify_consistency(old, new, proof, NAIVE_ROOTS[old], NAIVE_ROOTS[new])


@given(st.integers(0, 200), st.lists(st.integers(0, 60), max_size=5))
def test_a_tree_may_grow_in_any_steps(start: int, steps: list[int]) -> None:
    """A batch of leaves is the same as one after another, with a look at the bytes in between."""
    leaves = made_up(start + sum(steps))
    grown, size = Frontier().grow(leaves[:start]), start
    for step in steps:
        grown = Frontier.from_bytes(grown.grow(leaves[size : size + step]).to_bytes())
        size += step

    assert grown == Frontier().grow(leaves)
    assert grown.root() == naive_root(leaves)


@given(st.integers(1, SMALL), st.data())
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    """Another leaf, place, tree or root, or any change of the path.

    A size belongs to its root: a checkpoint signs both. By itself it only bounds the path's length.
    """
    index = data.draw(st.integers(0, size - 1))
    proof = data.draw(paths(inclusion_proof(TREE, index, size)))
    leaf = data.draw(st.just(MANY[index]) | st.sampled_from(MANY) | hashes())
    place = data.draw(st.just(index) | st.integers(-1, SMALL + 1))
    stated, root = data.draw(st.just((size, NAIVE_ROOTS[size])) | trees())
    fits = 0 <= place < stated and leaf == MANY[place] and root == NAIVE_ROOTS[stated]
    if fits and proof == inclusion_proof(TREE, place, stated):
        return
    with pytest.raises((OutOfTree, MisshapenProof, WrongProof)):
        verify_inclusion(leaf, place, stated, proof, root)


@given(st.integers(1, SMALL), st.data())
def test_a_changed_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    """Another tree or root, old or new, or any change of the path."""
    old = data.draw(st.integers(1, new))
    proof = data.draw(paths(consistency_proof(TREE, old, new)))
    first, first_root = data.draw(st.just((old, NAIVE_ROOTS[old])) | trees())
    second, second_root = data.draw(st.just((new, NAIVE_ROOTS[new])) | trees())
    fits = (first_root, second_root) == (NAIVE_ROOTS[first], NAIVE_ROOTS[second])
    if fits and 0 < first <= second and proof == consistency_proof(TREE, first, second):
        return
    if (first, first_root, proof) == (second, second_root, []):
        return  # one and the same tree, whether or not anybody signed it
    with pytest.raises((OutOfTree, MisshapenProof, WrongProof)):
        verify_consistency(first, second, proof, first_root, second_root)


def test_a_proof_that_is_cut_or_goes_on_is_misshapen() -> None:
    """One hash less or more, of every small tree; what comes first may well be right."""
    for size, index in places(0):
        proof = inclusion_proof(TREE, index, size)
        for other in (proof[:-1], [*proof, MANY[0]]):
            with pytest.raises(MisshapenProof):
                verify_inclusion(MANY[index], index, size, other, NAIVE_ROOTS[size])
    for size, old in places(1):
        proof = consistency_proof(TREE, old, size)
        for other in (proof[:-1], [*proof, MANY[0]]):
            with pytest.raises((MisshapenProof, WrongProof)):
                verify_consistency(old, size, other, NAIVE_ROOTS[old], NAIVE_ROOTS[size])


def places(first: int) -> list[tuple[int, int]]:
    """List the small trees' sizes, each with every place below it, from `first` on."""
    return [(size, place) for size in range(2, 18) for place in range(first, size)]


def trees() -> st.SearchStrategy[tuple[int, bytes]]:
    """Draw a tree of ours, or a size with a root that nobody ever signed."""
    sizes = st.integers(0, SMALL)
    unsigned = hashes().map(lambda one: node_hash(one, b"nobody's"))
    return sizes.map(lambda size: (size, NAIVE_ROOTS[size])) | st.tuples(sizes, unsigned)


def hashes() -> st.SearchStrategy[bytes]:
    """Draw hashes, now and then of another length."""
    return st.binary(min_size=32, max_size=32) | st.binary(max_size=33)


def paths(true: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Draw a path with one hash more, less, changed, or moved; or the path itself."""
    places = st.integers(0, max(len(true) - 1, 0))
    return st.one_of(
        st.just(true),
        st.permutations(true),
        st.builds(lambda at: true[:at] + true[at + 1 :], places),
        st.builds(
            lambda at, one: [*true[:at], one, *true[at:]], st.integers(0, len(true)), hashes()
        ),
        st.builds(lambda at, one: [*true[:at], one, *true[at + 1 :]], places, hashes()),
    )


@pytest.mark.parametrize("size", [0, 2**63])
def test_nothing_is_in_a_tree_that_cannot_be(size: int) -> None:
    """An empty tree has no leaves, and no tree has more than a signed 64-bit integer counts."""
    with pytest.raises(OutOfTree):
        verify_inclusion(MANY[0], 0, size, [], MANY[0])
    with pytest.raises(OutOfTree):
        verify_consistency(size, size, [], EMPTY_ROOT, EMPTY_ROOT)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    """The place must lie in the tree."""
    with pytest.raises(OutOfTree):
        inclusion_proof(TREE, index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (0, 0), (-1, 1)])
def test_no_proof_is_made_between_trees_that_are_not_in_order(old: int, new: int) -> None:
    """Everything begins with nothing, and nothing begins with more than itself."""
    with pytest.raises(OutOfTree):
        consistency_proof(TREE, old, new)


@pytest.mark.parametrize("at", range(5))
def test_hashes_of_another_length_are_refused(at: int) -> None:
    """Not even the empty one passes, wherever it stands."""
    true = [MANY[0], MANY[1], NAIVE_ROOTS[2], MANY[1], NAIVE_ROOTS[1]]
    for wrong in (b"", bytes(31), bytes(33)):
        changed = [*true[:at], wrong, *true[at + 1 :]]
        leaf, beside, root, sister, old_root = changed
        if at < 3:
            with pytest.raises(MisshapenProof):
                verify_inclusion(leaf, 0, 2, [beside], root)
        if at > 1:
            with pytest.raises(MisshapenProof):
                verify_consistency(1, 2, [sister], old_root, root)


@given(st.binary(max_size=120))
def test_bytes_are_a_frontier_or_are_refused(raw: bytes) -> None:
    """Whatever is read is written again to the byte."""
    try:
        read = Frontier.from_bytes(raw)
    except MisshapenFrontier:
        return
    assert read.to_bytes() == raw


@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda _: b"\0"])
def test_a_frontier_cut_or_stretched_is_refused(change: Any) -> None:
    """As many hashes as the size has ones in binary, none more or less."""
    with pytest.raises(MisshapenFrontier):
        Frontier.from_bytes(change(Frontier().grow(MANY).to_bytes()))


def test_a_frontier_of_too_many_leaves_is_refused() -> None:
    """The size is a signed 64-bit integer."""
    with pytest.raises(MisshapenFrontier):
        Frontier.from_bytes((2**63).to_bytes(8, "big") + bytes(32))


def test_proofs_stay_short() -> None:
    """One hash for each doubling, and at most twice as many between two trees."""
    for size in range(2, SMALL + 1):
        deep = math.ceil(math.log2(size))
        assert len(inclusion_proof(TREE, 0, size)) == deep
        assert all(len(consistency_proof(TREE, old, size)) <= deep + 1 for old in range(1, size))
