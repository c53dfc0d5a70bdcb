"""SM2 signatures over SM3, verified: for checkpoints that must also satisfy commercial cryptography.

Loaded only when a key of this suite is. Everything here is public, so plain integers do; signing
belongs in certified devices. Source: GB/T 32918.2-2016 §7 and the curve of GB/T 32918.5-2017.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SM3, Hash

USER_ID: Final = b"1234567812345678"
"""What a signer is called where nobody says otherwise. Source: GM/T 0009-2012."""

_P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A: Final = _P - 3
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
_WIDTH: Final = 32
_UNCOMPRESSED: Final = 4

_Point: TypeAlias = "tuple[int, int] | None"
"""Affine; None is the point at infinity."""


def is_on_curve(raw: bytes) -> bool:
    """Tell whether bytes are an uncompressed point of the curve, 04 || x || y."""
    if len(raw) != 1 + 2 * _WIDTH or raw[0] != _UNCOMPRESSED:
        return False
    x, y = _coordinates(raw)
    return max(x, y) < _P and (y * y - (x**3 + _A * x + _B)) % _P == 0


def verify(raw: bytes, message: bytes, signature: bytes) -> None:
    """Return if a DER signature of r and s holds for a key that is on the curve.

    Raises:
        InvalidSignature: it does not.
    """
    verify_digest(raw, digest(raw, message), signature)


def digest(raw: bytes, message: bytes) -> int:
    """Hash a message bound to the curve, the signer's name and key: e of GB/T 32918.2 §7.1."""
    bits = len(USER_ID) * 8
    fixed = b"".join(_bytes(number) for number in (_A, _B, _GX, _GY))
    signer = _sm3(bits.to_bytes(2, "big") + USER_ID + fixed + raw[1:])
    return int.from_bytes(_sm3(signer + message), "big")


def verify_digest(raw: bytes, e: int, signature: bytes) -> None:
    """Return if a signature holds for a digest. Source: GB/T 32918.2 §7.1, steps B1 to B7.

    Raises:
        InvalidSignature: it does not, or is written in another way than DER's one way.
    """
    r, s = _parts(signature)
    t = (r + s) % _N
    if not (0 < r < _N and 0 < s < _N and t):
        raise InvalidSignature
    point = _add(_times(s, (_GX, _GY)), _times(t, _coordinates(raw)))
    if point is None or (e + point[0] - r) % _N:
        raise InvalidSignature


def _parts(signature: bytes) -> tuple[int, int]:
    try:
        return decode_dss_signature(signature)
    except ValueError:
        raise InvalidSignature from None


def _coordinates(raw: bytes) -> tuple[int, int]:
    x, y = raw[1 : 1 + _WIDTH], raw[1 + _WIDTH :]
    return int.from_bytes(x, "big"), int.from_bytes(y, "big")


def _bytes(number: int) -> bytes:
    return number.to_bytes(_WIDTH, "big")


def _sm3(data: bytes) -> bytes:
    sponge = Hash(SM3())
    sponge.update(data)
    return sponge.finalize()


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    rise, run = (3 * x1 * x1 + _A, 2 * y1) if one == other else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, _P) % _P
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _add(total, point)
        point, factor = _add(point, point), factor >> 1
    return total
