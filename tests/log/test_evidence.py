"""Evidence of requests: published vectors, and what a change of any byte of it comes to."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.evidence import (
    COMPONENTS,
    POSTED_WITHIN_SECONDS,
    TAG,
    Evidence,
    EvidenceBodyChanged,
    EvidenceMalformed,
    EvidenceUnfit,
    EvidenceUntimely,
    check_evidence,
    read_evidence,
)
from ledger.log.faults import LogFault
from ledger.log.keys import PublicKey, SignatureRefused, Suite, generate_key
from tests.http.signing import Message

# Source: RFC 9421 §B.1.4 (test-key-ed25519) and §B.2.6 (signature base and signature).
RFC_KEY: Final = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
RFC_BASE: Final = """\
"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")\
;created=1618884473;keyid="test-key-ed25519\""""
RFC_SIGNATURE: Final = (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)
# Source: RFC 9421 §B.2, whose test request has this body and Content-Digest (RFC 9530 §2, here of SHA-256).
RFC_BODY: Final = b'{"hello": "world"}'
RFC_DIGEST: Final = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"

PRIVATE: Final = generate_key(Suite.ED25519)
MADE: Final = Message("/v1/x?a=b", RFC_BODY, "key 1", 1_700_000_000, "key_0000000000zzz")


def signed(message: Message, base: bytes | None = None) -> Evidence:
    """Sign a message, or another base in its place."""
    text = message.base(message.parameters).encode() if base is None else base
    return Evidence(text, PRIVATE.sign(text), message.body)


GOOD: Final = signed(MADE)


def check(evidence: Evidence, at: int = MADE.created, late_seconds: int = 0) -> Any:
    """Check under the key that signs here."""
    return check_evidence(evidence, PRIVATE.public, at, late_seconds)


def test_the_vector_of_the_standard_verifies_and_no_other_base_does() -> None:
    """RFC 9421 §B.2.6; of it our seam sees base, key and signature."""
    key = PublicKey(Suite.ED25519, b64decode(RFC_KEY))
    key.verify(RFC_BASE.encode(), b64decode(RFC_SIGNATURE))

    for other in (RFC_BASE.replace("POST", "GET"), RFC_BASE + "\n", RFC_BASE.lower()):
        with pytest.raises(SignatureRefused):
            key.verify(other.encode(), b64decode(RFC_SIGNATURE))


def test_the_vector_of_the_standard_is_not_of_this_profile() -> None:
    """It covers neither the body nor the whole address, and has no nonce."""
    evidence = Evidence(RFC_BASE.encode(), b64decode(RFC_SIGNATURE), RFC_BODY)

    with pytest.raises(EvidenceUnfit):
        read_evidence(evidence)


def test_a_bodys_digest_is_spelt_as_the_standard_spells_it() -> None:
    """RFC 9530: a dictionary with one byte sequence."""
    assert MADE.digest == RFC_DIGEST
    assert check(GOOD).body == RFC_BODY


def test_evidence_tells_what_was_signed() -> None:
    """Every component, every parameter."""
    said = check(GOOD)

    assert (said.method, said.target_uri) == ("POST", "http://testserver/v1/x?a=b")
    assert (said.content_type, said.idempotency_key) == ("application/json", "key 1")
    assert (said.key_id, said.created, said.expires) == (
        MADE.key_id,
        MADE.created,
        MADE.created + 60,
    )
    assert len(said.nonce) == 32


def test_the_digest_is_of_the_digests_of_base_signature_and_body() -> None:
    """So that an auditor, who may not see the body, can still check base and signature under it."""
    parts = b"".join(sha256(part).digest() for part in (GOOD.base, GOOD.signature, GOOD.body))

    assert GOOD.digest == sha256(parts).digest()
    assert GOOD.digest != Evidence(GOOD.base, GOOD.signature, b"").digest


@given(at=st.integers(0, len(GOOD.base) - 1), bit=st.integers(0, 7))
def test_no_bit_of_the_base_can_be_another(at: int, bit: int) -> None:
    """Signed by the key or not at all."""
    base = bytearray(GOOD.base)
    base[at] ^= 1 << bit

    with pytest.raises(LogFault):
        check(replace(GOOD, base=bytes(base)))


@given(at=st.integers(0, 63), bit=st.integers(0, 7))
def test_no_bit_of_the_signature_can_be_another(at: int, bit: int) -> None:
    """Not even one that another encoding of the same signature would have."""
    signature = bytearray(GOOD.signature)
    signature[at] ^= 1 << bit

    with pytest.raises(SignatureRefused):
        check(replace(GOOD, signature=bytes(signature)))


@given(body=st.binary(max_size=40).filter(lambda body: body != RFC_BODY))
def test_no_other_body_goes_with_it(body: bytes) -> None:
    """Whatever it is."""
    with pytest.raises(EvidenceBodyChanged):
        check(replace(GOOD, body=body))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"components": COMPONENTS[1:]}, EvidenceUnfit),
        ({"components": (*COMPONENTS, "@method")}, EvidenceUnfit),
        ({"tag": "another"}, EvidenceUnfit),
        ({"nonce": "x" * 15}, EvidenceUnfit),
        ({"nonce": "x" * 65}, EvidenceUnfit),
        ({"alg": "rsa-pss-sha512"}, EvidenceUnfit),
        ({"lifetime": 301}, EvidenceUntimely),
        ({"lifetime": 0}, EvidenceUntimely),
        ({"lifetime": -5}, EvidenceUntimely),
        ({"idem": "x" * 16_384}, EvidenceMalformed),
        ({"idem": "a\nb"}, EvidenceMalformed),
        ({"idem": "schlüssel"}, EvidenceMalformed),
    ],
)
def test_what_is_not_of_the_profile_is_refused_though_it_is_signed(
    changes: dict[str, Any], fault: type[LogFault]
) -> None:
    """Components, parameters, lifetime; each refused by its own kind."""
    with pytest.raises(fault):
        check(signed(replace(MADE, **changes)))


def test_the_order_of_components_and_parameters_is_the_signers() -> None:
    """RFC 9421 leaves both open; what is signed is what is read."""
    backwards = replace(MADE, components=tuple(reversed(COMPONENTS)))
    text = GOOD.base.decode()
    head, tag = text.rsplit(f';tag="{TAG}"', 1)
    moved = head.replace(";created", f';tag="{TAG}";created') + tag

    assert check(signed(backwards)).method == "POST"
    assert check(signed(MADE, moved.encode())).key_id == MADE.key_id
    assert check(signed(replace(MADE, alg="ed25519"))).key_id == MADE.key_id


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"@method": POST\n', ""),
        lambda text: text.replace('"@method": POST', '"@method": POST\n"@method": GET'),
        lambda text: text.replace('"@signature-params"', '"@signature-param"'),
        lambda text: text.replace(";created=", ";created=x"),
        lambda text: text.replace(";created=", ";created=1;created="),
        lambda text: text + ";x",
        lambda text: text + "\n",
        lambda _: "",
    ],
)
def test_what_is_no_signature_base_is_told_as_such(spoil: Any) -> None:
    """Lines missing, doubled, misnamed; parameters twice or unreadable."""
    with pytest.raises(EvidenceMalformed):
        check(signed(MADE, spoil(GOOD.base.decode()).encode()))


def test_a_parameter_that_is_not_of_the_profile_is_refused() -> None:
    """One more than the five; a number where a text should be."""
    text = GOOD.base.decode()
    for other in (text + ';more="1"', text.replace(f';tag="{TAG}"', ";tag=1")):
        with pytest.raises(EvidenceUnfit):
            check(signed(MADE, other.encode()))


@pytest.mark.parametrize(
    ("after", "late", "good"),
    [
        (-6, 0, False),
        (-5, 0, True),
        (60, 0, True),
        (61, 0, False),
        (120, 60, True),
        (121, 60, False),
    ],
)
def test_evidence_is_of_its_time(after: int, late: int, *, good: bool) -> None:
    """Five seconds early at most; as late as it may have waited for its turn."""
    assert POSTED_WITHIN_SECONDS == 60
    if good:
        assert check(GOOD, MADE.created + after, late).created == MADE.created
        return
    with pytest.raises(EvidenceUntimely):
        check(GOOD, MADE.created + after, late)
