"""The record of a journal, version 1: RFC 8785 JSON, quantities as decimal strings."""

from __future__ import annotations

import json
from typing import Any, Final

JOURNAL_VERSION: Final = 1
_DIGITS: Final = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}
_HEX32: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_INSTRUMENT: Final = {"type": "string", "pattern": "^[A-Z][A-Za-z0-9_-]*$"}


def _id(prefix: str) -> dict[str, str]:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{13}}$"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


_POSTING: Final = _object(
    {
        "n": {"type": "integer", "minimum": 1, "maximum": 64},
        "debit": _id("acc"),
        "credit": _id("acc"),
        "instrument": _INSTRUMENT,
        "amount": _DIGITS,
    },
    {"lot": _id("lot"), "first": _DIGITS, "price_fen": _DIGITS},
)
_TOUCHED: Final = _object(
    {
        "account": _id("acc"),
        "instrument": _INSTRUMENT,
        "version": {"type": "integer", "minimum": 1},
    }
)
_HOLD: Final = _object(
    {
        "hold": _id("hld"),
        "event": {"enum": ["open", "settle", "release", "expire", "freeze", "take"]},
        "amount": _DIGITS,
    }
)

JOURNAL_RECORD: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "greenledger:record:journal:1",
    "title": "Journal record, version 1",
    "description": "One act: who, what, when, under which rules, and the postings that followed.",
    **_object(
        {
            "v": {"const": JOURNAL_VERSION},
            "log": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "id": _id("jrn"),
            "group": _id("jrn"),
            "part": {"type": "integer", "minimum": 1},
            "parts": {"type": "integer", "minimum": 1},
            "kind": {"type": "string", "pattern": r"^[a-z]+\.[a-z_]+$"},
            "at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
            "day": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
            "actor": _object(
                {"party": _id("pty"), "person": {"type": "string"}, "client": _id("clt")}
            ),
            "req": _HEX32,
            "rules": _HEX32,
            "salt": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "touched": {"type": "array", "items": _TOUCHED},
        },
        {
            "body": {"type": "object"},
            "continues": _id("jrn"),
            "key": {
                **_HEX32,
                "description": "SHA-256 of the idempotency key, in the first part of a group.",
            },
            "evidence": {
                **_HEX32,
                "description": "Digest of the signed request, in the first part of its group: SHA-256 "
                "over the SHA-256 of signature base, signature and body.",
            },
            "external": _object({"source": {"type": "string"}, "id": {"type": "string"}}),
            "reverses": _id("jrn"),
            "holds": {"type": "array", "items": _HOLD, "minItems": 1},
            "postings": {"type": "array", "items": _POSTING, "minItems": 1, "maxItems": 64},
        },
    ),
    "oneOf": [{"required": ["body"]}, {"required": ["continues"]}],
}


def schema_text() -> str:
    """Render the schema as it is published in `schemas/json/journal.json`."""
    return json.dumps(JOURNAL_RECORD, ensure_ascii=False, indent=2) + "\n"
