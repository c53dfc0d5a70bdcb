"""The pieces that schemas of records are made of: closed objects, bounded lists, spelled numbers."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]

DIGITS: Final[Schema] = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,18})$"}
SIGNED: Final[Schema] = {"type": "string", "pattern": "^(0|-?[1-9][0-9]{0,18})$"}
DECIMAL: Final[Schema] = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,18})?$"}
FIGURE: Final[Schema] = {
    "type": "string",
    "pattern": "^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,18})?$",
}
HEX16: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
HEX32: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SIGNATURE: Final[Schema] = {"type": "string", "pattern": "^([0-9a-f]{2})+$"}
INSTANT: Final[Schema] = {
    "type": "string",
    "pattern": "^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$",
}
DAY: Final[Schema] = {"type": "string", "pattern": "^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$"}
MONTH: Final[Schema] = {"type": "string", "pattern": "^[12][0-9]{3}-(0[1-9]|1[0-2])$"}
YEAR: Final[Schema] = {"type": "string", "pattern": "^20[0-9]{2}$"}
PROVINCE: Final[Schema] = {"type": "string", "pattern": "^[1-9][0-9]$"}
PLACE: Final[Schema] = {"type": "string", "pattern": "^(00|[1-9][0-9])$"}
INSTRUMENT: Final[Schema] = {"type": "string", "pattern": "^[A-Z][A-Za-z0-9_-]{0,39}$"}
WORD: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9*][A-Za-z0-9_.:*/+-]{0,79}$"}
TEXT: Final[Schema] = {"type": "string"}
TRUTH: Final[Schema] = {"type": "boolean"}


def named(prefix: str) -> Schema:
    """Describe an id of a kind: its prefix and thirteen digits of base 32."""
    return {"type": "string", "pattern": f"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{12}}$"}


def one_of(*words: str) -> Schema:
    """Describe a word out of a list."""
    return {"enum": list(words)}


def closed(required: Schema, optional: Schema | None = None) -> Schema:
    """Describe an object that has these members and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": sorted(required),
        "additionalProperties": False,
    }


def listed(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    """Describe a list of `least` up to `most` items of one shape."""
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": items} | bounds | ({"maxItems": most} if most else {})


ACCOUNT: Final = named("acc")
PARTY: Final = named("pty")
PLANT: Final = named("plt")
LOT: Final = named("lot")
HOLD: Final = named("hld")
DOCUMENTS: Final = listed(named("doc"))
