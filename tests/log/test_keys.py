"""Keys and signatures: nothing is accepted under which a signature would prove nothing."""

import json
from itertools import compress, product
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.edwards import LOW_ORDER, is_sound_point
from ledger.log.keys import (
    KeyRefused,
    PublicKey,
    SignatureRefused,
    SoftwareKey,
    Suite,
    generate_key,
)

VECTORS = Path(__file__).parent / "vectors"
EDGES: dict[str, Any] = json.loads((VECTORS / "ed25519_edges.json").read_text("utf-8"))
"""C2SP CCTV ed25519/ed25519vectors.json at 1e3d2860d46e."""

HARMLESS = {"low_order_component_A", "low_order_component_R"}
"""Flags that strict verification lets pass, as CCTV tells of ed25519-dalek's verify_strict."""

# Source: C2SP CCTV, ed25519/README.md, "Low-order edwards25519 point encodings".
LISTED = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)


def holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether both the key and the signature are taken."""
    try:
        PublicKey(Suite.ED25519, key).verify(message, signature)
    except (KeyRefused, SignatureRefused):
        return False
    return True


def test_the_edge_vectors_are_judged_as_strict_verification_judges_them() -> None:
    """914 published edge cases, told apart by their flags alone."""
    judged = []
    for key, big_r, s, message, bits in EDGES["rows"]:
        flags = {name for place, name in enumerate(EDGES["flags"]) if bits >> place & 1}
        signature = bytes.fromhex(EDGES["rs"][big_r] + EDGES["ss"][s])
        taken = holds(
            bytes.fromhex(EDGES["keys"][key]), EDGES["messages"][message].encode(), signature
        )
        judged.append(taken is (flags <= HARMLESS))

    assert len(judged) == 914
    assert all(judged)


def test_the_library_alone_would_let_one_signature_stand_for_everything() -> None:
    """Why the filter is there: the identity as key, and a signature of nothing."""
    identity = bytes([1]) + bytes(31)
    signature = identity + bytes(32)

    for message in (b"pay me", b"pay her"):
        Ed25519PublicKey.from_public_bytes(identity).verify(signature, message)
        assert not holds(identity, message, signature)


def test_the_list_of_low_order_points_is_the_published_one() -> None:
    """Fourteen encodings of eight points, and none of them is a key."""
    assert {bytes.fromhex(line) for line in LISTED} == LOW_ORDER
    assert not any(map(is_sound_point, LOW_ORDER))


@pytest.mark.parametrize("sign", [0, 2**255])
def test_a_point_is_written_in_one_way_only(sign: int) -> None:
    """The nineteen values of y from p on are second ways to write small ones."""
    encodings = [(y + sign).to_bytes(32, "little") for y in range(2**255 - 19, 2**255)]

    assert not any(map(is_sound_point, encodings))


def test_about_half_of_all_values_are_on_the_curve() -> None:
    """A point off the curve would make a key whose signatures all fail, with nobody knowing why."""
    sound = [is_sound_point(y.to_bytes(32, "little")) for y in range(2, 202)]

    assert 70 < sum(sound) < 130


@given(st.binary(min_size=32, max_size=32))
def test_the_key_of_any_seed_is_sound(seed: bytes) -> None:
    """Nothing an honest party makes is ever refused."""
    assert is_sound_point(
        Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    )


@pytest.mark.parametrize(("suite", "length"), list(product(Suite, (0, 31, 33, 64, 1311, 1313))))
def test_a_key_of_another_length_is_refused(suite: Suite, length: int) -> None:
    """A suite has one length of key."""
    with pytest.raises(KeyRefused):
        PublicKey(suite, bytes(length))


@pytest.mark.parametrize("suite", [Suite.ED25519, Suite.MLDSA44])
def test_what_a_key_signs_holds_and_nothing_else_does(suite: Suite) -> None:
    """Another message, another key, another or no signature."""
    key, other = generate_key(suite), generate_key(suite)
    signature = key.sign(b"message")
    key.public.verify(b"message", signature)
    wrong = [
        (key, b"massage", signature),
        (other, b"message", signature),
        (key, b"message", signature[:-1]),
        (key, b"message", signature + b"\0"),
        (key, b"message", bytes([signature[0] ^ 1]) + signature[1:]),
        (key, b"message", b""),
    ]

    for signer, message, forged in wrong:
        with pytest.raises(SignatureRefused) as fault:
            signer.public.verify(message, forged)
        assert fault.value.code == "signature_invalid"


def test_an_s_beyond_the_order_is_refused() -> None:
    """Adding the order to S would be a second signature of the same message (RFC 8032 §5.1.7)."""
    key = SoftwareKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    signature = key.sign(b"message")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order

    with pytest.raises(SignatureRefused):
        key.public.verify(b"message", signature[:32] + s.to_bytes(32, "little"))


def test_keys_of_sm2_are_made_in_devices_only() -> None:
    """Plain software is no place for them."""
    with pytest.raises(KeyRefused):
        generate_key(Suite.SM2_SM3)


def test_no_private_byte_shows_in_a_log_line() -> None:
    """What is printed by accident tells nothing."""
    seed = bytes(range(32))
    key = SoftwareKey(Ed25519PrivateKey.from_private_bytes(seed))

    assert seed.hex() not in repr(key)
    assert repr(seed) not in repr(key)


def test_the_edge_vectors_cover_what_the_library_accepts() -> None:
    """The filter is needed: without it OpenSSL takes 208 of the 914."""
    rows = EDGES["rows"]
    taken = list(compress(rows, map(_library_takes, rows)))

    assert len(taken) == 208


def _library_takes(row: list[int]) -> bool:
    key, big_r, s, message, _ = row
    signature = bytes.fromhex(EDGES["rs"][big_r] + EDGES["ss"][s])
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(EDGES["keys"][key]))
    try:
        public.verify(signature, EDGES["messages"][message].encode())
    except InvalidSignature:
        return False
    return True
