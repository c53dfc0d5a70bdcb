"""Cosignatures: what public witnesses signed holds, and what we sign is what the specification says."""

from pathlib import Path

import pytest

from ledger.log.checkpoint import Checkpoint, CheckpointMalformed
from ledger.log.cosignature import TIME_MAX, Signer, UnfitForKind, check_signatures
from ledger.log.keys import SignatureRefused
from ledger.log.note import Note, SignatureLine, parse_note
from ledger.log.vkey import SignatureKind, parse_vkey
from tests.log.signers import AT, LOG, a_log, a_note, a_signer, a_witness

VECTORS = Path(__file__).parent / "vectors"
# A checkpoint of a public log, cosigned in public by witnesses: florolf/tlog-scales at
# 92102757f0a1, tests/test_signing.py; the witnesses' keys as their operators publish them.
ARCHE = (VECTORS / "arche2025h1.note").read_bytes()
ARCHE_KEYS = [
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
]
# The same source: a checkpoint with a cosignature of ML-DSA-44 by a public witness.
COACH = (VECTORS / "coachandhorses2026h1.note").read_bytes()
NAVIGLI = (VECTORS / "navigli-mldsa44.vkey").read_text("utf-8").strip()
HEAD = Checkpoint(LOG, 3, bytes(range(32)))
TIMED = [SignatureKind.ED25519_COSIGNATURE, SignatureKind.MLDSA44_COSIGNATURE]


@pytest.mark.parametrize("vkey", ARCHE_KEYS)
def test_what_others_signed_holds(vkey: str) -> None:
    """A log's line and four witnesses' cosignatures, each by itself."""
    key = parse_vkey(vkey)
    (signed,) = check_signatures(parse_note(ARCHE), [key])

    assert signed.key == key
    assert signed.at == (0 if key.kind is SignatureKind.ED25519 else 1_779_573_024)


def test_a_cosignature_of_ml_dsa_44_that_others_made_holds() -> None:
    """The message names witness, time, origin, size and root."""
    (signed,) = check_signatures(parse_note(COACH), [parse_vkey(NAVIGLI)])

    assert signed.at == 1_785_704_691


@pytest.mark.parametrize(("raw", "vkey"), [(ARCHE, ARCHE_KEYS[1]), (COACH, NAVIGLI)])
def test_no_character_of_a_cosigned_head_can_be_changed(raw: bytes, vkey: str) -> None:
    """Origin, size and root, each one off."""
    note, key = parse_note(raw), parse_vkey(vkey)
    origin, size, root, rest = note.text.split("\n")
    changed = [
        (origin + "x", size, root, rest),
        (origin, str(int(size) + 1), root, rest),
        (origin, size, "A" * 43 + "=", rest),
    ]

    for lines in changed:
        with pytest.raises(SignatureRefused):
            check_signatures(Note("\n".join(lines), note.signatures), [key])


@pytest.mark.parametrize("kind", list(SignatureKind)[:3])
def test_a_line_holds_for_its_text_and_time_only(kind: SignatureKind) -> None:
    """Nor under another name with the same key, where the kind signs the name."""
    signer, text = a_signer("w.example", kind), str(HEAD)
    line = signer.sign(text, AT)
    keys = [signer.vkey]
    time, rest = line.signature[:8], line.signature[8:]
    later = SignatureLine(line.name, line.key_id, (AT + 1).to_bytes(8, "big") + rest)

    (signed,) = check_signatures(Note(text, (line,)), keys)
    assert signed.at == (AT if kind in TIMED else 0)
    assert time == AT.to_bytes(8, "big") or kind not in TIMED
    for forged in (Note(text, (later,)), Note(text + "more\n", (line,))):
        with pytest.raises(SignatureRefused):
            check_signatures(forged, keys)


def test_a_cosignature_signs_the_very_bytes_of_the_specification() -> None:
    """C2SP tlog-cosignature, "Ed25519 signed message": its example, letter by letter."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    witness = a_witness("witness.example.com/w1")
    line = witness.sign(text, 1_679_315_147)
    message = f"cosignature/v1\ntime 1679315147\n{text}"

    assert line.signature[:8] == (1_679_315_147).to_bytes(8, "big")
    witness.key.public.verify(message.encode(), line.signature[8:])


def test_a_cosignature_of_ml_dsa_44_signs_the_very_bytes_of_the_specification() -> None:
    """C2SP tlog-cosignature, "ML-DSA-44 signed message": label, names, numbers, root."""
    witness = a_signer("w.example", SignatureKind.MLDSA44_COSIGNATURE)
    line = witness.sign(str(HEAD), AT)
    message = (
        b"subtree/v1\n\0\x09w.example"
        + AT.to_bytes(8, "big")
        + b"\x14log.example/registry"
        + bytes(8)
        + (3).to_bytes(8, "big")
        + HEAD.root
    )

    assert len(line.signature) == 8 + 2420
    witness.key.public.verify(message, line.signature[8:])


def test_two_lines_of_a_log_stand_beside_each_other() -> None:
    """Ed25519 for today, ML-DSA-44 for the day after; who knows one key passes over the other."""
    lines = a_log(), a_signer(LOG, SignatureKind.MLDSA44_COSIGNATURE)
    note = parse_note(a_note(HEAD, *lines, at=0))

    for known in ([lines[0]], [lines[1]], lines):
        signed = check_signatures(note, [signer.vkey for signer in known])
        assert [each.key for each in signed] == [signer.vkey for signer in known]


def test_a_time_beyond_the_format_is_neither_told_nor_believed() -> None:
    """C2SP tlog-cosignature, "Format": at most 2^63 - 1."""
    witness = a_witness("w.example")
    text = str(HEAD)
    line = witness.sign(text, TIME_MAX)
    beyond = SignatureLine(line.name, line.key_id, b"\x80" + bytes(7) + line.signature[8:])

    check_signatures(Note(text, (line,)), [witness.vkey])
    with pytest.raises(UnfitForKind):
        witness.sign(text, TIME_MAX + 1)
    with pytest.raises(SignatureRefused):
        check_signatures(Note(text, (beyond,)), [witness.vkey])


@pytest.mark.parametrize("name_bytes", [255, 256])
def test_names_are_as_long_as_one_byte_can_count(name_bytes: int) -> None:
    """transparency-dev/formats, note_cosigv1_test.go: TestFormatMLDSASignatureV1."""
    kind = SignatureKind.MLDSA44_COSIGNATURE
    long_name = a_signer("w" * name_bytes, kind)
    long_origin = Checkpoint("o" * name_bytes, 1, HEAD.root)
    attempts: list[tuple[Signer, Checkpoint]] = [
        (long_name, HEAD),
        (a_signer("w", kind), long_origin),
    ]

    for signer, head in attempts:
        if name_bytes > 255:
            with pytest.raises(UnfitForKind):
                signer.sign(str(head), AT)
        else:
            check_signatures(Note(str(head), (signer.sign(str(head), AT),)), [signer.vkey])


def test_extension_lines_are_covered_or_refused() -> None:
    """ML-DSA-44 would leave them out; formats, TestSigCoversExtensionLines, for the other kind."""
    text = str(HEAD) + "more\n"
    line = a_witness("w.example").sign(text, AT)

    check_signatures(Note(text, (line,)), [a_witness("w.example").vkey])
    with pytest.raises(UnfitForKind):
        a_signer("w", SignatureKind.MLDSA44_COSIGNATURE).sign(text, AT)


def test_only_checkpoints_are_signed_as_trees() -> None:
    """There is no size and root in another text."""
    signer = a_signer("w", SignatureKind.MLDSA44_COSIGNATURE)

    with pytest.raises(CheckpointMalformed):
        signer.sign("hello\n", AT)
