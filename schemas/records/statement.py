"""The statement of a retirement, version 1: a W3C Verifiable Credential 2.0 with `eddsa-jcs-2022`."""

from __future__ import annotations

import json
from typing import Any, Final

from schemas.text import JsonValue

STATEMENT_CONTEXT: Final[list[JsonValue]] = [
    "https://www.w3.org/ns/credentials/v2",
    {"@vocab": "urn:greenledger:terms:v1#"},
]
"""The one context: under another, the same signed words could be made to mean something else."""

_TEXT: Final = {"type": "string", "minLength": 1}
_DIGITS: Final = {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}
_INSTANT: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
_DID: Final = "did:key:z6Mk[1-9A-HJ-NP-Za-km-z]+"


def _id(prefix: str) -> dict[str, str]:
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-hjkmnp-tv-z]{{13}}$"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], least: int = 1) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_TOLD: Final = _list(_object({"@value": _TEXT, "@language": {"enum": ["zh-CN", "en"]}}), 0)
_SUBJECT: Final = _object(
    {
        "type": {"const": "Retirement"},
        "registry": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "journal": _id("jrn"),
        "retirement": _id("ret"),
        "statementNumber": _TEXT,
        "beneficiary": _object({"creditCode": _TEXT, "name": _TEXT}),
        "purpose": _TEXT,
        "purposeName": _TOLD,
        "consumptionYear": {"type": "string", "pattern": r"^\d{4}$"},
        "quantity": _DIGITS,
        "unit": {"const": "MWh"},
        "unitName": _TOLD,
        "certificates": _list(
            _object({"lot": _id("lot"), "firstSerial": _DIGITS, "quantity": _DIGITS})
        ),
        "retiredOn": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "retiredAt": _INSTANT,
    }
)
_EVIDENCE: Final = _object(
    {
        "type": {"const": ["LoggedRecord"]},
        "leafIndex": _DIGITS,
        "tlogProof": {
            "type": "string",
            "pattern": "^c2sp\\.org/tlog-proof@v1\\nextra ",
            "description": "C2SP tlog-proof; its extra data is the record's bytes.",
        },
    }
)
_PROOF: Final = _object(
    {
        "type": {"const": "DataIntegrityProof"},
        "cryptosuite": {"const": "eddsa-jcs-2022"},
        "created": _INSTANT,
        "verificationMethod": {"type": "string", "pattern": f"^{_DID}#z6Mk[1-9A-HJ-NP-Za-km-z]+$"},
        "proofPurpose": {"const": "assertionMethod"},
        "@context": {"const": STATEMENT_CONTEXT},
        "proofValue": {"type": "string", "pattern": "^z[1-9A-HJ-NP-Za-km-z]+$"},
    }
)

STATEMENT: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "greenledger:record:statement:1",
    "title": "Statement of retirement, version 1",
    "description": "What was used up, for whom and for what, with the logged records that prove it.",
    **_object(
        {
            "@context": {"const": STATEMENT_CONTEXT},
            "id": {"type": "string", "pattern": "^urn:greenledger:statement:"},
            "type": {"const": ["VerifiableCredential", "RetirementStatement"]},
            "name": _TOLD,
            "description": _TOLD,
            "issuer": {"type": "string", "pattern": f"^{_DID}$"},
            "validFrom": _INSTANT,
            "credentialSubject": _SUBJECT,
            "evidence": _list(_EVIDENCE),
            "proof": _PROOF,
        }
    ),
}


def schema_text() -> str:
    """Render the schema as it is published in `schemas/json/statement.json`."""
    return json.dumps(STATEMENT, ensure_ascii=False, indent=2) + "\n"
