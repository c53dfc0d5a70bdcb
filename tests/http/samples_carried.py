"""Rows of routes of carry-over and the calendar; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Mine, Row

CARRIED: Final[dict[str, Row]] = {
    "GET /v1/carry-overs": Row("allowances:read"),
    "POST /v1/carry-overs": Row(
        "carry-overs:write",
        {
            "account": Mine("allowances"),
            "year": 2025,
            "vintage": 2024,
            "quantity": 1,
            "document_no": "示例〔2026〕1号",
        },
        not_theirs=frozenset({"operator", "regulator"}),
    ),
    "GET /v1/compliance-calendar": Row("obligations:read", query={"year": 2025}),
    "GET /v1/compliance-calendar/{party_id}": Row("obligations:read", query={"year": 2025}),
    "GET /v1/reminders": Row("obligations:read"),
    "GET /v1/carry-overs/{party_id}/{year}": Row("allowances:read", path={"year": 2025}),
}
