"""Rows of routes of quotes, imports and reports of allowances; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Free, Mine, Row
from tests.registry import credit_code

_NO: Final = "示例〔2026〕1号"
_CODE: Final = Mine("credit_code", "report_rows_refused")

FILES: Final[dict[str, Row]] = {
    "POST /v1/imports/ets-entities": Row(
        "entities:write",
        {
            "document_no": _NO,
            "rows": [
                {"credit_code": _CODE, "year": "2025", "sector": "power", "listing_reason": "示例"}
            ],
        },
    ),
    "POST /v1/imports/allocations": Row(
        "allowances:approve",
        {
            "document_no": _NO,
            "province_account": Mine("pool"),
            "rows": [{"credit_code": _CODE, "year": "2024", "stage": "auction", "asked": "1"}],
        },
    ),
    "POST /v1/imports/verified-emissions": Row(
        "emissions:write",
        {
            "rows": [
                {
                    "credit_code": _CODE,
                    "compliance_year": "2024",
                    "tco2e": "1000",
                    "verifier_code": Free(credit_code(999_999_997)),
                    "document_no": _NO,
                }
            ]
        },
    ),
    "GET /v1/market-quotes": Row("allowances:read"),
    "POST /v1/market-quotes": Row(
        "quotes:write",
        {
            "day": "2026-01-30",
            "quotes": [{"vintage": 2024, "close_fen": 6236, "volume": 10, "turnover_fen": 62360}],
        },
    ),
}
