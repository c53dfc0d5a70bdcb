"""SM2 over SM3: published examples, and what the system's OpenSSL signs."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import Signer
from ledger.log.keys import KeyRefused, PublicKey, SignatureRefused, Suite
from ledger.log.opening import open_checkpoint
from ledger.log.policy import parse_policy
from ledger.log.sm2 import digest, is_on_curve, verify_digest
from ledger.log.vkey import SignatureKind
from tests.log.signers import LOG, a_log, a_note

OPENSSL = shutil.which("openssl") or ""
# GB/T 32918.5-2017, annex A: the message, its digest e, the key, and a signature.
MESSAGE = b"message digest"
E = 0xF0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640
KEY = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SIGNATURE = encode_dss_signature(
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA,
)
# OpenSSL, test/recipes/30-test_evp_data/evppkey_sm2.txt: SM2_key1 and its two rows of SM3.
OPENSSL_KEY = bytes.fromhex(
    "04393a2ad9e27e43acaaab85a19d3b85591e14406157175addd37bf77ff0caf9ed"
    "37fcf3a8b4f55c038523261fca6636afe6a7afa2a1482a606f5cb3a18b2e2a1e"
)
OPENSSL_ROWS = [
    (
        0xD7AD397F6FFA5D4F7F11E7217F241607DC30618C236D2C09C1B9EA8FDADEE2E8,
        (
            "3046022100ab1db64de7c40edbde6651c9b8ebdb804673db836e5d5c7fe15dcf9ed2725037"
            "022100eba714451ff69b0bb930b379e192e7cd5fa6e3c41c7fbd8303b799ab54a54621"
        ),
    ),
    (
        0xB1139602C6ECC9E15E2F3F9C635A1AFE737058BC15387479C1EA0D0B3D90E9E5,
        (
            "3045022100e6e0414ebd3a656c35602af14ab20287dbf30d57af75c49a188ed4b42391f224"
            "02202f54f277c606f4605e1ce9514947ffddf94c67a539804a4ed17f852288bdbe2e"
        ),
    ),
]


def test_the_example_of_the_standard_holds() -> None:
    """Digest and signature of GB/T 32918.5-2017, annex A."""
    assert digest(KEY, MESSAGE) == E
    PublicKey(Suite.SM2_SM3, KEY).verify(MESSAGE, SIGNATURE)


@pytest.mark.parametrize(("e", "signature"), OPENSSL_ROWS)
def test_the_rows_of_openssl_hold(e: int, signature: str) -> None:
    """The same signatures OpenSSL's own tests verify; one bit more, and they do not."""
    verify_digest(OPENSSL_KEY, e, bytes.fromhex(signature))

    with pytest.raises(InvalidSignature):
        verify_digest(OPENSSL_KEY, e ^ 1, bytes.fromhex(signature))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        SIGNATURE[:-1] + bytes([SIGNATURE[-1] ^ 1]),
        SIGNATURE[:2] + b"\x02\x22\0" + SIGNATURE[4:],
        encode_dss_signature(0, 1),
        encode_dss_signature(1, 0),
        encode_dss_signature(1, 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122),
        encode_dss_signature(2**256, 2**256),
    ],
)
def test_a_signature_in_another_form_or_range_is_refused(signature: bytes) -> None:
    """One way of DER, r and s within the order and not cancelling out."""
    with pytest.raises(SignatureRefused):
        PublicKey(Suite.SM2_SM3, KEY).verify(MESSAGE, signature)


def test_a_point_off_the_curve_is_no_key() -> None:
    """Neither another y nor a coordinate beyond the field, nor a compressed point."""
    prime = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
    beyond = b"\x04" + (prime + 1).to_bytes(32, "big") + KEY[33:]

    for raw in (KEY[:-1] + b"\x14", beyond, b"\x02" + KEY[1:33], b"\x05" + KEY[1:]):
        assert not is_on_curve(raw)
        with pytest.raises(KeyRefused):
            PublicKey(Suite.SM2_SM3, raw)


def run_openssl(*words: str) -> bytes:
    """Run the system's OpenSSL; what it says when it fails is the test's message."""
    done = subprocess.run([OPENSSL, *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def openssl_knows_sm2() -> bool:
    """Tell whether the system has an OpenSSL, and it has the curve."""
    if not OPENSSL:
        return False
    curves = subprocess.run([OPENSSL, "ecparam", "-list_curves"], capture_output=True, check=False)
    return b"SM2" in curves.stdout


@dataclass(frozen=True)
class OpensslKey:
    """A key of the system's OpenSSL, as a device would be: it signs, and never comes here."""

    folder: Path

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        key = str(self.folder / "key.pem")
        return PublicKey(
            Suite.SM2_SM3, run_openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-65:]
        )

    def sign(self, message: bytes) -> bytes:
        """Sign with the default user id."""
        key, text, signature = (str(self.folder / name) for name in ("key.pem", "text", "out"))
        Path(text).write_bytes(message)
        run_openssl(
            *("pkeyutl", "-sign", "-inkey", key, "-in", text, "-out", signature, "-rawin"),
            *("-digest", "sm3", "-pkeyopt", "distid:1234567812345678"),
        )
        return Path(signature).read_bytes()


@pytest.fixture
def sm2_key(tmp_path: Path) -> OpensslKey:
    """Make a key that is thrown away."""
    if not openssl_knows_sm2():
        pytest.skip("the system's openssl does not know SM2")
    run_openssl("genpkey", "-algorithm", "SM2", "-out", str(tmp_path / "key.pem"))
    return OpensslKey(tmp_path)


def test_what_openssl_signs_holds(sm2_key: OpensslKey) -> None:
    """Whatever the message; and for no other one."""
    signature = sm2_key.sign("绿证\n".encode())
    sm2_key.public.verify("绿证\n".encode(), signature)

    with pytest.raises(SignatureRefused):
        sm2_key.public.verify("绿正\n".encode(), signature)


def test_a_line_of_sm2_stands_beside_the_log_s_own(sm2_key: OpensslKey) -> None:
    """Who knows the key opens the checkpoint by it; who does not passes over the line."""
    signer = Signer(LOG, SignatureKind.SM2_SM3, sm2_key)
    head = Checkpoint(LOG, 3, bytes(range(32)))
    raw = a_note(head, a_log(), signer)

    for vkey in (a_log().vkey, signer.vkey):
        policy = parse_policy(f"log {vkey}\nquorum none\n".encode())
        assert [line.key for line in open_checkpoint(raw, policy).log] == [vkey]
        with pytest.raises(SignatureRefused):
            open_checkpoint(raw.replace(b"\n3\n", b"\n4\n"), policy)
