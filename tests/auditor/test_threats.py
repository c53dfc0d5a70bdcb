"""Each threat of signing.md §7 that an auditor can see, under its code, from both verifiers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from ledger.log.note import Note, SignatureLine, parse_note
from ledger.log.vkey import SignatureKind
from tests.auditor.both import found, found_in
from tests.auditor.bundles import (
    ORIGIN,
    POLICY_TEXT,
    REGULATOR,
    Told,
    bundled,
    checkpoint,
    signer,
)
from tests.auditor.forging import Forger
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
    shorter = Life(life.records[:100], life.rulebooks)

    assert found(bundled(life, tmp_path / "a", since=before)) == ("not_consistent", None)
    assert found(bundled(shorter, tmp_path / "b", since=before)) == ("not_consistent", None)
    good = checkpoint(life.records[:150])
    assert found(bundled(life, tmp_path / "c", since=good)) is None


Forge = Callable[[Forger], int | None]
"""Write on, and tell at which index it must come out; None: at the last record."""


def _again(forger: Forger, kind: str) -> int:
    """Let a later act of a kind take the serials that an earlier one took from the same account."""
    taken: dict[tuple[str, str], str] = {}
    for index, record in enumerate(forger.records):
        postings = record.get("postings", [])
        if record["kind"] != kind or len(postings) != 1:
            continue
        key = (postings[0]["debit"], postings[0]["lot"])
        if key in taken:
            postings[0]["first"] = taken[key]
            return index
        taken[key] = str(int(postings[0]["first"]) + int(postings[0]["amount"]) - 1)
    raise AssertionError(kind)


def _retired_twice(forger: Forger) -> int:
    return _again(forger, "gec.retire")


def _sold_after_sale(forger: Forger) -> int:
    return _again(forger, "transfer.listing")


def _issued_twice(forger: Forger) -> None:
    new = forger.copied(forger.find("gec.issue"))
    for posting in new["postings"]:
        if "lot" in posting:
            posting["lot"] = new["body"]["lot_id"]


def _brought_in_twice(forger: Forger) -> int:
    """A retirement from another registry is claimed again under the same origin."""
    first, second = forger.find("opening.lot"), forger.find("opening.lot", 1)
    second["external"] = dict(first["external"])
    return forger.index(second)


def _played_again(forger: Forger) -> None:
    new = forger.copied(forger.find("cea.move"))
    new["key"], new["actor"] = forger.find("cea.move")["key"], forger.find("cea.move")["actor"]


def _after_revocation(forger: Forger) -> None:
    client = forger.find("client.revoke")["body"]["client_id"]
    new = forger.copied(forger.find("document.store"), document_id="doc_0000000zzzzzz")
    new["actor"] = {**new["actor"], "client": client}


def _back_dated(forger: Forger) -> int:
    record = forger.find("cea.surrender")
    record["at"], record["day"] = "2025-12-31T15:59:59.000000Z", "2025-12-31"
    return forger.index(record)


def _day_before(forger: Forger) -> int:
    record = forger.find("gec.retire")
    record["day"] = record["day"][:-1] + str((int(record["day"][-1]) + 9) % 10)
    return forger.index(record)


def _left_out(forger: Forger) -> int:
    """The sealer skips a sale; the next act of either account shows the gap."""
    first, second = forger.find("transfer.bilateral"), None
    accounts = {told["account"] for told in first["touched"]}
    at = forger.index(first)
    forger.records.remove(first)
    for record in forger.records[at:]:
        if accounts & {told["account"] for told in record["touched"]}:
            second = record
            break
    assert second is not None
    return forger.index(second)


def _out_of_nothing(forger: Forger) -> None:
    new = forger.copied(forger.find("cea.create"))
    new["postings"][0]["amount"] = str(int(new["postings"][0]["amount"]) + 1)


def _out_of_custody(forger: Forger) -> None:
    """More is surrendered for a year than there is."""
    new = forger.copied(forger.find("cea.surrender"))
    for posting in new["postings"]:
        posting["amount"] = "1000000"
    new["body"]["allowances"] = [{"vintage": "2025", "quantity": "1000000"}]


def _more_room(forger: Forger) -> int:
    record = forger.find("cea.verify")
    record["postings"][1]["amount"] = str(int(record["postings"][1]["amount"]) + 1)
    return forger.index(record)


def _more_certificates(forger: Forger) -> int:
    """One more is issued than its energy makes."""
    record = forger.find("gec.issue")
    count = str(int(record["body"]["count"]) + 1)
    record["body"]["count"] = record["postings"][1]["amount"] = count
    return forger.index(record)


def _frozen_units(forger: Forger) -> int:
    """A freeze marks other serials than the record says; the court's transfer then takes unmarked ones."""
    record = forger.find("units.freeze")
    run = record["holds"][-1]["runs"][0]
    run["first"] = str(int(run["first"]) + 1)
    return forger.index(record)


def _alone(forger: Forger) -> int:
    """One person gives both words."""
    record = forger.find("approval.approve")
    maker = next(
        other["actor"]["person"]
        for other in forger.records
        if other["kind"] == "approval.open"
        and other["body"]["approval_id"] == record["body"]["approval_id"]
    )
    for other in forger.records:
        if other["group"] == record["group"]:
            other["actor"] = {**other["actor"], "person": maker}
    return forger.index(record)


def _without_approval(forger: Forger) -> None:
    forger.copied(forger.find("account.freeze"))


def _taken_back_twice(forger: Forger) -> int:
    group = forger.find("reverse.act")["group"]
    again = [record for record in forger.records if record["group"] == group]
    first, second = (json.loads(json.dumps(record)) for record in again)
    opened = forger.copied(forger.find("approval.open"))
    opened["body"] = {**opened["body"], "approval_id": "apr_0000000zzzzzz"}
    opened["body"]["expires_at"] = "2999-01-01T00:00:00.000000Z"
    opened.pop("holds", None)
    opened["touched"] = []
    versions = forger.versions()
    approved = forger.copied(first, approval_id="apr_0000000zzzzzz")
    back = forger.copied(second)
    approved |= {"parts": 2}
    back |= {"part": 2, "parts": 2, "group": approved["id"], "req": approved["req"]}
    back["actor"] = approved["actor"]
    del back["key"]
    assert versions
    return forger.index(back)


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (_retired_twice, "not_live"),
        (_sold_after_sale, "not_the_owner"),
        (_issued_twice, "serials_overlap"),
        (_brought_in_twice, "name_taken"),
        (_played_again, "key_seen"),
        (_after_revocation, "client_revoked"),
        (_back_dated, "time_backwards"),
        (_day_before, "day_mismatch"),
        (_left_out, None),
        (_out_of_nothing, "body_mismatch"),
        (_out_of_custody, "balance_below_floor"),
        (_more_room, "body_mismatch"),
        (_more_certificates, "energy_mismatch"),
        (_frozen_units, None),
        (_alone, "not_approved"),
        (_without_approval, "not_approved"),
        (_taken_back_twice, "reversal_mismatch"),
    ],
)
def test_what_cannot_be_true_is_found_though_all_keys_were_stolen(
    life: Life, forge: Forge, code: str | None
) -> None:
    """The forger seals anew with every key of the registry; the records themselves tell."""
    forger = Forger(life)
    expected = forge(forger)
    told = found_in(forger.life())

    assert told is not None
    assert told[1] == (len(forger.records) - 1 if expected is None else expected)
    assert code in (None, told[0])


def test_nothing_is_wrong_with_the_life_itself(life: Life) -> None:
    """So whatever is found above comes of the forging."""
    assert found_in(Forger(life).life()) is None
