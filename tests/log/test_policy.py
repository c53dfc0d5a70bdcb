"""Policies: whom to believe, read in one way only; and checkpoints opened under them."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoint import Checkpoint, CheckpointMalformed, WrongEmptyRoot
from ledger.log.faults import LogFault
from ledger.log.keys import KeyRefused, SignatureRefused
from ledger.log.note import NoteMalformed
from ledger.log.opening import (
    LogSignatureMissing,
    OriginUnknown,
    QuorumMissing,
    open_checkpoint,
    open_log_checkpoint,
)
from ledger.log.policy import Policy, PolicyMalformed, parse_policy
from ledger.log.vkey import SignatureKind, VkeyMalformed
from tests.log.signers import AT, LOG, a_log, a_note, a_signer, a_witness

VECTORS = Path(__file__).parent / "vectors"
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
# C2SP tlog-policy, "Example policy", with keys in their places.
EXAMPLE = f"""\
log {a_log().vkey}

witness X1 {a_witness("X1").vkey}
witness X2 {a_witness("X2").vkey}
witness X3 {a_witness("X3").vkey}
group X-witnesses 2 X1 X2 X3

witness Y1 {a_witness("Y1").vkey}
witness Y2 {a_witness("Y2").vkey}
witness Y3 {a_witness("Y3").vkey}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
HEAD = Checkpoint(LOG, 3, bytes(range(32)))
# transparency-dev/formats, witness/witness_policy_test.go; w2's key there is no cosigner's.
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
SIGSUM = "sigsum.org+e4ade967+AZuUY6B08pW3QVHu8uvsrxWPcAv9nykap2Nb4oxCee+r"


def a_policy(*lines: str) -> Policy:
    """Read a policy with one log, X1 and X2, and these lines."""
    head = [f"log {a_log().vkey}"]
    head += [f"witness {name} {a_witness(name).vkey}" for name in ("X1", "X2")]
    return parse_policy("".join(f"{line}\n" for line in [*head, *lines]).encode())


def test_the_example_wants_two_of_three_and_one_of_three() -> None:
    """Every set of the six witnesses, judged as the specification words it."""
    policy = parse_policy(EXAMPLE.encode())

    for count in range(len(NAMES) + 1):
        for chosen in combinations(NAMES, count):
            of_x, of_y = (sum(name[0] == side for name in chosen) for side in "XY")
            assert policy.is_met_by(chosen) is (of_x >= 2 and of_y >= 1)


@given(st.sets(st.sampled_from(NAMES)), st.sampled_from(NAMES))
def test_one_witness_more_never_breaks_a_quorum(chosen: set[str], more: str) -> None:
    """Whoever adds cosignatures can only help."""
    policy = parse_policy(EXAMPLE.encode())

    assert policy.is_met_by(chosen | {more}) or not policy.is_met_by(chosen)


def test_white_space_and_comments_are_passed_over() -> None:
    """formats, TestParsePolicy; comments stand on lines of their own."""
    policy = parse_policy(
        f"\n# comment\nwitness   w1\t{REMORA}     https://example.com/remora   \n  \t# 注释\n"
        f"group      g1    all     w1\n\n\t quorum      g1\n".encode()
    )

    assert policy.witnesses[0].url == "https://example.com/remora"
    assert policy.is_met_by(["w1"])
    assert not policy.is_met_by([])


def test_a_policy_may_want_no_witness_or_name_one() -> None:
    """C2SP tlog-policy, "Defining the quorum"."""
    assert a_policy("quorum none").is_met_by([])
    assert a_policy("quorum X2").is_met_by(["X2"])
    assert not a_policy("quorum X2").is_met_by(["X1"])


def test_names_are_bytes_that_nobody_interprets() -> None:
    """A K and a Kelvin sign differ, and bytes that are no UTF-8 are a name like any other."""
    lines = [
        b"witness K " + str(a_witness("a").vkey).encode(),
        b"witness \xe2\x84\xaa " + str(a_witness("b").vkey).encode(),
        b"witness \xff " + str(a_witness("c").vkey).encode(),
        b"group all 2 K \xe2\x84\xaa\nquorum all\n",
    ]
    policy = parse_policy(b"\n".join(lines))

    assert len({witness.name for witness in policy.witnesses}) == 3
    assert policy.groups[0].members == ("K", "\u212a")


@pytest.mark.parametrize(
    "lines",
    [
        # formats, TestParsePolicy_Errors.
        [],
        ["quorum unknown"],
        [f"witness X1 {REMORA}", "quorum X1"],
        ["group g1 -1 X1", "quorum g1"],
        ["group none 1 X1", "quorum none"],
        # Ours, after C2SP tlog-policy.
        ["quorum none", "quorum none"],
        ["quorum X1", "quorum X2"],
        ["group g1 3 X1 X2", "quorum g1"],
        ["group g1 0 X1 X2", "quorum g1"],
        ["group g1 01 X1 X2", "quorum g1"],
        ["group g1 some X1", "quorum g1"],
        ["group g1 any", "quorum g1"],
        ["group g1 any X1 X1", "quorum g1"],
        ["group g1 any X1 none", "quorum g1"],
        ["group g1 any g1", "quorum none"],
        ["group g1 any X1", "group g2 any X1", "quorum g2"],
        ["group g2 any g1", "group g1 any X1", "quorum g2"],
        ["group X2 any X1", "quorum X2"],
        ["quorum g1", "group g1 any X1"],
        [f"witness none {REMORA}", "quorum none"],
        [f"witness w {REMORA} https://one https://two", "quorum none"],
        [f"witness w {REMORA}", f"witness v {REMORA}", "quorum none"],
        [f"witness w {SIGSUM}", "quorum none"],
        [f"log {REMORA}", "quorum none"],
        [f"log {a_log().vkey}", "quorum none"],
        [f"log {a_witness('X1').vkey}", "quorum none"],
        ["quorum none # so far"],
        ["Quorum none"],
        ["quorum none\r"],
        ["quorum none\x0b"],
        ["quorum\u00a0none"],
        ["quorum"],
        ["witness w", "quorum none"],
        ["#" + "x" * 1024 * 1024, "quorum none"],
    ],
)
def test_a_policy_that_could_be_read_in_two_ways_is_refused(lines: list[str]) -> None:
    """Every name and key once, every threshold in range, exactly one quorum."""
    with pytest.raises(PolicyMalformed) as fault:
        a_policy(*lines)

    assert fault.value.code == "policy_malformed"


def test_one_key_in_two_roles_is_refused() -> None:
    """A log that cosigns itself is no witness."""
    both = SignatureKind.MLDSA44_COSIGNATURE
    line = a_signer(LOG, both).vkey

    with pytest.raises(PolicyMalformed):
        a_policy(f"log {line}", f"witness w {line}", "quorum none")


def test_bytes_that_are_no_utf_8_make_no_key() -> None:
    """They may stand in names and comments; a key's name is text, and its id would not fit."""
    vkey = str(a_log("log.example/é").vkey).encode()

    with pytest.raises(VkeyMalformed):
        parse_policy(b"log " + vkey.replace("é".encode(), b"\xff") + b"\nquorum none\n")
    assert parse_policy(b"# \xff\nlog " + vkey + b"\nquorum none\n").logs[0].key.name[-1] == "é"


def test_a_policy_that_was_cut_off_is_refused() -> None:
    """No beginning of it is a policy, but those that end after the quorum's line."""
    raw = EXAMPLE.encode()

    for end in range(len(raw)):
        with pytest.raises(LogFault):
            parse_policy(raw[:end])


def test_a_policy_names_no_unsound_key() -> None:
    """The faults of keys come through as they are."""
    with pytest.raises(VkeyMalformed):
        a_policy("log nonsense", "quorum none")
    with pytest.raises(KeyRefused):
        a_policy(
            "log example.com/foo+16f9f5d5+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "quorum none",
        )


def test_a_checkpoint_opens_when_log_and_quorum_signed() -> None:
    """Who vouches for it, and when."""
    raw = a_note(HEAD, a_log(), a_witness("X1"), a_witness("X3"), a_witness("Y2"))
    opened = open_checkpoint(raw, parse_policy(EXAMPLE.encode()))

    assert opened.checkpoint == HEAD
    assert [each.key for each in opened.log] == [a_log().vkey]
    assert opened.cosigned_at == (("X1", AT), ("X3", AT), ("Y2", AT))


def test_a_checkpoint_without_its_quorum_is_refused_but_can_be_collected_for() -> None:
    """One of X is too few; a stranger does not count, nor does one witness twice."""
    policy = parse_policy(EXAMPLE.encode())
    lines = [a_log(), a_witness("X1"), a_witness("X1"), a_witness("Y2"), a_witness("Z1")]
    raw = a_note(HEAD, *lines)

    with pytest.raises(QuorumMissing) as fault:
        open_checkpoint(raw, policy)
    assert "X-and-Y" in fault.value.sentence
    assert open_log_checkpoint(raw, policy).cosigned_at == (("X1", AT), ("Y2", AT))


def test_witnesses_do_not_stand_for_the_log() -> None:
    """Neither do the lines of another log that the policy knows."""
    policy = a_policy(f"log {a_log('other.example').vkey}", "quorum X1")

    for signers in ([a_witness("X1")], [a_witness("X1"), a_log("other.example")]):
        with pytest.raises(LogSignatureMissing):
            open_checkpoint(a_note(HEAD, *signers), policy)


def test_a_log_that_nobody_named_is_refused() -> None:
    """However many known witnesses cosigned it."""
    head = Checkpoint("else.example", 3, HEAD.root)
    raw = a_note(head, a_log("else.example"), a_log(), a_witness("X1"))

    with pytest.raises(OriginUnknown):
        open_checkpoint(raw, a_policy("quorum X1"))


def test_a_bad_line_of_a_known_witness_spoils_the_checkpoint() -> None:
    """Even where the quorum would be met without it."""
    other = a_note(Checkpoint(LOG, 4, HEAD.root), a_witness("X2")).decode().splitlines()[-1]
    raw = a_note(HEAD, a_log(), a_witness("X1")) + f"{other}\n".encode()

    with pytest.raises(SignatureRefused):
        open_checkpoint(raw, a_policy("quorum X1"))
    opened = open_checkpoint(raw.replace(b" X2 ", b" Z9 "), a_policy("quorum X1"))
    assert opened.cosigned_at == (("X1", AT),)


@pytest.mark.parametrize("either", [SignatureKind.ED25519, SignatureKind.MLDSA44_COSIGNATURE])
def test_either_line_of_a_log_is_enough_while_keys_change(either: SignatureKind) -> None:
    """Two keys under one origin: any one of the listed logs."""
    policy = a_policy(f"log {a_signer(LOG, SignatureKind.MLDSA44_COSIGNATURE).vkey}", "quorum none")

    assert open_checkpoint(a_note(HEAD, a_signer(LOG, either)), policy).checkpoint == HEAD


def test_what_is_no_checkpoint_is_not_opened() -> None:
    """Each with its own fault, before any signature is looked at."""
    policy = a_policy("quorum none")
    empty = Checkpoint(LOG, 0, bytes(32))

    with pytest.raises(NoteMalformed):
        open_checkpoint(b"", policy)
    with pytest.raises(CheckpointMalformed):
        open_checkpoint(a_note(HEAD, a_log()).replace(b"\n3\n", b"\n03\n"), policy)
    with pytest.raises(WrongEmptyRoot):
        open_checkpoint(a_note(empty, a_log()), policy)


def test_a_public_checkpoint_opens_under_a_public_policy() -> None:
    """The log and the four witnesses of test_cosignature, three of them wanted."""
    raw = (VECTORS / "arche2025h1.note").read_bytes()
    log = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
    smartit = "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO"
    mole = "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv"
    text = (
        f"log {log}\nwitness a {REMORA}\nwitness b {smartit}\nwitness c {mole}\n"
        "group all-three all a b c\nquorum all-three\n"
    )
    opened = open_checkpoint(raw, parse_policy(text.encode()))

    assert opened.checkpoint.size == 1_432_088_532
    assert [name for name, _ in opened.cosigned_at] == ["b", "a", "c"]
