"""A witness over real HTTP: it cosigns growth only, and nothing makes it forget."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.witness import witness_app
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.keys import PublicKey, Suite
from ledger.log.note import Note, parse_note, parse_signatures
from ledger.log.policy import parse_policy
from ledger.log.spelling import base64_text
from ledger.log.tree import EMPTY_ROOT, consistency_proof
from ledger.log.vkey import SignatureKind, VerifierKey
from ledger.log.witness import AddCheckpoint, RequestMalformed, Witness, parse_request
from ledger.log.witness_store import Kept, WitnessStore
from tests.log.leaves import Listed, made_up, naive_root
from tests.log.loopback import ask, serving
from tests.log.signers import AT, LOG, a_log, a_note, a_signer, a_witness

VECTORS = Path(__file__).parent / "vectors"
NAME = "witness.example/w"
TREE = Listed(made_up(40))
ORIGIN_HASH = sha256(LOG.encode()).hexdigest()


@dataclass
class Running:
    """A witness that listens, and how to ask it."""

    url: str
    store: WitnessStore
    path: Path

    def add(self, old: int, size: int, *, leaves: Listed = TREE) -> tuple[int, str, str]:
        """Ask for a cosignature of a tree that grew from an older one."""
        proof = consistency_proof(leaves, old, size) if 0 < old <= size else []
        note = a_note(head_of(size, leaves), a_log())
        return self.post(bytes(AddCheckpoint(old, tuple(proof), note)))

    def post(self, body: bytes) -> tuple[int, str, str]:
        """Ask with a body as it stands."""
        return ask(self.url, "/add-checkpoint", body)

    def size(self) -> int:
        """Tell how many leaves it has seen."""
        kept = self.store.last(LOG)
        return kept.size if kept else 0


def head_of(size: int, leaves: Listed = TREE) -> Checkpoint:
    """Tell the head of a tree of so many leaves."""
    return Checkpoint(LOG, size, naive_root(leaves.leaves[:size]))


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Running]:
    """Run one witness of one log, with a key of each suite."""
    path = tmp_path / "seen.sqlite"
    store = WitnessStore(path)
    signers = (a_witness(NAME), a_signer(NAME, SignatureKind.MLDSA44_COSIGNATURE))
    logs = parse_policy(f"log {a_log().vkey}\nquorum none\n".encode())
    with serving(witness_app(Witness(logs, signers, store, lambda: AT))) as url:
        yield Running(url, store, path)


def test_growth_is_cosigned_and_remembered(witness: Running) -> None:
    """From nothing, to more, and to the same again; each time with both keys and the time."""
    keys = [
        signer.vkey
        for signer in (a_witness(NAME), a_signer(NAME, SignatureKind.MLDSA44_COSIGNATURE))
    ]

    for old, size in ((0, 5), (5, 12), (12, 12), (12, 40)):
        status, _, body = witness.add(old, size)
        note = Note(str(head_of(size)), parse_signatures(body))
        assert status == 200
        assert [(each.key, each.at) for each in check_signatures(note, keys)] == [
            (key, AT) for key in keys
        ]
        assert witness.size() == size


def test_an_empty_tree_may_come_first(witness: Running) -> None:
    """C2SP tlog-witness: it has the one root there is."""
    lie = a_note(Checkpoint(LOG, 0, bytes(32)), a_log())

    assert witness.add(0, 0)[0] == 200
    assert witness.post(bytes(AddCheckpoint(0, (), lie)))[0] == 422
    assert witness.add(0, 3)[0] == 200


@pytest.mark.parametrize("old", [0, 3, 11, 13, 40])
def test_who_starts_from_another_tree_is_told_which_one_is_known(
    witness: Running, old: int
) -> None:
    """409, the size, and its own content type."""
    witness.add(0, 12)
    status, kind, body = witness.add(old, 40)

    assert (status, body) == (409, "12\n")
    assert kind.partition(";")[0] == "text/x.tlog.size"
    assert witness.size() == 12


def test_a_log_never_seen_starts_from_nothing(witness: Running) -> None:
    """Its last size is zero."""
    assert witness.add(7, 12)[::2] == (409, "0\n")


def test_a_smaller_tree_is_never_cosigned(witness: Running) -> None:
    """Not from the size known, nor from its own, nor with the larger one's proof."""
    witness.add(0, 12)

    assert witness.add(12, 5)[0] == 400
    assert witness.add(5, 5)[0] == 409
    assert witness.size() == 12


def test_another_history_is_never_cosigned(witness: Running) -> None:
    """Neither as a tree of the same size nor as one that grew."""
    other = Listed(made_up(40, "other"))
    witness.add(0, 12)

    assert witness.add(12, 12, leaves=other)[0] == 422
    assert witness.add(12, 40, leaves=other)[0] == 422
    assert witness.add(12, 40)[0] == 200


@pytest.mark.parametrize(
    ("old", "proof"),
    [
        (0, [EMPTY_ROOT]),
        (12, []),
        (12, [bytes(32)] * 3),
        (12, [bytes(31)]),
        (12, [*consistency_proof(TREE, 12, 40), bytes(32)]),
        (12, consistency_proof(TREE, 12, 40)[:-1]),
        (12, consistency_proof(TREE, 12, 40)[::-1]),
    ],
)
def test_a_proof_that_does_not_lead_there_is_refused(
    witness: Running, old: int, proof: list[bytes]
) -> None:
    """422, and nothing is kept."""
    witness.add(0, old)
    answer = witness.post(bytes(AddCheckpoint(old, tuple(proof), a_note(head_of(40), a_log()))))

    assert answer[0] == 422
    assert witness.size() == old


def test_an_unknown_log_is_not_found(witness: Running) -> None:
    """404, whoever signed."""
    head = Checkpoint("else.example", 5, bytes(32))

    assert witness.post(bytes(AddCheckpoint(0, (), a_note(head, a_log()))))[0] == 404


def test_only_the_log_itself_is_believed(witness: Running) -> None:
    """403 without its line, or with a bad one; lines of strangers are passed over."""
    head = head_of(5)
    bad = a_note(head, a_log()).replace(b"\n5\n", b"\n6\n")
    stranger = a_log("else.example")

    assert witness.post(bytes(AddCheckpoint(0, (), a_note(head, stranger))))[0] == 403
    assert witness.post(bytes(AddCheckpoint(0, (), bad)))[0] == 403
    assert witness.post(bytes(AddCheckpoint(0, (), a_note(head, stranger, a_log()))))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 0\n\nhello\n",
        b"old 00\n\n" + a_note(head_of(5), a_log()),
        b"old -1\n\n" + a_note(head_of(5), a_log()),
        b"new 0\n\n" + a_note(head_of(5), a_log()),
        b"old 0 \n\n" + a_note(head_of(5), a_log()),
        b"old 6\n\n" + a_note(head_of(5), a_log()),
        b"old 0\nAAAA=\n\n" + a_note(head_of(5), a_log()),
        b"old 0\n" + base64_text(bytes(32)).encode() + b"\n",
        b"old 5\n"
        + (base64_text(bytes(32)) + "\n").encode() * 64
        + b"\n"
        + a_note(head_of(9), a_log()),
        b"old \xff\n\n" + a_note(head_of(5), a_log()),
        b"old 0\n\n" + a_note(head_of(5), a_log()).replace(b"\n5\n", b"\n05\n"),
        b"old 0\n\n" + b"x" * (600 * 1024),
    ],
)
def test_a_request_of_another_form_is_a_bad_one(witness: Running, body: bytes) -> None:
    """400, before anything is believed."""
    assert witness.post(body)[0] == 400
    assert witness.size() == 0


def test_an_extension_line_is_cosigned_by_no_key_that_would_leave_it_out(witness: Running) -> None:
    """This witness also signs with ML-DSA-44, whose message has no room for it."""
    head = Checkpoint(LOG, 5, head_of(5).root, ("more",))

    assert witness.post(bytes(AddCheckpoint(0, (), a_note(head, a_log()))))[0] == 422
    assert witness.size() == 0


def test_the_last_checkpoint_is_told_to_monitors(witness: Running) -> None:
    """With the log's line that was verified and the witness's own; strangers' lines are not kept."""
    assert ask(witness.url, f"/{ORIGIN_HASH}/checkpoint")[0] == 404
    note = a_note(head_of(5), a_log("else.example"), a_log())
    witness.post(bytes(AddCheckpoint(0, (), note)))
    status, _, body = ask(witness.url, f"/{ORIGIN_HASH}/checkpoint")

    assert status == 200
    assert [line.name for line in parse_note(body.encode()).signatures] == [LOG, NAME, NAME]
    assert ask(witness.url, f"/{ORIGIN_HASH.upper()}/checkpoint")[0] == 404


@pytest.mark.parametrize("turn", range(8))
def test_of_two_requests_at_once_one_wins_and_none_rolls_back(witness: Running, turn: int) -> None:
    """C2SP tlog-witness, the race of add-checkpoint: N and N + K, both from the size known.

    Both wait for the store, which is held until both have come; so they meet where it matters.
    """
    witness.add(0, 5)
    sizes = [33, 6 + turn] if turn % 2 else [6 + turn, 33]
    gate = sqlite3.connect(witness.path, isolation_level=None)
    with closing(gate), ThreadPoolExecutor(2) as pool:
        gate.execute("BEGIN IMMEDIATE")
        asked = [pool.submit(witness.add, 5, size) for size in sizes]
        time.sleep(0.1)
        gate.execute("ROLLBACK")
        answers = {each.result()[::2]: size for each, size in zip(asked, sizes, strict=True)}

    winner = witness.size()
    assert sorted(status for status, _ in answers) == [200, 409]
    assert answers[409, f"{winner}\n"] != winner


def test_many_requests_at_once_leave_one_chain(witness: Running) -> None:
    """Eight askers, each growing the tree from whatever it is told: sizes only ever rise."""
    cosigned: list[int] = []

    def climb(step: int) -> None:
        known = 0
        for size in range(step, 41, step):
            status, _, body = witness.add(min(known, size), size)
            if status == 409 and int(body) <= size:
                known = int(body)
                status, _, body = witness.add(known, size)
            if status == 200:
                known = size
                cosigned.append(size)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(climb, range(1, 9)))

    assert cosigned
    assert witness.size() == max(cosigned) == 40


def test_the_store_itself_refuses_a_smaller_tree(tmp_path: Path) -> None:
    """Even a fault of ours above it could not roll a log back."""
    store = WitnessStore(tmp_path / "seen.sqlite")
    with store.turn(LOG) as turn:
        turn.keep(Kept(9, bytes(32), b"nine"))

    with pytest.raises(sqlite3.IntegrityError), store.turn(LOG) as turn:
        turn.keep(Kept(8, bytes(32), b"eight"))
    assert WitnessStore(tmp_path / "seen.sqlite").last(LOG) == Kept(9, bytes(32), b"nine")


def test_the_store_is_its_owner_s_alone_and_survives_the_program(tmp_path: Path) -> None:
    """Mode 600; a turn that fails leaves what was there."""
    path = tmp_path / "seen.sqlite"
    store = WitnessStore(path)
    with store.turn(LOG) as turn:
        turn.keep(Kept(1, bytes(32), b"one"))
    with pytest.raises(sqlite3.IntegrityError), WitnessStore(path).turn(LOG) as turn:
        turn.keep(Kept(2, b"no root", b"two"))

    assert path.stat().st_mode & 0o777 == 0o600
    assert WitnessStore(path).last(LOG) == Kept(1, bytes(32), b"one")


# FiloSottile/torchwood, cmd/litewitness/testdata/litewitness.txt at 341dc2f0f552.
LITEWITNESS: dict[str, Any] = json.loads((VECTORS / "litewitness.json").read_text("utf-8"))


def test_the_requests_of_another_witness_s_tests_get_the_same_answers(tmp_path: Path) -> None:
    """Its log, its proofs, its order, its statuses, but for two.

    An unknown log is 404 in the specification since. The signature it has as invalid is not even
    base64 in its one spelling, which is a malformed note to us.
    """
    steps = LITEWITNESS["steps"]
    origin = steps[0]["lines"][2]
    public = PublicKey(Suite.ED25519, bytes.fromhex(LITEWITNESS["log_key"]))
    vkey = VerifierKey(origin, SignatureKind.ED25519, public)
    logs = parse_policy(f"log {vkey}\nquorum none\n".encode())
    store = WitnessStore(tmp_path / "seen.sqlite")
    expected = [step["status"] for step in steps]
    assert expected[1:3] == [403, 403]
    expected[1:3] = [400, 404]

    with serving(witness_app(Witness(logs, (a_witness(NAME),), store, lambda: AT))) as url:
        answers = [ask(url, "/add-checkpoint", "\n".join(s["lines"]).encode()) for s in steps]

    assert [status for status, _, _ in answers] == expected
    told = [(body, step["answer"]) for (_, _, body), step in zip(answers, steps, strict=True)]
    assert all(answer in {None, body} for body, answer in told)


def test_the_example_of_the_specification_is_read_and_written_back() -> None:
    """C2SP tlog-witness, "Example request body", without the checkpoint."""
    proof = (
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=",
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=",
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=",
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=",
    )
    body = "\n".join(["old 20852014", *proof, "", "checkpoint"]).encode()
    request = parse_request(body)

    assert (request.old, len(request.proof)) == (20_852_014, 4)
    assert bytes(request) == body


@given(st.binary() | st.text("old 0123\nA=").map(str.encode))
def test_bytes_that_are_read_are_the_bytes_it_is_written_as(body: bytes) -> None:
    """No second spelling of the same request exists."""
    try:
        request = parse_request(body)
    except RequestMalformed:
        return
    assert bytes(request) == body
