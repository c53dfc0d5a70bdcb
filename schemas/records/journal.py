"""The record of a journal, version 1: RFC 8785 JSON, quantities as decimal strings."""

from __future__ import annotations

import json
from typing import Final

from schemas.records.bodies import BODIES
from schemas.records.shapes import (
    DAY,
    DIGITS,
    HEX16,
    HEX32,
    INSTANT,
    INSTRUMENT,
    TEXT,
    Schema,
    closed,
    listed,
    named,
    one_of,
)

JOURNAL_VERSION: Final = 1
_COUNTER: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
_POSTING: Final = closed(
    {
        "n": _COUNTER,
        "debit": named("acc"),
        "credit": named("acc"),
        "instrument": INSTRUMENT,
        "amount": DIGITS,
    },
    {"lot": named("lot"), "first": DIGITS, "price_fen": DIGITS},
)
_TOUCHED: Final = closed({"account": named("acc"), "instrument": INSTRUMENT, "version": _COUNTER})
_RUN: Final = closed({"lot": named("lot"), "first": DIGITS, "count": DIGITS})
_HOLD: Final = closed(
    {
        "hold": named("hld"),
        "event": one_of("open", "settle", "release", "expire", "freeze", "take"),
        "amount": DIGITS,
    },
    {"runs": listed(_RUN, least=1)},
)
_REQUIRED: Final[Schema] = {
    "v": {"const": JOURNAL_VERSION},
    "log": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
    "id": named("jrn"),
    "group": named("jrn"),
    "part": _COUNTER,
    "parts": _COUNTER,
    "at": INSTANT,
    "day": DAY,
    "actor": closed({"party": named("pty"), "person": TEXT, "client": named("clt")}),
    "req": HEX32,
    "rules": HEX32,
    "salt": HEX16,
    "touched": listed(_TOUCHED),
}
_OPTIONAL: Final[Schema] = {
    "key": {
        **HEX32,
        "description": "SHA-256 of the idempotency key, in the first part of a group.",
    },
    "evidence": {
        **HEX32,
        "description": "Digest of the signed request, in the first part of its group: SHA-256 "
        "over the SHA-256 of signature base, signature and body.",
    },
    "external": closed({"source": TEXT, "id": TEXT}),
    "reverses": named("jrn"),
    "holds": listed(_HOLD, least=1),
    "postings": listed(_POSTING, least=1, most=64),
}


def journal_schemas(kind: str) -> tuple[Schema, Schema]:
    """Describe the records of one kind: an act's first record, with its body, and any later one.

    Raises:
        KeyError: there is no such kind.
    """
    required = _REQUIRED | {"kind": {"const": kind}}
    return (
        closed(required | {"body": BODIES[kind]}, _OPTIONAL),
        closed(required | {"continues": named("jrn")}, _OPTIONAL),
    )


JOURNAL_RECORD: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "greenledger:record:journal:1",
    "title": "Journal record, version 1",
    "description": "One act: who, what, when, under which rules, and the postings that followed.",
    **closed(
        _REQUIRED | {"kind": one_of(*BODIES)},
        _OPTIONAL | {"body": {"type": "object"}, "continues": named("jrn")},
    ),
    "oneOf": [{"required": ["body"]}, {"required": ["continues"]}],
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"properties": {"body": {"$ref": f"#/$defs/{kind}"}}},
        }
        for kind in BODIES
    ],
    "$defs": BODIES,
}


def schema_text() -> str:
    """Render the schema as it is published in `schemas/json/journal.json`."""
    return json.dumps(JOURNAL_RECORD, ensure_ascii=False, indent=2) + "\n"
