"""Rows of routes that correct, freeze, mandate and bring in; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Any, Final

from tests.http.row import Free, Mine, Row
from tests.registry import credit_code

_NO: Final = "示例〔2026〕1号"
_FREEZE: Final[dict[str, Any]] = {
    "account": Mine("generator"),
    "instrument": "GEC",
    "quantity": 1,
    "cause": "suspected_data",
    "document_no": _NO,
}
_OF_ONE_LOT: Final = {"lot_id": Mine("lot"), "first_serial": 100}
_PROOF: Final[dict[str, Any]] = {"challenge_id": Mine("challenge"), "proof": "0" * 128}
_NO_HOLDERS: Final = frozenset({"operator", "issuer", "regulator", "province"})
PUBLIC_KEY: Final = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
"""Source: RFC 8032 §7.1, test 1."""

_OPENING: Final[dict[str, Any]] = {
    "source_registry": "old.registry",
    "reference": "cut-over",
    "document_no": _NO,
    "lots": [
        {
            "plant_id": Mine("plant"),
            "month": "2025-08",
            "category": "on_grid",
            "trade": "tradable",
            "energy_kwh": 1_000,
            "size": 1,
            "origin_lot": "old lot",
            "pieces": [
                {
                    "count": 1,
                    "account_id": Mine("user"),
                    "retired": {
                        "beneficiary": {
                            "credit_code": Free(credit_code(999_999_998)),
                            "name": "某某钢铁",
                        },
                        "purpose": "green_power_claim",
                        "consumption_year": 2025,
                    },
                }
            ],
        }
    ],
    "allowances": [{"account": Mine("allowances"), "vintage": 2024, "quantity": 1}],
}

CORRECTIONS: Final[dict[str, Row]] = {
    "POST /v1/accounts/{account_id}/close": Row("accounts:write"),
    "POST /v1/accounts/{account_id}/parcels/consolidate": Row(
        "accounts:consolidate",
        {"lot_id": Mine("lot"), "limit": 10},
        not_theirs=frozenset({"province"}),
    ),
    "GET /v1/ccer/claims": Row("ccer:read"),
    "POST /v1/ccer/claims": Row(
        "ccer:write",
        {
            "account": Mine("generator"),
            "hold_id": Mine("reserved"),
            "quantity": 1,
            "project": "CCER-1",
            "document_no": _NO,
        },
        or_body={
            "plant_id": Mine("plant"),
            "month": "2025-10",
            "energy_kwh": 1,
            "project": "CCER-1",
            "document_no": _NO,
        },
    ),
    "GET /v1/ccer/claims/{claim_id}": Row("ccer:read"),
    "GET /v1/ccer/projects": Row("ccer:read"),
    "POST /v1/ccer/projects": Row(
        "ccer:write",
        {
            "project": "CCER-2",
            "plant_id": Mine("plant"),
            "method": "grid_solar_thermal",
            "first_month": "2025-07",
            "last_month": "2026-12",
            "registered_on": "2025-07-01",
            "document_no": _NO,
        },
    ),
    "GET /v1/freezes": Row("freezes:read"),
    "POST /v1/freezes": Row(
        "freezes:write",
        _FREEZE | {"lots": [Mine("lot")]},
        or_body=_FREEZE | {"select": _OF_ONE_LOT},
    ),
    "GET /v1/freezes/{hold_id}": Row("freezes:read", path={"hold_id": Mine("freeze")}),
    "POST /v1/freezes/{hold_id}/lift": Row(
        "freezes:write", {"quantity": 1, "document_no": _NO}, path={"hold_id": Mine("freeze")}
    ),
    "POST /v1/freezes/{hold_id}/transfer": Row(
        "freezes:write",
        {"to_account": Mine("user"), "quantity": 1, "document_no": _NO},
        path={"hold_id": Mine("freeze")},
    ),
    "GET /v1/keys": Row("keys:read"),
    "POST /v1/keys": Row("keys:write", _PROOF, not_theirs=_NO_HOLDERS),
    "POST /v1/keys/challenges": Row(
        "keys:write", {"purpose": "request", "public_key": PUBLIC_KEY, "label": "server"}
    ),
    "GET /v1/keys/{key_id}": Row("keys:read"),
    "POST /v1/keys/{key_id}/rotate": Row("keys:write", _PROOF, not_theirs=_NO_HOLDERS),
    "POST /v1/keys/{key_id}/revoke": Row(
        "keys:write", {"compromised_from_index": 0}, not_theirs=_NO_HOLDERS
    ),
    "GET /v1/mandates": Row("mandates:read"),
    "POST /v1/mandates": Row(
        "mandates:write",
        {
            "agent_account": Mine("agency"),
            "scopes": ["sell"],
            "valid_from": "2026-02-01",
            "valid_to": "2026-12-31",
            "document_no": _NO,
        },
    ),
    "GET /v1/mandates/{mandate_id}": Row("mandates:read"),
    "POST /v1/mandates/{mandate_id}/end": Row("mandates:write", {"document_no": _NO}),
    "GET /v1/objections": Row("objections:read"),
    "POST /v1/objections": Row(
        "objections:write",
        {
            "journal_id": Mine("transfer"),
            "reason": "数量有误",
            "document_ids": [Mine("document")],
        },
    ),
    "GET /v1/objections/{objection_id}": Row("objections:read"),
    "POST /v1/objections/{objection_id}/decide": Row(
        "objections:decide",
        {"outcome": "upheld", "document_no": _NO, "note": "核实"},
        not_by=frozenset({"regulator", "province"}),
    ),
    "GET /v1/opening-balances": Row("openings:read"),
    "POST /v1/opening-balances": Row("openings:write", _OPENING),
    "GET /v1/opening-balances/{journal_id}": Row(
        "openings:read", path={"journal_id": Mine("opening")}
    ),
    "GET /v1/reversals": Row("reversals:read"),
    "POST /v1/reversals": Row(
        "reversals:write",
        {"journal_id": Mine("transfer"), "reason": "重复划转", "document_no": _NO},
    ),
    "GET /v1/reversals/{reversal_id}": Row("reversals:read"),
    "GET /v1/revocations": Row("revocations:read"),
    "POST /v1/revocations": Row(
        "revocations:write",
        {
            "lot_id": Mine("lot"),
            "first_serial": 100,
            "quantity": 1,
            "cause": "error",
            "document_no": _NO,
            "objection_id": Mine("objection"),
        },
    ),
    "GET /v1/revocations/{revocation_id}": Row("revocations:read"),
}
