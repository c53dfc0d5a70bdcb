"""Signed notes: one way to write them, and no other bytes are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.cosignature import check_signatures
from ledger.log.keys import SignatureRefused
from ledger.log.note import (
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    Note,
    NoteMalformed,
    SignatureLine,
    parse_note,
)
from ledger.log.vkey import is_key_name, parse_vkey

# golang.org/x/mod, sumdb/note/note_test.go: TestOpen.
PETER = parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
ENOCH = parse_vkey("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)
BOTH = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
NAMES = st.text(min_size=1, max_size=8).filter(
    lambda name: is_key_name(name) and not any("\ud800" <= sign <= "\udfff" for sign in name)
)
LINES = st.builds(
    SignatureLine,
    NAMES,
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=80),
)
TEXTS = st.text(st.characters(codec="utf-8", min_codepoint=32) | st.just("\n"), max_size=40).map(
    lambda text: text + "\n"
)
NOTES = st.builds(Note, TEXTS, st.lists(LINES, min_size=1, max_size=4).map(tuple))
NEAR_NOTES = st.lists(
    st.sampled_from(["\n", "\n\n", "— ", "a", " ", "AAAAAAA=", "AAAAAA==", "+", "\t", "\r"])
).map(lambda parts: "".join(parts).encode())


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ([PETER], ["PeterNeumann"]),
        ([ENOCH], ["EnochRoot"]),
        ([PETER, ENOCH], ["PeterNeumann", "EnochRoot"]),
        ([], []),
    ],
)
def test_signatures_of_known_keys_hold_and_others_are_passed_over(
    keys: list[object], names: list[str]
) -> None:
    """sumdb/note, TestOpen."""
    note = parse_note(BOTH.encode())
    chosen = [key for key in (PETER, ENOCH) if key in keys]

    assert note.text == TEXT
    assert [each.key.name for each in check_signatures(note, chosen)] == names


def test_the_example_of_the_specification_holds() -> None:
    """C2SP signed-note, "Example"."""
    key = parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = parse_note(
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXpp"
        "zi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n".encode()
    )

    assert [each.key for each in check_signatures(note, [key])] == [key]


def test_a_text_with_blank_lines_is_parted_at_the_last_one() -> None:
    """C2SP signed-note, the first example: a poem in two stanzas."""
    raw = (
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito "
        "sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+Eh"
        "fLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    ).encode()
    note = parse_note(raw)

    assert note.text.endswith("ed è subito sera.\n")
    assert bytes(note) == raw


@pytest.mark.parametrize(
    "raw",
    [
        # sumdb/note, TestOpen: badMsgs.
        TEXT,
        TEXT + "\n",
        (TEXT + "\n" + PETER_LINE)[:-1],
        "\x01" + TEXT + "\n" + PETER_LINE,
        TEXT
        + "\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
        "otpRZb6KE6RyyBwJnAM=",
        TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
        TEXT + "\n" + PETER_LINE * (SIGNATURES_MAX + 1),
        # Ours.
        "",
        "\n",
        BOTH.replace("\n", "\r\n"),
        TEXT + "\t\n\n" + PETER_LINE,
        TEXT + "\n" + PETER_LINE + "\n",
        TEXT + "\n" + PETER_LINE.replace("— ", "- "),
        TEXT + "\n" + PETER_LINE.replace("— ", "—"),
        TEXT + "\n" + PETER_LINE.replace("AM=", "AN="),
        TEXT + "\n" + PETER_LINE.replace("AM=", "AM"),
        TEXT + "\n" + PETER_LINE.replace("=", "= "),
        TEXT + "\n— PeterNeumann x08gow==\n",
        TEXT + "\n— Peter+Neumann x08go/Y=\n",
        TEXT + "\n— Peter\u3000Neumann x08go/Y=\n",
        "x" * NOTE_BYTES_MAX + "\n\n" + PETER_LINE,
    ],
)
def test_bytes_that_are_no_note_are_refused(raw: str) -> None:
    """Whatever two readers could read in two ways."""
    with pytest.raises(NoteMalformed):
        parse_note(raw.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    """sumdb/note, TestOpen; and a surrogate, which UTF-8 has no bytes for."""
    for raw in (b"\xff" + BOTH.encode(), b"\xed\xa0\x80" + BOTH.encode()):
        with pytest.raises(NoteMalformed):
            parse_note(raw)


@pytest.mark.parametrize(
    "line",
    [
        PETER_LINE[:60] + "ABCD" + PETER_LINE[60:],  # sumdb/note, TestOpen
        PETER_LINE.replace("yyBwJ", "yyBwK"),
        ENOCH_LINE.replace("EnochRoot rwz+eB", "PeterNeumann x08gox"),
    ],
)
def test_a_bad_signature_of_a_known_key_spoils_the_note(line: str) -> None:
    """Even where another good one of the same key stands beside it."""
    note = parse_note(f"{TEXT}\n{PETER_LINE}{line}".encode())

    assert not check_signatures(note, [])
    with pytest.raises(SignatureRefused) as fault:
        check_signatures(note, [PETER])
    assert "PeterNeumann" in fault.value.sentence


def test_a_line_that_shares_only_name_or_only_id_is_unknown() -> None:
    """C2SP signed-note, "Signatures": both must match."""
    misnamed = PETER_LINE.replace("PeterNeumann", "CarmenSandiego")
    other_id = PETER_LINE.replace("x08g", "xxxx")

    for line in (misnamed, other_id):
        assert not check_signatures(parse_note(f"{TEXT}\n{line}".encode()), [PETER])


@given(NOTES)
def test_a_note_is_read_back_from_its_bytes(note: Note) -> None:
    """Whatever the text, blank lines at its end included."""
    assert parse_note(bytes(note)) == note


@given(NEAR_NOTES | st.binary())
def test_bytes_that_are_read_are_the_bytes_it_is_written_as(raw: bytes) -> None:
    """No second spelling of the same note exists."""
    try:
        note = parse_note(raw)
    except NoteMalformed:
        return
    assert bytes(note) == raw
