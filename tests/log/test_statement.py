"""Statements of retirement: whatever they say is what the log holds, or the first difference is named."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.database import Urls
from ledger.log.canonical import canonical, leaf_hash
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.integrity import IntegrityMalformed, add_proof
from ledger.log.keys import SignatureRefused
from ledger.log.note import parse_note
from ledger.log.opening import QuorumMissing
from ledger.log.policy import Policy, parse_policy
from ledger.log.proof import LoggedProof, ProofMalformed
from ledger.log.retired import RecordUnfit
from ledger.log.statement import (
    STATEMENT_BYTES_MAX,
    ContextRefused,
    IssuerUnknown,
    StatementDiffers,
    StatementMalformed,
    make_statement,
    verify_statement,
)
from ledger.log.tree import WrongProof, inclusion_proof
from tests.log.leaves import Listed, made_up, naive_root
from tests.log.retirements import ONE, TWO
from tests.log.signers import LOG, a_log, a_note, a_witness
from tests.registry import opened, rows
from tests.store.test_doctor import tell_story

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POLICY: Policy = parse_policy(
    f"log {a_log().vkey}\nwitness w {a_witness('w').vkey}\nquorum w\n".encode()
)
KEY = a_log("statements.example").key


def logged(*records: bytes, quorum: bool = True) -> list[LoggedProof]:
    """Put records among other leaves, sign the tree, and prove each one."""
    others = made_up(5)
    tree = Listed([*others, *map(leaf_hash, records), *others])
    size = len(tree.leaves)
    signers = [a_log(), *([a_witness("w")] if quorum else [])]
    note = a_note(Checkpoint(LOG, size, naive_root(tree.leaves)), *signers)
    return [
        LoggedProof(5 + n, tuple(inclusion_proof(tree, 5 + n, size)), note, record)
        for n, record in enumerate(records)
    ]


def proofs_of(records: list[dict[str, Any]]) -> list[LoggedProof]:
    """Log records written as the engine writes them."""
    return logged(*map(canonical, records))


def a_statement(records: list[dict[str, Any]]) -> dict[str, Any]:
    """State a retirement, and read the document."""
    statement: dict[str, Any] = json.loads(make_statement(proofs_of(records), POLICY, KEY, AT))
    return statement


def signed_again(statement: dict[str, Any]) -> bytes:
    """Sign a changed statement with the registry's own key: the most that a dishonest issuer can."""
    document = {name: value for name, value in statement.items() if name != "proof"}
    return json.dumps(add_proof(document, KEY, statement["proof"]["created"])).encode()


def places(value: object, pointer: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """List the places of all scalars in a document."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*pointer, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*pointer, number))
    else:
        yield pointer


@pytest.mark.parametrize("records", [ONE, TWO])
def test_a_statement_is_verified_with_public_keys_alone(records: list[dict[str, Any]]) -> None:
    """Of one record or of several; however its JSON is spelled."""
    raw = make_statement(proofs_of(records), POLICY, KEY, AT)
    spaced = json.dumps(json.loads(raw), indent=2).encode()

    for spelled in (raw, spaced):
        verified = verify_statement(spelled, POLICY, [KEY.public])
        assert verified.retired.quantity == "12"
        assert [run.quantity for run in verified.retired.runs] == ["5", "7"]
        assert len(verified.heads) == len(records)
        assert verified.heads[0].cosigned_at[0][0] == "w"


def test_a_statement_tells_in_chinese_and_english() -> None:
    """Whose, what for, how much, and which certificates."""
    statement = a_statement(ONE)
    subject = statement["credentialSubject"]

    assert statement["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert [name["@language"] for name in statement["name"]] == ["zh-CN", "en"]
    assert subject["beneficiary"]["name"] == "示例铝业（试点）有限公司"
    assert subject["purposeName"][0]["@value"] == "绿色电力消费声明"
    assert subject["certificates"][1] == {
        "lot": "lot_00097jr000001",
        "firstSerial": "33",
        "quantity": "7",
    }
    assert statement["evidence"][0]["leafIndex"] == "5"


def test_every_field_of_a_statement_is_held_against_the_records() -> None:
    """Each scalar changed in turn, and signed again by the issuer's own key: the field is named."""
    statement = a_statement(ONE)
    document = {name: value for name, value in statement.items() if name != "proof"}
    free = {("validFrom",), ("evidence", 0, "tlogProof")}
    changed = 0

    for place in places(document):
        if place in free or place[0] == "@context":
            continue
        forged = deepcopy(statement)
        inner: Any = forged
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] += "0"
        with pytest.raises(StatementDiffers) as fault:
            verify_statement(signed_again(forged), POLICY, [KEY.public])
        assert fault.value.field == "".join(f"/{step}" for step in place)
        changed += 1

    assert changed > 30


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s["credentialSubject"].pop("purpose"), "/credentialSubject/purpose"),
        (lambda s: s["credentialSubject"].update(also="this"), "/credentialSubject/also"),
        (lambda s: s["credentialSubject"]["certificates"].pop(), "/credentialSubject/certificates"),
        (lambda s: s["credentialSubject"].update(quantity=12), "/credentialSubject/quantity"),
        (
            lambda s: s["credentialSubject"].update(beneficiary=None),
            "/credentialSubject/beneficiary",
        ),
        (lambda s: s.update(zzz={}), "/zzz"),
        (lambda s: s.update(description=None, zzz=None), "/description"),
    ],
)
def test_what_is_added_or_left_out_is_named_too(change: Any, field: str) -> None:
    """The first field in the order of keys."""
    forged = a_statement(ONE)
    change(forged)

    with pytest.raises(StatementDiffers) as fault:
        verify_statement(signed_again(forged), POLICY, [KEY.public])
    assert fault.value.field == field


def test_the_right_proof_of_another_retirement_is_no_evidence() -> None:
    """The mistake of CVE-2026-22703: any entry of the log would do."""
    other = deepcopy(ONE)
    other[0]["body"]["statement_no"] = "GL-2025-00001015-AAAAAAAAAA"
    forged = a_statement(ONE)
    forged["evidence"] = a_statement(other)["evidence"]

    with pytest.raises(StatementDiffers) as fault:
        verify_statement(signed_again(forged), POLICY, [KEY.public])
    assert fault.value.field == "/credentialSubject/statementNumber"


def test_a_record_that_is_not_the_logged_one_is_not_proved() -> None:
    """The record beside the proof hashes to another leaf."""
    honest = proofs_of(ONE)[0]
    forged = deepcopy(ONE)
    forged[0]["body"]["quantity"] = "13"
    lie = LoggedProof(honest.index, honest.hashes, honest.checkpoint, canonical(forged[0]))

    with pytest.raises(WrongProof):
        make_statement([lie], POLICY, KEY, AT)
    statement = a_statement(ONE)
    statement["evidence"][0]["tlogProof"] = bytes(lie).decode()
    with pytest.raises(WrongProof):
        verify_statement(signed_again(statement), POLICY, [KEY.public])


def test_nothing_is_stated_that_is_not_published() -> None:
    """Without the quorum there is no statement, and one made elsewhere is not believed."""
    proofs = logged(canonical(ONE[0]), quorum=False)
    lax = parse_policy(f"log {a_log().vkey}\nquorum none\n".encode())

    with pytest.raises(QuorumMissing):
        make_statement(proofs, POLICY, KEY, AT)
    with pytest.raises(QuorumMissing):
        verify_statement(make_statement(proofs, lax, KEY, AT), POLICY, [KEY.public])


def test_the_parts_of_a_retirement_stand_in_one_log() -> None:
    """A policy may know two logs, and each may hold a part of something else."""
    other = a_log("other.example")
    both = parse_policy(
        f"log {a_log().vkey}\nlog {other.vkey}\nwitness w {a_witness('w').vkey}\nquorum w\n".encode()
    )
    first, second = proofs_of(TWO)
    head = parse_checkpoint(parse_note(second.checkpoint).text)
    note = a_note(replace(head, origin="other.example"), other, a_witness("w"))
    moved = replace(second, checkpoint=note)
    forged = a_statement(TWO)
    forged["evidence"][1]["tlogProof"] = bytes(moved).decode()

    with pytest.raises(RecordUnfit):
        make_statement([first, moved], both, KEY, AT)
    with pytest.raises(RecordUnfit):
        verify_statement(signed_again(forged), both, [KEY.public])


def test_only_keys_for_statements_sign_statements() -> None:
    """Another key, or none that is accepted."""
    raw = make_statement(proofs_of(ONE), POLICY, KEY, AT)

    for accepted in ([], [a_log().key.public]):
        with pytest.raises(IssuerUnknown):
            verify_statement(raw, POLICY, accepted)


def test_a_changed_byte_breaks_the_signature() -> None:
    """Whoever changes it has no key."""
    raw = make_statement(proofs_of(ONE), POLICY, KEY, AT)

    with pytest.raises(SignatureRefused):
        verify_statement(raw.replace(b'"quantity":"12"', b'"quantity":"21"'), POLICY, [KEY.public])


@pytest.mark.parametrize(
    "context",
    [
        ["https://www.w3.org/ns/credentials/v2"],
        ["https://www.w3.org/ns/credentials/v2", {"@vocab": "urn:greenledger:terms:v2#"}],
        [{"@vocab": "urn:greenledger:terms:v1#"}, "https://www.w3.org/ns/credentials/v2"],
        None,
    ],
)
def test_words_under_another_context_are_refused(context: object) -> None:
    """vc-data-integrity, issue 272: authentic bytes under a swapped context mislead."""
    forged = a_statement(ONE) | {"@context": context}

    with pytest.raises(ContextRefused):
        verify_statement(signed_again(forged), POLICY, [KEY.public])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"a":1,"a":1}',
        b'{"a":1.5}',
        b"\xef\xbb\xbf{}",
        b'"' + b"x" * STATEMENT_BYTES_MAX + b'"',
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_no_statement(raw: bytes) -> None:
    """Duplicate keys, fractions, byte order marks, and what is too large."""
    with pytest.raises(StatementMalformed):
        verify_statement(raw, POLICY, [KEY.public])


def test_a_statement_has_a_proof_a_date_and_evidence() -> None:
    """Each missing in turn."""
    honest = a_statement(ONE)
    nonsense = honest | {"evidence": [{"tlogProof": "nonsense"}]}

    with pytest.raises(IntegrityMalformed):
        verify_statement(b"{}", POLICY, [KEY.public])
    for name, value in (
        ("evidence", None),
        ("evidence", []),
        ("evidence", [1]),
        ("evidence", [{"tlogProof": 1}]),
        ("validFrom", None),
        ("validFrom", "2026-01-02"),
        ("validFrom", "2026-01-02T03:04:05Z"),
    ):
        with pytest.raises(StatementMalformed):
            verify_statement(signed_again(honest | {name: value}), POLICY, [KEY.public])
    with pytest.raises(ProofMalformed):
        verify_statement(signed_again(nonsense), POLICY, [KEY.public])


def test_a_document_without_canonical_bytes_is_no_statement() -> None:
    """A key beyond ASCII would sort otherwise elsewhere."""
    forged = json.dumps(a_statement(ONE) | {"中": 1}).encode()

    with pytest.raises(StatementMalformed):
        verify_statement(forged, POLICY, [KEY.public])


def test_what_the_engine_recorded_can_be_stated(database: Urls) -> None:
    """A retirement as the registry posts it, with everything its record holds."""
    with opened(database.app) as registry:
        tell_story(registry)
    found = rows(database.owner, "SELECT body FROM journal WHERE kind = 'gec.retire' ORDER BY seq")
    records = [bytes(body) for (body,) in found]

    assert records
    for record in records:
        raw = make_statement(logged(record), POLICY, KEY, AT)
        verified = verify_statement(raw, POLICY, [KEY.public])
        assert verified.retired.beneficiary_code == json.loads(record)["body"]["beneficiary_code"]
