"""One row for every route: what its matrix, its sweep and its fuzz ask with.

A route without a row fails `test_matrix.py`. To add one, write one line under its method and path:

    "POST /v1/things/{thing_id}/do": Row("things:write", {"account": Mine("account"), "n": 1}),

The first word is the permission the route needs, the second a body that is well formed. Ids of the
address are filled in by their names (`account_id` → "account"), filters by the kind of id they take;
other words of an address (`year`, `code`) are given as `path=`, of a query as `query=`. Every id and
credit code a body may name must be in it, as one of

    Mine("account")      refused as if it were not there unless the caller may see it
    Anyones("user")      need only be there: receivers, beneficiaries
    Free("91…")          is kept as it is written and looked up nowhere

where the word is a thing of `world.py` (each party of the test's world owns one of each), and a
second argument of `Mine` the code where a rule refuses what is another's instead of the door. `not_by`
are roles that have the permission, and still may not do this act; to `not_theirs` what they see of
others is not there to act on, to `everyones_to` what they do not see is there; `also` are permissions
that the act itself needs; `several` marks bodies answered item by item; `or_body` is another body for
fields that do not go with those of the first.
"""

from __future__ import annotations

from typing import Any, Final

from api.roles import ROLES
from tests.http.row import Anyones, Free, Mine, Row
from tests.http.samples_budgets import BUDGETS
from tests.http.samples_carried import CARRIED
from tests.http.samples_corrections import CORRECTIONS
from tests.http.samples_duty import DUTY
from tests.http.samples_entitlements import ENTITLEMENTS
from tests.http.samples_files import FILES
from tests.registry import credit_code

Json = dict[str, Any]
_NO: Final = "示例〔2026〕1号"
_ISSUER: Final = frozenset({"issuer"})
_PROVINCE: Final = frozenset({"province"})
_FREE_CODE: Final = Free(credit_code(999_999_998))
_DECISION: Final = Row(
    "approvals:decide",
    not_by=frozenset(ROLES) - {"generator", "enterprise", "emitter", "exchange"},
    also=frozenset({"holds:write"}),
)
_SELECT: Final[Json] = {"lot_id": Mine("lot")}
_SALE: Final[Json] = {
    "from_account": Mine("generator"),
    "to_account": Anyones("user"),
    "instrument": "GEC",
    "quantity": 1,
    "select": _SELECT,
    "mode": "listing",
    "price_fen_per_unit": 500,
    "evidence": {"document_ids": [Mine("document")]},
}
_HOLD: Final[Json] = {
    "account": Mine("generator"),
    "instrument": "GEC",
    "quantity": 1,
    "select": _SELECT,
    "controller": Anyones("credit_code"),
    "beneficiary_account": Anyones("user"),
    "reference": "order",
}
_RETIREMENT: Final[Json] = {
    "account": Mine("user"),
    "quantity": 1,
    "select": _SELECT,
    "beneficiary": {"credit_code": _FREE_CODE, "name": "某某钢铁"},
    "purpose": "green_power_claim",
    "consumption_year": 2025,
}
_PLANT: Final[Json] = {
    "name": "某某风电场",
    "energy": "wind",
    "technology": "onshore",
    "capacity_kw": 1000,
    "commissioned_on": "2020-06-01",
    "province": "15",
    "grid_connection": "grid",
    "market_based": True,
}
_READING: Final[Json] = {
    "plant_id": Mine("plant"),
    "month": "2025-11",
    "category": "on_grid",
    "energy_kwh": 1000,
    "source": "grid",
}
_APART: Final = CORRECTIONS | BUDGETS | ENTITLEMENTS | DUTY | CARRIED | FILES
ROWS: Final[dict[str, Row]] = _APART | {
    "GET /v1/accounts": Row("accounts:read"),
    "POST /v1/accounts": Row(
        "accounts:write",
        {"party_id": Mine("party"), "class": "agent", "on_behalf_of": Mine("party")},
    ),
    "GET /v1/accounts/{account_id}": Row("accounts:read"),
    "GET /v1/accounts/{account_id}/balances": Row("accounts:read"),
    "GET /v1/accounts/{account_id}/statement": Row("accounts:read"),
    "GET /v1/accounts/{account_id}/parcels": Row("accounts:read"),
    "POST /v1/accounts/{account_id}/freeze": Row("accounts:freeze", {"document_no": _NO}),
    "POST /v1/accounts/{account_id}/unfreeze": Row("accounts:freeze", {"document_no": _NO}),
    "GET /v1/allowances/vintages": Row("allowances:read"),
    "POST /v1/allowances/vintages": Row(
        "allowances:write",
        {"vintage": 2025, "document_no": _NO, "province_account": Mine("pool"), "quantity": 1},
    ),
    "GET /v1/allowances/vintages/{vintage}": Row("allowances:read", path={"vintage": 2024}),
    "GET /v1/allowances/allocations": Row("allowances:read"),
    "POST /v1/allowances/allocations": Row(
        "allowances:allocate",
        {
            "account": Mine("allowances"),
            "vintage": 2024,
            "quantity": 1,
            "stage": "pre",
            "document_no": _NO,
            "province_account": Mine("pool"),
        },
    ),
    "GET /v1/allowances/allocations/{allocation_id}": Row("allowances:read"),
    "GET /v1/allowances/moves": Row("allowances:read"),
    "POST /v1/allowances/moves": Row(
        "transfers:write",
        {
            "from_account": Mine("allowances"),
            "to_account": Mine("trading"),
            "vintage": 2024,
            "quantity": 1,
        },
        not_theirs=frozenset({"issuer", "province"}),
    ),
    "GET /v1/allowances/moves/{move_id}": Row("allowances:read"),
    "GET /v1/allowances/returns": Row("allowances:read"),
    "POST /v1/allowances/returns": Row(
        "allowances:return",
        {
            "account": Mine("allowances"),
            "vintage": 2024,
            "quantity": 1,
            "stage": "true_up",
            "document_no": _NO,
            "province_account": Anyones("pool"),
        },
    ),
    "GET /v1/allowances/returns/{return_id}": Row("allowances:read"),
    "GET /v1/allowances/reductions": Row("allowances:read"),
    "POST /v1/allowances/reductions": Row(
        "allowances:write",
        {"account": Mine("allowances"), "quantity": 1, "cause": "fraud", "document_no": _NO},
    ),
    "GET /v1/allowances/reductions/{reduction_id}": Row("allowances:read"),
    "GET /v1/allowances/releases": Row("allowances:read"),
    "POST /v1/allowances/releases": Row(
        "allowances:allocate",
        {
            "custody_account": Mine("custody"),
            "account": Mine("allowances"),
            "vintage": 2024,
            "quantity": 1,
            "document_no": _NO,
        },
    ),
    "GET /v1/allowances/releases/{release_id}": Row("allowances:read"),
    "GET /v1/allowances/cancellations": Row("allowances:read"),
    "POST /v1/allowances/cancellations": Row(
        "cancellations:write",
        {"account": Mine("allowances"), "vintage": 2024, "quantity": 1, "reason": "given up"},
    ),
    "GET /v1/allowances/cancellations/{cancellation_id}": Row("allowances:read"),
    "GET /v1/approvals": Row("approvals:read"),
    "GET /v1/approvals/{approval_id}": Row("approvals:read"),
    "POST /v1/approvals/{approval_id}/approve": _DECISION,
    "POST /v1/approvals/{approval_id}/reject": _DECISION,
    "GET /v1/certificates/{code}": Row("lots:read", path={"code": Anyones("certificate")}),
    "GET /v1/clients": Row("clients:read"),
    "POST /v1/clients": Row(
        "clients:write",
        {
            "party_id": Mine("party"),
            "person": "someone",
            "label": "test",
            "role": "generator",
            "expires_at": "2026-06-01T00:00:00Z",
        },
    ),
    "GET /v1/clients/{client_id}": Row("clients:read"),
    "POST /v1/clients/{client_id}/revoke": Row("clients:write"),
    "GET /v1/documents": Row("documents:read"),
    "POST /v1/documents": Row(
        "documents:write", b"evidence", query={"title": "contract"}, media_type="text/plain"
    ),
    "GET /v1/documents/{document_id}": Row("documents:read"),
    "GET /v1/documents/{document_id}/content": Row("documents:read"),
    "GET /v1/events": Row("events:read"),
    "GET /v1/factors": Row("factors:read"),
    "POST /v1/factors": Row(
        "factors:write",
        {"name": "k", "province": "15", "year": 2025, "value": "0.3", "document_no": _NO},
    ),
    "GET /v1/holds": Row("holds:read"),
    "POST /v1/holds": Row("holds:write", _HOLD),
    "GET /v1/holds/{hold_id}": Row("holds:read"),
    "POST /v1/holds/{hold_id}/settle": Row(
        "holds:write",
        {
            "to_account": Anyones("user"),
            "quantity": 1,
            "mode": "listing",
            "price_fen_per_unit": 1,
            "evidence": {"document_ids": [Mine("document")]},
        },
    ),
    "POST /v1/holds/{hold_id}/release": Row("holds:write", {"quantity": 1}),
    "GET /v1/issuances": Row("issuances:read"),
    "POST /v1/issuances": Row("issuances:write", {"reading_ids": [Mine("reading")]}),
    "GET /v1/issuances/{issuance_id}": Row("issuances:read"),
    "GET /v1/journals/{journal_id}": Row("journals:read"),
    "GET /v1/journals/{journal_id}/proof": Row("journals:read"),
    "GET /v1/log/entries/{path}": Row("log:entries", path={"path": Anyones("bundle")}),
    "GET /v1/log/tile/entries/{path}": Row("log:entries", path={"path": Anyones("bundle")}),
    "GET /v1/lots": Row("lots:read"),
    "GET /v1/lots/{lot_id}": Row("lots:read"),
    "GET /v1/meter-readings": Row("readings:read"),
    "POST /v1/meter-readings": Row("readings:write", {"readings": [_READING]}, several=True),
    "GET /v1/meter-readings/{reading_id}": Row("readings:read"),
    "GET /v1/parties": Row("parties:read"),
    "POST /v1/parties": Row(
        "parties:write",
        {"credit_code": _FREE_CODE, "name": "某某", "kinds": ["enterprise"], "province": "15"},
    ),
    "GET /v1/parties/{party_id}": Row("parties:read"),
    "GET /v1/plants": Row("plants:read"),
    "POST /v1/plants": Row(
        "plants:write",
        {"credit_code": Mine("credit_code"), **_PLANT},
        or_body={"party_id": Mine("party"), **_PLANT},
    ),
    "GET /v1/plants/{plant_id}": Row("plants:read"),
    "POST /v1/plants/{plant_id}/approve": Row("plants:approve"),
    "GET /v1/retirements": Row("retirements:read"),
    "POST /v1/retirements": Row("retirements:write", _RETIREMENT),
    "GET /v1/retirements/{retirement_id}": Row("retirements:read"),
    "GET /v1/retirements/{retirement_id}/statement": Row("statements:read"),
    "GET /v1/rulebooks": Row("rulebooks:read"),
    "POST /v1/rulebooks": Row("rulebooks:write", {"toml": "name = 'gec'"}),
    "GET /v1/rulebooks/in-force": Row("rulebooks:read", query={"key_date": "2026-01-01"}),
    "GET /v1/rulebooks/{name}/difference": Row(
        "rulebooks:read", path={"name": "gec"}, query={"from": 2, "to": 2}
    ),
    "GET /v1/rulebooks/{name}/{version}": Row("rulebooks:read", path={"name": "gec", "version": 2}),
    "GET /v1/successions": Row("parties:read"),
    "POST /v1/successions": Row(
        "successions:write",
        {
            "from_party": Mine("party"),
            "to_party": Mine("party"),
            "document_no": _NO,
            "parts": [{"account": Mine("allowances"), "instrument": "CEA-2024", "quantity": 1}],
        },
    ),
    "GET /v1/successions/{succession_id}": Row("parties:read"),
    "GET /v1/transfers": Row("transfers:read"),
    "POST /v1/transfers": Row("transfers:write", _SALE, not_by=_ISSUER, not_theirs=_PROVINCE),
    "POST /v1/transfers/batch": Row(
        "transfers:write",
        {"mode": "independent", "transfers": [_SALE]},
        not_by=_ISSUER,
        not_theirs=_PROVINCE,
        several=True,
    ),
    "GET /v1/transfers/{transfer_id}": Row("transfers:read"),
}
