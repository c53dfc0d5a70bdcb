"""Proofs that travel: index, path and checkpoint in one text, believed under a policy."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import Checkpoint
from ledger.log.opening import QuorumMissing
from ledger.log.policy import Policy, parse_policy
from ledger.log.proof import LoggedProof, ProofMalformed, parse_proof, verify_proof
from ledger.log.spelling import base64_text
from ledger.log.tree import EMPTY_ROOT, MisshapenProof, OutOfTree, WrongProof, inclusion_proof
from tests.log.leaves import Listed, naive_root
from tests.log.signers import LOG, a_log, a_note, a_witness

# transparency-dev/formats, proof/tlog_proof_test.go: TestMarshal.
H1, H2 = sha256(b"hash1").digest(), sha256(b"hash2").digest()
MARSHALLED = [
    (
        LoggedProof(5, (H1, H2), b"test checkpoint\n"),
        f"c2sp.org/tlog-proof@v1\nindex 5\n{base64_text(H1)}\n{base64_text(H2)}\n\ntest checkpoint\n",
    ),
    (
        LoggedProof(10, (H1,), b"checkpoint data\n", b"extra information"),
        (
            f"c2sp.org/tlog-proof@v1\nextra {base64_text(b'extra information')}\nindex 10\n"
            f"{base64_text(H1)}\n\ncheckpoint data\n"
        ),
    ),
    (LoggedProof(0, (), b"checkpoint\n"), "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"),
]
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple)
PROOFS = st.builds(
    LoggedProof, st.integers(0, 2**63 - 2), HASHES, st.binary(max_size=40), st.binary(max_size=9)
)
SCRAPS = ["\n", "\n\n", "c2sp.org/tlog-proof@v1\n", "index 0\n", "index 01\n", "extra AAAA\n"]
SCRAPS += [base64_text(H1) + "\n", "extra ", "x"]
NEAR_PROOFS = st.lists(st.sampled_from(SCRAPS)).map(lambda parts: "".join(parts).encode())
RECORDS = [b"leaf %d" % number for number in range(11)]
LEAVES = Listed([leaf_hash(record) for record in RECORDS])


def a_policy(quorum: str) -> Policy:
    """Believe one log, and one witness if it is asked for."""
    return parse_policy(
        f"log {a_log().vkey}\nwitness w {a_witness('w').vkey}\nquorum {quorum}\n".encode()
    )


def a_proof(index: int, size: int = 11) -> LoggedProof:
    """Prove a leaf under a checkpoint that log and witness signed."""
    head = Checkpoint(LOG, size, naive_root(LEAVES.leaves[:size]))
    note = a_note(head, a_log(), a_witness("w"))
    return LoggedProof(index, tuple(inclusion_proof(LEAVES, index, size)), note)


@pytest.mark.parametrize(("proof", "text"), MARSHALLED)
def test_a_proof_is_written_as_others_write_it(proof: LoggedProof, text: str) -> None:
    """And read back."""
    assert bytes(proof).decode() == text
    assert parse_proof(text.encode()) == proof


@given(PROOFS)
def test_a_proof_is_read_back_from_its_bytes(proof: LoggedProof) -> None:
    """Its checkpoint is carried verbatim, whatever it is."""
    assert parse_proof(bytes(proof)) == proof


@given(NEAR_PROOFS | st.binary())
def test_bytes_that_are_read_are_the_bytes_it_is_written_as(raw: bytes) -> None:
    """No second spelling of the same proof exists."""
    try:
        proof = parse_proof(raw)
    except ProofMalformed:
        return
    assert bytes(proof) == raw


HEADER = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    "text",
    [
        # formats, TestUnmarshalErrors.
        "wrong-header\nindex 0\n\ncheckpoint\n",
        HEADER + "extra !!notbase64!!\nindex 0\n\ncheckpoint\n",
        HEADER + "\n\ncheckpoint\n",
        HEADER + "index notanumber\n\ncheckpoint\n",
        HEADER + "index -5\n\ncheckpoint\n",
        HEADER + "index 0\n!!notbase64!!\n\ncheckpoint\n",
        HEADER + "index 0\n" + base64_text(bytes(64)) + "\n\ncheckpoint\n",
        HEADER + "index 0\n" + "a" * 65 * 1024 + "\n",
        # Ours.
        "",
        HEADER,
        HEADER + "index 0\n",
        HEADER + "index 00\n\n",
        HEADER + f"index {2**63 - 1}\n\n",
        HEADER + "index 0\nextra AAAA\n\n",
        HEADER + "extra \nindex 0\n\n",
        HEADER + "extra " + base64_text(bytes(64 * 1024 + 1)) + "\nindex 0\n\n",
        HEADER.replace("v1", "v2") + "index 0\n\n",
        HEADER + "index 0\n" + (base64_text(H1) + "\n") * 64 + "\n",
        HEADER + "index 0\n" + base64_text(H1) + " \n\n",
        HEADER + "índex 0\n\n",
    ],
)
def test_a_text_that_is_no_proof_is_refused(text: str) -> None:
    """Another header, order, number or path."""
    with pytest.raises(ProofMalformed):
        parse_proof(text.encode())


@pytest.mark.parametrize("index", range(11))
def test_every_leaf_is_proved_under_the_policy(index: int) -> None:
    """Leaf hash, path, root, log and witness."""
    opened = verify_proof(a_proof(index), LEAVES.node(0, index), a_policy("w"))

    assert opened.checkpoint.size == 11


def test_another_leaf_or_index_is_not_proved() -> None:
    """A right proof of something else proves nothing."""
    proof, policy = a_proof(4), a_policy("w")
    moved = LoggedProof(5, proof.hashes, proof.checkpoint)
    short = LoggedProof(4, proof.hashes[:-1], proof.checkpoint)

    with pytest.raises(WrongProof):
        verify_proof(proof, LEAVES.node(0, 5), policy)
    with pytest.raises(WrongProof):
        verify_proof(moved, LEAVES.node(0, 4), policy)
    with pytest.raises(MisshapenProof):
        verify_proof(short, LEAVES.node(0, 4), policy)


def test_nothing_is_proved_by_an_empty_tree() -> None:
    """No leaf stands in it."""
    note = a_note(Checkpoint(LOG, 0, EMPTY_ROOT), a_log(), a_witness("w"))

    with pytest.raises(OutOfTree):
        verify_proof(LoggedProof(0, (), note), EMPTY_ROOT, a_policy("w"))


def test_a_proof_is_as_good_as_its_checkpoint() -> None:
    """Without the quorum the path leads nowhere."""
    proof = a_proof(4)
    lone = LoggedProof(4, proof.hashes, proof.checkpoint.replace(b" w ", b" v "))

    assert not verify_proof(lone, LEAVES.node(0, 4), a_policy("none")).cosigned_at
    with pytest.raises(QuorumMissing):
        verify_proof(lone, LEAVES.node(0, 4), a_policy("w"))
