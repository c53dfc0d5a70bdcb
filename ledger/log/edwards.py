"""Which 32 bytes are a point of edwards25519 that a signature may rest on. Pure.

OpenSSL takes keys of low order, under which one fixed signature holds for every message. The
rules here are those of strict verification: RFC 8032 §5.1.3, and no point of low order.
"""

from typing import Final

POINT_BYTES: Final = 32
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_SIGN: Final = 2**255

# The order of each divides 8: y of orders 4, 1 and 2, what p makes of the first two, and order 8.
_LOW_ORDER_Y: Final = (
    0,
    1,
    _P - 1,
    _P,
    _P + 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
LOW_ORDER: Final = frozenset(
    (y + sign).to_bytes(POINT_BYTES, "little") for y in _LOW_ORDER_Y for sign in (0, _SIGN)
)
"""All 14 ways to write the 8 points of low order. Source: C2SP CCTV, ed25519/README.md."""


def is_sound_point(encoding: bytes) -> bool:
    """Tell whether bytes are the one way to write a point of the curve that has no low order.

    Source: RFC 8032 §5.1.3, which wants y below p and on the curve.
    """
    if len(encoding) != POINT_BYTES or encoding in LOW_ORDER:
        return False
    y = int.from_bytes(encoding, "little") % _SIGN
    return y < _P and _has_x(y)


def _has_x(y: int) -> bool:
    """Tell whether (y²-1)/(dy²+1) is a square; its product is one just when the quotient is."""
    square = y * y % _P
    return pow((square - 1) * (_D * square + 1), (_P - 1) // 2, _P) in {0, 1}
