"""Proofs inside documents: the official vectors of eddsa-jcs-2022, and nothing looser."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.faults import LogFault
from ledger.log.integrity import IntegrityMalformed, add_proof, check_proof
from ledger.log.jcs import jcs
from ledger.log.keys import KeyRefused, SignatureRefused, SoftwareKey
from ledger.log.multikey import (
    MultibaseMalformed,
    from_multibase,
    from_multikey,
    method_of,
    multibase,
    multikey,
)

# W3C vc-di-eddsa at abb673eb9df6: TestVectors/eddsa-jcs-2022 and keyPair.json.
VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "eddsa_jcs_2022.json").read_text("utf-8")
)
SIGNED: dict[str, Any] = VECTOR["signed"]
PUBLIC = from_multikey(VECTOR["key_pair"]["publicKeyMultibase"])
SEED = from_multibase(VECTOR["key_pair"]["privateKeyMultibase"])[2:]
KEY = SoftwareKey(Ed25519PrivateKey.from_private_bytes(SEED))
DOCUMENT = {name: value for name, value in SIGNED.items() if name != "proof"}


def test_the_official_document_is_signed_to_the_byte() -> None:
    """Key, canonical bytes, and the proof's value."""
    created = SIGNED["proof"]["created"]

    assert KEY.public == PUBLIC
    assert method_of(PUBLIC) == SIGNED["proof"]["verificationMethod"]
    assert jcs(DOCUMENT).decode() == VECTOR["document_bytes"]
    assert add_proof(DOCUMENT, KEY, created) == SIGNED
    assert multibase(bytes.fromhex(VECTOR["signature"])) == SIGNED["proof"]["proofValue"]


def test_the_official_signature_holds() -> None:
    """And what is answered is the document without its proof."""
    PUBLIC.verify(bytes.fromhex(VECTOR["hashes"]), bytes.fromhex(VECTOR["signature"]))

    assert check_proof(SIGNED, PUBLIC) == DOCUMENT


@pytest.mark.parametrize("place", list(DOCUMENT))
def test_no_field_can_be_changed_or_taken_away(place: str) -> None:
    """Each one is covered."""
    changed, poorer = deepcopy(SIGNED), deepcopy(SIGNED)
    changed[place] = "other"
    del poorer[place]

    for forged in (changed, poorer, SIGNED | {"more": 1}):
        with pytest.raises((SignatureRefused, IntegrityMalformed)):
            check_proof(forged, PUBLIC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "OtherProof"),
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("proofPurpose", "authentication"),
        ("created", "2023-02-24T23:36:39Z"),
        ("created", None),
        ("verificationMethod", "did:key:other"),
        ("@context", SIGNED["@context"][:1]),
        ("@context", None),
        ("proofValue", None),
        ("proofValue", "z"),
        ("proofValue", "u" + SIGNED["proof"]["proofValue"][1:]),
        ("proofValue", SIGNED["proof"]["proofValue"].replace("2HnFS", "2HnFT")),
        ("proofValue", SIGNED["proof"]["proofValue"] * 2),
        ("more", 1),
    ],
)
def test_no_option_of_the_proof_can_be_another(name: str, value: object) -> None:
    """Purpose, date, method, context and the value itself."""
    forged = deepcopy(SIGNED)
    forged["proof"][name] = value

    with pytest.raises(LogFault) as fault:
        check_proof(forged, PUBLIC)
    assert fault.value.code in {"integrity_malformed", "signature_invalid", "multibase_malformed"}


def test_a_context_is_not_added_after_signing() -> None:
    """The standard lets a document have more contexts than its proof; here nobody signed them."""
    forged = deepcopy(SIGNED)
    forged["@context"].append("https://elsewhere.example")

    with pytest.raises(IntegrityMalformed):
        check_proof(forged, PUBLIC)


@pytest.mark.parametrize("proof", [None, [], [SIGNED["proof"]], "proof", {}])
def test_a_document_has_exactly_one_proof(proof: object) -> None:
    """Neither none nor a set of them."""
    with pytest.raises(IntegrityMalformed):
        check_proof(SIGNED | {"proof": proof}, PUBLIC)


@given(st.binary(max_size=64))
def test_bytes_are_read_back_from_their_multibase(raw: bytes) -> None:
    """Zeros in front included; the empty ones are the prefix alone."""
    assert from_multibase(multibase(raw)) == raw


@pytest.mark.parametrize("text", ["", "2HnFS", "z0", "zO", "zé", "z 1", "Z2HnFS", "z" + "1" * 128])
def test_a_text_in_another_alphabet_is_refused(text: str) -> None:
    """Base58 leaves out what looks alike."""
    with pytest.raises(MultibaseMalformed):
        from_multibase(text)


@given(st.text("z12AZaz", max_size=9))
def test_a_text_that_is_read_is_the_text_it_is_written_as(text: str) -> None:
    """No second spelling of the same bytes exists."""
    try:
        raw = from_multibase(text)
    except MultibaseMalformed:
        return
    assert multibase(raw) == text


def test_a_key_of_another_kind_or_of_low_order_is_refused() -> None:
    """X25519 has another code; the identity is nobody's."""
    with pytest.raises(MultibaseMalformed):
        from_multikey(multibase(b"\xec\x01" + PUBLIC.raw))
    with pytest.raises(KeyRefused):
        from_multikey(multibase(b"\xed\x01" + bytes([1]) + bytes(31)))
    assert multikey(PUBLIC) == VECTOR["key_pair"]["publicKeyMultibase"]
