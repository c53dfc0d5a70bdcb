"""Rows of routes of certified reductions and of duties; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Any, Final

from schemas.identifiers import IdPrefix, encode_id
from tests.http.row import Anyones, Free, Mine, Row

_NO: Final = "示例〔2026〕1号"
_EMISSION: Final[dict[str, Any]] = {
    "party_id": Mine("party"),
    "compliance_year": 2024,
    "tco2e": 1000,
    "verifier_id": Anyones("verifier"),
    "document_no": _NO,
}
_SURRENDER: Final[dict[str, Any]] = {
    "account": Mine("allowances"),
    "compliance_year": 2024,
    "allowances": [{"vintage": 2024, "quantity": 1}],
}
_SIGNED: Final[dict[str, Any]] = {
    "key_id": Free(encode_id(IdPrefix.SIGNING_KEY, 2**40)),
    "signature": "00" * 64,
}

DUTY: Final[dict[str, Row]] = {
    "GET /v1/ccer/imports": Row("ccer:read"),
    "POST /v1/ccer/imports": Row(
        "ccer:import",
        {
            "account": Mine("reductions"),
            "project": "CCER-1",
            "registered_on": "2025-03-01",
            "inside_ets": False,
            "quantity": 1,
            "cancellation_no": "CCER-1-1",
            "document_no": _NO,
            "document_ids": [Mine("document")],
        },
    ),
    "GET /v1/ccer/imports/{import_id}": Row("ccer:read"),
    "GET /v1/obligations/{party_id}/{year}": Row("obligations:read", path={"year": 2024}),
    "GET /v1/obligations/{party_id}/{year}/certificate": Row(
        "obligations:read", path={"year": 2023}
    ),
    "GET /v1/surrenders": Row("surrenders:read"),
    "POST /v1/surrenders": Row(
        "surrenders:write",
        _SURRENDER,
        or_body=_SURRENDER | {"on_behalf_of": Anyones("verifier")},
        not_by=frozenset({"province"}),
    ),
    "GET /v1/surrenders/{surrender_id}": Row("surrenders:read"),
    "GET /v1/verified-emissions": Row("emissions:read"),
    "POST /v1/verified-emissions": Row("emissions:write", _EMISSION, or_body=_EMISSION | _SIGNED),
    "GET /v1/verified-emissions/{party_id}/{compliance_year}": Row(
        "emissions:read", path={"compliance_year": 2024}
    ),
}
