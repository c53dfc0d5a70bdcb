"""Rows of routes of fossil-energy budgets; `samples.py` says how to read them."""

from __future__ import annotations

from typing import Final

from tests.http.row import Mine, Row

_NO: Final = "示例〔2026〕1号"

BUDGETS: Final[dict[str, Row]] = {
    "GET /v1/fossil-budgets": Row("budgets:read"),
    "POST /v1/fossil-budgets": Row(
        "budgets:set",
        {
            "party_id": Mine("party"),
            "year": 2024,
            "budget_gce": 1,
            "mode": "net",
            "document_no": _NO,
        },
    ),
    "GET /v1/fossil-budgets/{budget_id}": Row("budgets:read"),
    "GET /v1/fossil-budgets/{budget_id}/plan": Row("budgets:read"),
    "POST /v1/fossil-budgets/{budget_id}/consumption": Row(
        "budgets:write",
        {
            "fuels": [{"fuel": "raw_coal", "purchased": "1"}],
            "electricity": {"grid_offtake_kwh": 1},
            "heat": {"purchased_mj": "1", "fossil_share": "1"},
            "document_ids": [Mine("document", "evidence_unknown")],
        },
    ),
    "POST /v1/fossil-budgets/reports": Row(
        "budgets:report",
        {
            "year": 2025,
            "rows": [
                {
                    "credit_code": Mine("credit_code", "report_rows_refused"),
                    "item": "raw_coal",
                    "purchased": "100",
                }
            ],
        },
    ),
    "POST /v1/fossil-budgets/{budget_id}/offsets": Row(
        "budgets:write", {"retirement_ids": [Mine("retirement", "retirement_unknown")]}
    ),
    "GET /v1/fossil-budgets/{budget_id}/confirmations": Row("budgets:read"),
    "POST /v1/fossil-budgets/{budget_id}/confirmations": Row(
        "budgets:confirm",
        {"traded_kwh": 0, "document_no": _NO},
        everyones_to=frozenset({"exchange"}),
    ),
    "GET /v1/reports/{name}": Row(
        "reports:read", path={"name": "budgets-over"}, query={"year": "2025"}
    ),
    "POST /v1/fossil-budgets/{budget_id}/close": Row("budgets:close"),
    "GET /v1/caps": Row("factors:read"),
    "POST /v1/caps/apportion": Row(
        "factors:write", {"province": "15", "year": 2025, "document_no": _NO}
    ),
    "POST /v1/fossil-budgets/close": Row("budgets:close", {"budget_ids": [Mine("budget")]}),
    "POST /v1/fossil-budgets/{budget_id}/reopen": Row(
        "budgets:reopen", {"reason": "示例", "document_no": _NO}
    ),
    "GET /v1/fossil-budgets/{budget_id}/versions": Row("budgets:read"),
    "GET /v1/fossil-budgets/{budget_id}/statements": Row("budgets:read"),
    "GET /v1/fossil-budgets/{budget_id}/statements/{n}": Row("budgets:read", path={"n": 1}),
    "GET /v1/minimum-shares": Row("shares:read"),
    "POST /v1/minimum-shares": Row(
        "shares:set",
        {
            "party_id": Mine("party"),
            "metric": "minimum_share",
            "year": 2024,
            "share": "0.25",
            "document_no": _NO,
        },
    ),
    "GET /v1/minimum-shares/{party_id}/{year}": Row("shares:read", path={"year": 2025}),
    "POST /v1/minimum-shares/{party_id}/{year}/claims": Row(
        "shares:write",
        {"metric": "rps", "retirement_ids": [Mine("retirement", "retirement_unknown")]},
        path={"year": 2025},
    ),
    "GET /v1/reports/minimum-shares": Row("shares:read", query={"year": 2024}),
    "GET /v1/reports/minimum-shares/units": Row("shares:read", query={"year": 2024}),
}
