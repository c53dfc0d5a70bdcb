"""Rows of routes of quotes, imports and reports of allowances; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Row

FILES: Final[dict[str, Row]] = {
    "GET /v1/market-quotes": Row("allowances:read"),
    "POST /v1/market-quotes": Row(
        "quotes:write",
        {
            "day": "2026-01-30",
            "quotes": [{"vintage": 2024, "close_fen": 6236, "volume": 10, "turnover_fen": 62360}],
        },
    ),
}
