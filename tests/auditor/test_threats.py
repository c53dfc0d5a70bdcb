"""Each threat of signing.md §7 that an auditor can see, under its code, from both verifiers."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from ledger.log.note import Note, SignatureLine, parse_note
from ledger.log.vkey import SignatureKind
from tests.auditor.both import found
from tests.auditor.bundles import (
    ORIGIN,
    POLICY_TEXT,
    REGULATOR,
    Told,
    bundled,
    checkpoint,
    signer,
)
from tests.auditor.life import Life

LOW_ORDER: Final = bytes([1, *bytes(31)])
THIEF: Final = signer(ORIGIN + ".", SignatureKind.ED25519)


def _edited(bundle: Path) -> None:
    """An insider edits a sealed record."""
    path = bundle / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b'"operator one"', b'"operator two"', 1))


def _cut(bundle: Path) -> None:
    """The last entries are gone."""
    next((bundle / "tile/entries/001.p").iterdir()).unlink()


def _cut_in_an_entry(bundle: Path) -> None:
    path = bundle / "tile/entries/000"
    path.write_bytes(path.read_bytes()[:-1])


def _rotten_leaf(bundle: Path) -> None:
    path = bundle / "tile/0/000"
    raw = bytearray(path.read_bytes())
    raw[32 * 77] ^= 1
    path.write_bytes(raw)


def _rotten_node(bundle: Path) -> None:
    path = bundle / "tile/1/000.p/1"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def _lost_tile(bundle: Path) -> None:
    (bundle / "tile/0/000").unlink()


def _short_tile(bundle: Path) -> None:
    path = bundle / "tile/0/000"
    path.write_bytes(path.read_bytes()[:-1])


def _no_checkpoint(bundle: Path) -> None:
    (bundle / "checkpoint").unlink()


def _broken_signature(bundle: Path) -> None:
    _resigned(bundle, lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:])


def _low_order_r(bundle: Path) -> None:
    _resigned(bundle, lambda _: LOW_ORDER + bytes(32))


def _resigned(bundle: Path, change: Callable[[bytes], bytes]) -> None:
    note = parse_note((bundle / "checkpoint").read_bytes())
    first, *rest = note.signatures
    bad = SignatureLine(first.name, first.key_id, change(first.signature))
    (bundle / "checkpoint").write_bytes(bytes(Note(note.text, (bad, *rest))))


def _cut_note(bundle: Path) -> None:
    path = bundle / "checkpoint"
    path.write_bytes(path.read_bytes()[:-1])


def _evidence(bundle: Path) -> Path:
    return next((bundle / "evidence").glob("*/*.json"))


@pytest.mark.parametrize(
    ("part", "change", "code"),
    [
        (None, None, "evidence_missing"),
        ("body", b'{"name": "another"}', "request_mismatch"),
        ("signature", bytes(64), "request_mismatch"),
        ("base", b"", "request_mismatch"),
    ],
)
def test_a_request_stands_as_it_was_signed(
    life: Life, tmp_path: Path, part: str | None, change: bytes | None, code: str
) -> None:
    """The registry can neither invent what somebody asked for, nor lose it."""
    bundle = bundled(life, tmp_path)
    path = _evidence(bundle)
    told = json.loads(path.read_bytes())
    path.unlink()
    if part is not None and change is not None:
        told[part] = b64encode(change).decode()
        path.write_text(json.dumps(told), "utf-8")
    index = next(n for n, raw in enumerate(life.records) if path.stem.encode() in raw)

    assert found(bundle) == (code, index)


def _rulebook_changed(bundle: Path) -> None:
    for path in (bundle / "rules").iterdir():
        path.write_bytes(path.read_bytes().replace(b"value = 1000", b"value = 100", 1))


@pytest.mark.parametrize(
    ("damage", "code", "index"),
    [
        (_edited, "entry_not_in_tree", 0),
        (_cut, "missing_entries", 256),
        (_cut_in_an_entry, "misshapen_bundle", 255),
        (_rotten_leaf, "entry_not_in_tree", 77),
        (_rotten_node, "tile_not_of_tree", 0),
        (_lost_tile, "missing_tile", None),
        (_short_tile, "misshapen_tile", None),
        (_no_checkpoint, "checkpoint_missing", None),
        (_broken_signature, "signature_invalid", None),
        (_low_order_r, "signature_invalid", None),
        (_cut_note, "note_malformed", None),
    ],
)
def test_damage_to_a_bundle_is_named(
    life: Life, tmp_path: Path, damage: Callable[[Path], None], code: str, index: int | None
) -> None:
    """Rot, cuts and edits, each at its first bad index."""
    bundle = bundled(life, tmp_path)
    damage(bundle)

    assert found(bundle) == (code, index)


def test_a_changed_rulebook_is_not_the_one_adopted(life: Life, tmp_path: Path) -> None:
    """Rules are named by the digest of their bytes; whatever file they come in."""
    bundle = bundled(life, tmp_path)
    _rulebook_changed(bundle)
    adopted = [n for n, raw in enumerate(life.records) if b'"rulebook.adopt"' in raw]
    missing = found(bundle)

    assert missing is not None
    assert missing[0] == "rulebook_missing"
    assert missing[1] in adopted


@pytest.mark.parametrize(
    ("told", "policy", "code"),
    [
        (Told(witnesses=(REGULATOR,)), POLICY_TEXT, "quorum_missing"),
        (Told(witnesses=()), POLICY_TEXT, "quorum_missing"),
        (Told(origin=THIEF.name, log=THIEF), POLICY_TEXT, "origin_unknown"),
        (Told(log=THIEF), POLICY_TEXT, "log_signature_missing"),
        (Told(), POLICY_TEXT.replace("quorum both\n", ""), "policy_malformed"),
        (Told(), POLICY_TEXT.replace("+", "+0", 1), "vkey_malformed"),
    ],
)
def test_who_does_not_vouch_is_missed(
    life: Life, tmp_path: Path, told: Told, policy: str, code: str
) -> None:
    """A stolen log key signs what no witness was shown; another log's checkpoint is another log's."""
    assert found(bundled(life, tmp_path, told), policy) == (code, None)


def test_a_key_of_low_order_vouches_for_nothing(life: Life, tmp_path: Path) -> None:
    """Under it, one signature would hold for every checkpoint."""
    import base64
    from hashlib import sha256

    name = "weak.example/log"
    key_id = sha256(f"{name}\n".encode() + b"\x01" + LOW_ORDER).digest()[:4].hex()
    vkey = f"{name}+{key_id}+{base64.b64encode(bytes([1]) + LOW_ORDER).decode()}"
    policy = f"log {vkey}\n{POLICY_TEXT}"

    assert found(bundled(life, tmp_path), policy) == ("key_refused", None)


def test_two_histories_of_one_log_do_not_both_stand(life: Life, tmp_path: Path) -> None:
    """Fork, rollback or rewriting: the checkpoint of the last visit is not of this tree."""
    other = life.records[:150] + life.records[151:200]
    before = checkpoint(other)
    shorter = life.but(life.records[:100])

    assert found(bundled(life, tmp_path / "a", since=before)) == ("not_consistent", None)
    assert found(bundled(shorter, tmp_path / "b", since=before)) == ("not_consistent", None)
    good = checkpoint(life.records[:150])
    assert found(bundled(life, tmp_path / "c", since=good)) is None
