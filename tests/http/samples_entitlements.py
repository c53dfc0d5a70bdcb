"""Rows of routes of lists of entities and approvals of allocation; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Any, Final

from tests.http.row import Mine, Row

_NO: Final = "示例〔2026〕1号"
_ENTITY: Final[dict[str, Any]] = {
    "party_id": Mine("party"),
    "year": 2026,
    "sector": "steel",
    "reason": "in the list",
}
_STAGE: Final[dict[str, Any]] = {
    "party_id": Mine("party"),
    "year": 2025,
    "stage": "auction",
    "asked": 1,
}

ENTITLEMENTS: Final[dict[str, Row]] = {
    "GET /v1/ets-entities": Row("entities:read"),
    "POST /v1/ets-entities": Row("entities:write", {"entities": [_ENTITY], "document_no": _NO}),
    "GET /v1/ets-entities/{party_id}/{year}": Row("entities:read", path={"year": 2025}),
    "GET /v1/allowances/approvals": Row("allowances:read"),
    "POST /v1/allowances/approvals": Row(
        "allowances:approve",
        {
            "approvals": [_STAGE],
            "document_no": _NO,
            "province_account": Mine("pool"),
            "allocate": False,
        },
    ),
    "GET /v1/allowances/approvals/{party_id}/{year}": Row("allowances:read", path={"year": 2025}),
    "GET /v1/allowances/holdings/{party_id}": Row("allowances:read"),
}
