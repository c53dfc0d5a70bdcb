"""The registers an act may write a row of, and the columns it gives."""

from __future__ import annotations

from typing import Final, LiteralString

# In the order in which their foreign keys need them.
REGISTERS: Final[dict[str, tuple[LiteralString, ...]]] = {
    "party": ("id", "scheme", "identity", "name", "kinds", "province", "sandbox", "journal"),
    "account": (
        "id",
        "class",
        "party",
        "on_behalf_of",
        "plant",
        "floor",
        "approval_above",
        "frozen",
        "status",
        "journal",
    ),
    "plant": (
        "id",
        "party",
        "name",
        "energy",
        "technology",
        "capacity_kw",
        "commissioned_on",
        "province",
        "grid_connection",
        "market_based",
        "storage",
        "registration_code",
        "account",
        "journal",
    ),
    "plant_approval": ("plant", "journal"),
    "instrument": ("id", "code", "kind", "unit"),
    "client": (
        "id",
        "party",
        "person",
        "label",
        "role",
        "scopes",
        "key_name",
        "secret_sha256",
        "expires_at",
        "revoked",
        "signature_required",
        "journal",
    ),
    "document": ("id", "party", "sha256", "media_type", "title", "bytes", "journal"),
    "rulebook": ("name", "version", "digest", "raw", "journal"),
    "factor": ("name", "province", "year", "version", "value", "document_no", "journal"),
    "mandate": (
        "id",
        "account",
        "agent",
        "owner",
        "scopes",
        "valid_from",
        "valid_to",
        "document_no",
        "journal",
    ),
    "mandate_end": ("mandate", "journal"),
    "objection": ("id", "party", "target", "reason", "documents", "at", "journal"),
    "objection_decision": ("objection", "outcome", "document_no", "journal"),
    "consolidation": ("account", "lot", "lo", "amount", "journal"),
    "imported_parcel": ("lot", "lo", "amount", "trades", "journal"),
    "approval": (
        "id",
        "operation",
        "payload",
        "payload_sha256",
        "maker_party",
        "maker_person",
        "maker_client",
        "hold",
        "expires_at",
        "state",
        "checker_person",
        "outcome_group",
        "journal",
    ),
    "meter_reading": (
        "id",
        "plant",
        "month",
        "category",
        "version",
        "energy_kwh",
        "mechanism",
        "source",
        "journal",
    ),
    "retirement": (
        "id",
        "account",
        "party",
        "beneficiary_code",
        "beneficiary_name",
        "purpose",
        "consumption_year",
        "quantity",
        "statement_no",
        "public",
        "note",
        "at",
        "journal",
    ),
    "verified_emission": (
        "party",
        "compliance_year",
        "version",
        "tco2e",
        "verifier",
        "document_no",
        "journal",
    ),
    "fossil_budget": ("id", "party", "year", "account", "mode", "journal"),
    "fossil_budget_event": ("budget", "n", "kind", "body", "journal"),
    "key_challenge": (
        "id",
        "party",
        "purpose",
        "suite",
        "public_key",
        "label",
        "challenge",
        "expires_at",
        "journal",
    ),
    "signing_key": (
        "id",
        "challenge",
        "party",
        "purpose",
        "suite",
        "public_key",
        "label",
        "predecessor",
        "journal",
    ),
    "signing_key_end": ("key", "reason", "compromised_from_index", "journal"),
    "metric_use": ("retirement", "metric", "budget", "journal"),
    "cap": ("province", "year", "direction", "version", "cap", "document_no", "journal"),
    "cap_apportionment": (
        "province",
        "year",
        "direction",
        "version",
        "room",
        "asked",
        "document_no",
        "journal",
    ),
}
_DEFAULTS: Final = {
    "frozen": False,
    "status": "open",
    "revoked": False,
    "signature_required": False,
    "state": "pending",
    "sandbox": False,
}


def defaults(table: str) -> dict[str, object]:
    """Return the values of columns an act may leave out."""
    return {name: _DEFAULTS[name] for name in REGISTERS[table] if name in _DEFAULTS}


def insertion(table: str, *, if_absent: bool) -> bytes:
    """Build the statement that inserts rows of a register from one JSON array; the names are our own."""
    columns = ", ".join(f'"{name}"' for name in REGISTERS[table])
    conflict = " ON CONFLICT DO NOTHING" if if_absent else ""
    return (
        f'INSERT INTO "{table}" ({columns}) SELECT {columns} '
        f'FROM jsonb_populate_recordset(NULL::"{table}", %(rows)s::jsonb){conflict}'
    ).encode()
