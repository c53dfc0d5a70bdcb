"""The languages answers are told in: what `Accept-Language` asks for, of the two we have."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]

TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
_RANGE: Final = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*"
)
_MILLE: Final = 1000


def preferred(header: str | None) -> Language:
    """Choose the language a caller likes best; English where none of ours is asked for."""
    best: tuple[int, Language] = (0, "en")
    for part in (header or "").split(","):
        found = _RANGE.fullmatch(part)
        language = _ours(found[1]) if found else None
        if found is not None and language is not None and _weight(found[2]) > best[0]:
            best = (_weight(found[2]), language)
    return best[1]


def _ours(tag: str) -> Language | None:
    match tag.lower():
        case "zh":
            return "zh"
        case "en" | "*":
            return "en"
        case _:
            return None


def _weight(quality: str | None) -> int:
    """Read a quality in thousandths; none given means 1."""
    if quality is None:
        return _MILLE
    whole, _, rest = quality.partition(".")
    return min(_MILLE, int(whole) * _MILLE + int(rest.ljust(3, "0") or "0"))
