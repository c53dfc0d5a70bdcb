"""Asking witnesses over real HTTP: the quorum comes in time, or nothing is published."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from api.witness import witness_app
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosigning import (
    Cosigners,
    WitnessAhead,
    WitnessElsewhere,
    WitnessSilent,
    cosign,
    last_cosigned,
)
from ledger.log.keys import SignatureRefused
from ledger.log.note import NoteMalformed
from ledger.log.opening import QuorumMissing, open_checkpoint
from ledger.log.policy import Policy, parse_policy
from ledger.log.tree import consistency_proof
from ledger.log.witness import AddCheckpoint, Witness
from ledger.log.witness_store import WitnessStore
from tests.log.leaves import Listed, made_up, naive_root
from tests.log.loopback import answering, serving
from tests.log.signers import AT, LOG, a_log, a_note, a_witness

TREE = Listed(made_up(40))
NAMES = ("w1", "w2", "w3")
PATIENCE_SECONDS = 2


def a_checkpoint(size: int) -> bytes:
    """Sign the tree's first leaves."""
    return a_note(Checkpoint(LOG, size, naive_root(TREE.leaves[:size])), a_log())


def prove(old: int, new: int) -> list[bytes]:
    """Prove that the tree grew."""
    return consistency_proof(TREE, old, new)


def policy_of(urls: dict[str, str], threshold: str) -> Policy:
    """Name the witnesses, and how many of them are wanted."""
    lines = [f"witness {name} {a_witness(name).vkey} {url}" for name, url in urls.items()]
    lines += [f"group all-of-them {threshold} {' '.join(urls)}", "quorum all-of-them"]
    return parse_policy("\n".join([f"log {a_log().vkey}", *lines, ""]).encode())


def cosigners(urls: dict[str, str], threshold: str) -> Cosigners:
    """Be ready to ask the witnesses."""
    return Cosigners(policy_of(urls, threshold), prove, PATIENCE_SECONDS)


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run three witnesses of the log."""
    logs = parse_policy(f"log {a_log().vkey}\nquorum none\n".encode())
    with ExitStack() as running:
        yield {
            name: running.enter_context(
                serving(
                    witness_app(
                        Witness(logs, (a_witness(name),), WitnessStore(tmp_path / name), lambda: AT)
                    )
                )
            )
            for name in NAMES
        }


def test_all_cosign_growth_after_growth(urls: dict[str, str]) -> None:
    """What is collected opens under the very policy."""
    asking = cosigners(urls, "all")

    for size in (3, 3, 9, 40):
        collected = asking.collect(a_checkpoint(size))
        opened = open_checkpoint(collected.note, policy_of(urls, "all"))
        assert opened.checkpoint.size == size
        assert {name for name, _ in opened.cosigned_at} == set(NAMES) == set(collected.cosigned)
    asking.close()


def test_whoever_forgot_where_a_witness_stands_is_told(urls: dict[str, str]) -> None:
    """A new publisher starts from nothing and catches up by itself."""
    cosigners(urls, "all").collect(a_checkpoint(9))
    collected = cosigners(urls, "all").collect(a_checkpoint(40))

    assert set(collected.cosigned) == set(NAMES)


def test_the_quorum_is_enough_while_one_witness_hangs(urls: dict[str, str]) -> None:
    """Nobody waits for the slow one, and it is left alone until it has answered."""
    with answering(None) as silent:
        asking = cosigners(urls | {"w3": silent}, "2")
        for size in (3, 9):
            begun = time.monotonic()
            collected = asking.collect(a_checkpoint(size))
            assert set(collected.cosigned) == {"w1", "w2"}
            assert time.monotonic() - begun < PATIENCE_SECONDS
        asking.close()


def test_without_the_quorum_nothing_is_published(urls: dict[str, str]) -> None:
    """One hangs, one refuses the connection: two of three are missing, and time is up."""
    with answering(None) as silent, answering(b"") as gone:
        pass
    with answering(None) as silent:
        asking = cosigners({"w1": urls["w1"], "w2": silent, "w3": gone}, "2")
        begun = time.monotonic()
        with pytest.raises(QuorumMissing) as fault:
            asking.collect(a_checkpoint(3))
        asking.close()

    assert time.monotonic() - begun < 2 * PATIENCE_SECONDS
    assert "w3: witness_silent" in fault.value.sentence
    assert "w1 cosigned" in fault.value.sentence


def test_a_policy_that_wants_no_witness_asks_none() -> None:
    """The checkpoint stays as the log signed it."""
    policy = parse_policy(f"log {a_log().vkey}\nquorum none\n".encode())

    assert Cosigners(policy, prove, 1).collect(a_checkpoint(3)).note == a_checkpoint(3)


def test_a_witness_that_saw_more_than_we_have_tells_of_a_rollback(urls: dict[str, str]) -> None:
    """A database restored from an old backup would ask like this."""
    one = {"w1": urls["w1"]}
    asking = cosigners(one, "all")
    asking.collect(a_checkpoint(40))

    for late in (asking, cosigners(one, "all")):
        with pytest.raises(QuorumMissing) as fault:
            late.collect(a_checkpoint(9))
        assert WitnessAhead.code in fault.value.sentence
        late.close()


def test_a_witness_s_last_checkpoint_can_be_asked_for(urls: dict[str, str]) -> None:
    """At start: a larger tree under our own signature would show that ours was rolled back."""
    assert last_cosigned(urls["w1"], LOG, PATIENCE_SECONDS) is None
    cosigners({"w1": urls["w1"]}, "all").collect(a_checkpoint(9))
    note = last_cosigned(urls["w1"], LOG, PATIENCE_SECONDS)

    assert note is not None
    assert open_checkpoint(note, policy_of({"w1": ""}, "all")).checkpoint.size == 9


def test_one_witness_tells_where_it_stands(urls: dict[str, str]) -> None:
    """The faults of asking by hand."""
    with pytest.raises(WitnessElsewhere) as fault:
        cosign(urls["w1"], AddCheckpoint(3, (), a_checkpoint(9)), PATIENCE_SECONDS)

    assert fault.value.size == 0


def http(status: str, body: str) -> bytes:
    """Write an answer as a server would."""
    raw = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


OTHERS = str(a_witness("w2").sign(f"{LOG}\n1\n", AT))
FORGED = OTHERS.replace("w2", "w1")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http("500 No", "sorry"), WitnessSilent.code),
        (http("301 Elsewhere", ""), WitnessSilent.code),
        (http("409 Conflict", "many\n"), WitnessSilent.code),
        (http("409 Conflict", "0\n"), WitnessElsewhere.code),
        (http("409 Conflict", f"{2**62}\n"), WitnessAhead.code),
        (http("200 OK", OTHERS), WitnessSilent.code),
        (http("200 OK", ""), NoteMalformed.code),
        (http("200 OK", "x" * 600_000), NoteMalformed.code),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xff", WitnessSilent.code),
        (b"nonsense\r\n\r\n", WitnessSilent.code),
        (b"", WitnessSilent.code),
    ],
)
def test_whatever_a_witness_says_instead_is_a_fault_of_its_own(answer: bytes, code: str) -> None:
    """It is named, and it is no cosignature."""
    with answering(answer) as url:
        asking = cosigners({"w1": url}, "all")
        with pytest.raises(QuorumMissing) as fault:
            asking.collect(a_checkpoint(3))
        asking.close()

    assert f"w1: {code}" in fault.value.sentence


def test_a_cosignature_that_does_not_hold_is_not_taken() -> None:
    """The witness's own line, for another checkpoint."""
    other = str(a_witness("w1").sign(str(Checkpoint(LOG, 4, bytes(32))), AT))
    with answering(http("200 OK", other)) as url:
        asking = cosigners({"w1": url}, "all")
        with pytest.raises(QuorumMissing) as fault:
            asking.collect(a_checkpoint(3))
        asking.close()

    assert SignatureRefused.code in fault.value.sentence


@pytest.mark.parametrize(
    "url", ["ftp://one", "one", "http://127.0.0.1:x", "http://[::", "http://127.0.0.1/é", "http://"]
)
def test_a_url_that_cannot_be_asked_is_a_silent_witness(url: str) -> None:
    """The policy's author may write anything."""
    with pytest.raises(WitnessSilent):
        cosign(url, AddCheckpoint(0, (), a_checkpoint(3)), 1)


def test_a_monitor_that_gets_something_else_says_so() -> None:
    """Only 200 and 404 mean something."""
    with answering(http("500 No", "")) as url, pytest.raises(WitnessSilent):
        last_cosigned(url, LOG, 1)
    assert len(sha256(LOG.encode()).hexdigest()) == 64
