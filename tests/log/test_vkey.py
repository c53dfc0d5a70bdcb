"""Verifier keys: read strictly, told in one line."""

from pathlib import Path

import pytest

from ledger.log.faults import LogFault
from ledger.log.keys import KeyRefused, PublicKey, Suite
from ledger.log.vkey import SignatureKind, VerifierKey, VkeyMalformed, is_key_name, parse_vkey

VECTORS = Path(__file__).parent / "vectors"
# C2SP signed-note, "Example"; golang.org/x/mod sumdb/note, note_test.go; and keys of public
# witnesses and logs, of which the first two are in C2SP's tlog-witness network, the last is
# in transparency-dev/tessera, testdata/build_log.sh.
PUBLISHED = [
    ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "ED25519"),
    ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "ED25519"),
    ("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop", "ED25519"),
    ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", "ED25519_COSIGNATURE"),
    (
        (
            "witness.navigli.sunlight.geomys.org+a3e00fe2"
            "+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G"
        ),
        "ED25519_COSIGNATURE",
    ),
    ("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", "ED25519"),
    ((VECTORS / "navigli-mldsa44.vkey").read_text("utf-8").strip(), "MLDSA44_COSIGNATURE"),
]
PETER = PUBLISHED[1][0]


@pytest.mark.parametrize(("text", "kind"), PUBLISHED)
def test_a_published_key_is_read_and_written_back(text: str, kind: str) -> None:
    """Name, id and key are those of others' software, to the byte."""
    key = parse_vkey(text)

    assert str(key) == text
    assert key.kind is SignatureKind[kind]
    assert text.startswith(f"{key.name}+{key.key_id.hex()}+")


def test_every_mangling_of_a_key_is_refused() -> None:
    """Each part cut out of it, and each character raised by one: sumdb/note, TestNewVerifier."""
    ends = range(len(PETER) + 1)
    cuts = {PETER[i:j] for i in ends for j in ends[i + 1 :]} - {PETER}
    raised = {PETER[:i] + chr(ord(PETER[i]) + 1) + PETER[i + 1 :] for i in range(len(PETER))}

    for mangled in cuts | raised:
        with pytest.raises(LogFault):
            parse_vkey(mangled)


@pytest.mark.parametrize(
    "text",
    [
        # sumdb/note, TestNewVerifier: a longer key, and an unknown kind, both with fitting ids.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        # transparency-dev/formats, note_verifier_test.go: ECDSA is not ours.
        (
            "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXw"
            "BcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc="
        ),
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("PeterNeumann", ""),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER + "\n",
        "PeterNeumann+00000000+",
        "PeterNeumann+00000000+AQ==",
    ],
)
def test_a_key_of_another_form_or_kind_is_refused(text: str) -> None:
    """One spelling, known kinds, the id of the parts."""
    with pytest.raises((VkeyMalformed, KeyRefused)):
        parse_vkey(text)


def test_a_key_of_low_order_is_no_verifier_key() -> None:
    """The seam's filter stands before every policy and registration."""
    with pytest.raises(KeyRefused) as fault:
        parse_vkey("example.com/foo+16f9f5d5+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

    assert "example.com/foo" in str(fault.value)


def test_one_key_has_another_id_for_every_kind_of_signature() -> None:
    """A log's line and a cosignature cannot be mistaken for each other (C2SP signed-note)."""
    public = parse_vkey(PETER).public
    ids = {
        VerifierKey("one", kind, public).key_id
        for kind in (SignatureKind.ED25519, SignatureKind.ED25519_COSIGNATURE)
    }

    assert len(ids) == 2


def test_a_key_of_sm2_is_told_under_a_long_identifier() -> None:
    """C2SP leaves 0xff to kinds without a byte of their own."""
    point = bytes.fromhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    key = VerifierKey("log.example", SignatureKind.SM2_SM3, PublicKey(Suite.SM2_SM3, point))

    assert parse_vkey(str(key)) == key


def test_a_kind_signs_with_keys_of_its_suite_only() -> None:
    """An Ed25519 key under the id of another suite would be misread by others."""
    with pytest.raises(VkeyMalformed):
        VerifierKey("one", SignatureKind.MLDSA44_COSIGNATURE, parse_vkey(PETER).public)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\u3000b", "a\nb", "a\x01b", "\ud800"]
)
def test_a_name_that_would_break_a_line_is_refused(name: str) -> None:
    """No spaces of any script, no plus, no controls."""
    assert not is_key_name(name)
    with pytest.raises(VkeyMalformed):
        VerifierKey(name, SignatureKind.ED25519, parse_vkey(PETER).public)


def test_a_name_may_be_chinese() -> None:
    """Names are UTF-8, and so are their ids."""
    key = VerifierKey("绿证.example/账本", SignatureKind.ED25519, parse_vkey(PETER).public)

    assert parse_vkey(str(key)) == key
