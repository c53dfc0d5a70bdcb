"""Numbers and bytes as C2SP texts spell them: each in one way only. Pure."""

import re
from base64 import b64decode, b64encode
from typing import Final

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def decimal(text: str) -> int | None:
    """Read a whole number below 2^63 without leading zeros, or answer None."""
    number = int(text) if _DECIMAL.fullmatch(text) else None
    return number if number is not None and number < 2**63 else None


def base64_text(raw: bytes) -> str:
    """Write bytes. Source: RFC 4648 §4, padded."""
    return b64encode(raw).decode()


def base64_bytes(text: str) -> bytes | None:
    """Read what `base64_text` writes, and nothing else; or answer None.

    Unused bits that are not zero are refused, too: RFC 4648 §3.5 lets a reader do so.
    """
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if base64_text(raw) == text else None
