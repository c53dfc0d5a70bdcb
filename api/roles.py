"""Who may do what: one table of roles and permissions. What is not in it is refused."""

from __future__ import annotations

from typing import Final

_READS: Final = frozenset(
    f"{resource}:read"
    for resource in (
        "accounts",
        "allowances",
        "approvals",
        "budgets",
        "ccer",
        "clients",
        "documents",
        "emissions",
        "entities",
        "events",
        "factors",
        "freezes",
        "holds",
        "issuances",
        "journals",
        "keys",
        "lots",
        "mandates",
        "objections",
        "obligations",
        "openings",
        "parties",
        "plants",
        "readings",
        "retirements",
        "reversals",
        "revocations",
        "rulebooks",
        "shares",
        "surrenders",
        "transfers",
    )
)
_HOLDER: Final = _READS | {
    "accounts:consolidate",
    "approvals:decide",
    "cancellations:write",
    "documents:write",
    "holds:write",
    "keys:write",
    "mandates:write",
    "objections:write",
    "retirements:write",
    "statements:read",
    "transfers:write",
}

ROLES: Final[dict[str, frozenset[str]]] = {
    "operator": _READS
    | {
        "accounts:consolidate",
        "accounts:write",
        "approvals:decide",
        "budgets:report",
        "carry-overs:write",
        "ccer:import",
        "clients:write",
        "documents:write",
        "keys:write",
        "mandates:write",
        "openings:write",
        "parties:write",
        "reports:read",
        "successions:write",
        "reversals:write",
    },
    "issuer": _READS
    | {
        "approvals:decide",
        "ccer:write",
        "documents:write",
        "freezes:write",
        "issuances:write",
        "keys:write",
        "objections:decide",
        "objections:write",
        "plants:approve",
        "readings:write",
        "reports:read",
        "reversals:write",
        "revocations:write",
        "transfers:write",
    },
    "regulator": _READS
    | {
        "accounts:freeze",
        "allowances:approve",
        "allowances:write",
        "approvals:decide",
        "budgets:close",
        "budgets:confirm",
        "budgets:reopen",
        "budgets:set",
        "carry-overs:write",
        "ccer:decide",
        "documents:write",
        "emissions:write",
        "entities:write",
        "factors:write",
        "freezes:write",
        "keys:write",
        "log:entries",
        "objections:decide",
        "reports:read",
        "reversals:decide",
        "reversals:write",
        "rulebooks:write",
        "shares:set",
        "statements:read",
        "successions:write",
        "surrenders:decide",
    },
    "regulator_read": _READS | {"log:entries", "reports:read", "statements:read"},
    "province": _READS
    | {
        "accounts:consolidate",
        "allowances:allocate",
        "allowances:approve",
        "approvals:decide",
        "budgets:close",
        "budgets:confirm",
        "budgets:reopen",
        "budgets:report",
        "budgets:set",
        "ccer:decide",
        "documents:write",
        "emissions:write",
        "entities:write",
        "keys:write",
        "objections:decide",
        "reports:read",
        "shares:set",
        "statements:read",
        "surrenders:decide",
        "surrenders:write",
        "transfers:write",
        "objections:write",
    },
    "generator": _HOLDER | {"plants:write", "readings:write"},
    "enterprise": _HOLDER | {"budgets:report", "budgets:write", "shares:write"},
    "emitter": _HOLDER
    | {
        "allowances:return",
        "budgets:report",
        "budgets:write",
        "carry-overs:write",
        "ccer:import",
        "shares:write",
        "surrenders:write",
    },
    "exchange": _READS
    | {
        "approvals:decide",
        "budgets:confirm",
        "holds:write",
        "keys:write",
        "quotes:write",
        "transfers:write",
    },
    "verifier": _READS | {"documents:write", "keys:write"},
}
KINDS_OF_ROLE: Final[dict[str, frozenset[str]]] = {
    "operator": frozenset({"registry"}),
    "issuer": frozenset({"issuer"}),
    "regulator": frozenset({"regulator"}),
    "regulator_read": frozenset({"regulator"}),
    "province": frozenset({"province"}),
    "generator": frozenset({"generator"}),
    "enterprise": frozenset({"enterprise", "key_energy_unit", "agent", "generator", "emitter"}),
    "emitter": frozenset({"emitter"}),
    "exchange": frozenset({"exchange"}),
    "verifier": frozenset({"verifier"}),
}
"""A key of a role is made only for a party of one of these kinds."""

SEES_ALL: Final = frozenset({"operator", "issuer", "regulator", "regulator_read"})
SEES_PROVINCE: Final = frozenset({"province"})
HIDDEN_FROM_PROVINCES: Final = frozenset({"registry", "regulator", "issuer", "exchange"})
"""Kinds of parties that serve the whole country, wherever their seat is: no province oversees them."""

PERMISSIONS: Final = frozenset().union(*ROLES.values())


def permissions(role: str, scopes: frozenset[str]) -> frozenset[str]:
    """Answer what a key may do: what its role may, narrowed to the key's scopes; `*` narrows nothing."""
    granted = ROLES.get(role, frozenset())
    return granted if "*" in scopes else granted & scopes


def roles_page() -> str:
    """Write `docs/roles.md`: permissions down, roles across."""
    lines = [
        "# Roles and permissions",
        "",
        "A key has one role, and may be narrowed by scopes. What is not marked is refused. Written",
        "from `api/roles.py`; a test compares them. Objects of others answer as if they were not there:",
        f"all parties' are seen by {_named(SEES_ALL)}, those of its province's parties by",
        f"{_named(SEES_PROVINCE)}, and only its own party's by every other role. No province oversees a",
        f"party that serves the whole country: {', '.join(sorted(HIDDEN_FROM_PROVINCES))}.",
        "",
        "| permission | " + " | ".join(ROLES) + " |",
        "|---" * (len(ROLES) + 1) + "|",
    ]
    lines += [
        f"| `{permission}` | "
        + " | ".join("✓" if permission in granted else "" for granted in ROLES.values())
        + " |"
        for permission in sorted(PERMISSIONS)
    ]
    return "\n".join(lines) + "\n"


def _named(roles: frozenset[str]) -> str:
    return ", ".join(f"`{role}`" for role in ROLES if role in roles)
