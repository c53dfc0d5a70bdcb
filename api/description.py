"""The OpenAPI description: generated from the routes, checked in as `api/openapi.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.open_routes import OPEN
from schemas.wire.energy_reports import EnergyReportBody
from schemas.wire.imports import AllocationSheetBody, EmissionSheetBody, EntitySheetBody
from schemas.wire.readings import ReadingsBody
from schemas.wire.transfers import BatchBody

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.routing import APIRoute

VERSION: Final = "1.0.0"
SUMMARY: Final = "Green certificates and carbon allowances in one double-entry book."
TAGS: Final = (
    ("parties", "Who is in the registry."),
    ("accounts", "Where units are held: balances, statements, parcels, freezes."),
    ("mandates", "What owners let agents do."),
    ("keys", "Keys that sign: shown to be held, registered, rotated, revoked."),
    ("plants", "Plants and their registration."),
    ("meter-readings", "Metered energy, out of which certificates are issued."),
    ("issuances", "Certificates out of readings."),
    ("lots", "Units issued together; certificates by code."),
    ("transfers", "Trades and assignments, singly and in batches."),
    ("holds", "Units set aside for an order, and their settlement."),
    ("freezes", "Units frozen by decision of an authority, and what becomes of them."),
    ("retirements", "Certificates used up for one claim."),
    ("objections", "Doubts about an issuance or a transfer, and what the issuer decides."),
    ("revocations", "Certificates withdrawn from their first holder; what is sold stays owed."),
    ("reversals", "Acts taken back on the same units, with the histories from before."),
    ("allowances", "Vintages, allocation, verified emissions, surrender."),
    ("fossil-budgets", "Fossil-energy budgets of key units."),
    ("minimum-shares", "Shares of renewable energy that units owe."),
    ("reports", "What regulators ask about all units, for any size of the log."),
    ("journals", "Records of what was done, as they were hashed."),
    ("log", "The log of all records: checkpoints, tiles, proofs, and the keys that sign."),
    ("events", "What happened, as the log has it, to whom it concerns."),
    ("documents", "Evidence on file."),
    ("approvals", "Acts that wait for a second person."),
    ("opening-balances", "What comes in from another registry at cut-over."),
    ("rulebooks", "Rules in force and yearly factors."),
    ("clients", "API keys."),
    ("operations", "Is it alive, is it ready."),
)
_READ_BY_HAND: Final = (
    AllocationSheetBody,
    BatchBody,
    EmissionSheetBody,
    EnergyReportBody,
    EntitySheetBody,
    ReadingsBody,
)
_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457. `code` is a promise; docs/refusals.md lists every one.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors", "next_step"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "next_step": {"type": "string"},
        "facts": {"type": "object"},
        "conflicting_fields": {"type": "array", "items": {"type": "string"}},
    },
}


def operation_id(route: APIRoute) -> str:
    """Name an operation as its function is named: `transfers_create`."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """Write the description once; every key'd operation asks for a bearer key."""
    if app.openapi_schema is None:
        app.openapi_schema = _written(app)
    return app.openapi_schema


def _written(app: FastAPI) -> dict[str, Any]:
    told = get_openapi(
        title="greenledger",
        version=VERSION,
        summary=SUMMARY,
        routes=app.routes,
        tags=[{"name": name, "description": meaning} for name, meaning in TAGS],
    )
    components = told.setdefault("components", {})
    _, by_hand = models_json_schema(
        [(model, "validation") for model in _READ_BY_HAND], ref_template=_REFERENCE
    )
    schemas = by_hand["$defs"] | components.get("schemas", {}) | {"Problem": _PROBLEM}
    components["schemas"] = schemas
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in told["paths"].items():
        for operation in operations.values() if path.startswith("/v1") else ():
            operation["security"] = [] if path in OPEN else [{"key": []}]
    return told


def description_text(app: FastAPI) -> str:
    """Write the description as it is checked in."""
    return json.dumps(describe(app), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
