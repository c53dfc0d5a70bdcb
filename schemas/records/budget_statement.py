"""The statement on which a fossil budget's year is closed, version 1: RFC 8785 JSON.

All numbers but the version are decimal strings. Nothing in it depends on the moment of posting, so
whoever replays the log comes to the same bytes; `budget.close` names their SHA-256. Lists are
sorted: rulebooks and open points by name, inputs by journal and what they are, runs by lot and first
serial; fuels and their factors stand in the order of the report. A retirement's run that counts in part
counts from its low end, and the rest of it is a run of its own.
"""

from __future__ import annotations

import json
from typing import Any, Final

from schemas.records.bodies_of_budgets import CONSUMPTION, DIRECTION, MODE
from schemas.records.shapes import (
    DECIMAL,
    DIGITS,
    HEX32,
    LOT,
    PARTY,
    PROVINCE,
    SIGNED,
    TEXT,
    TRUTH,
    WORD,
    YEAR,
    Schema,
    closed,
    listed,
    named,
    one_of,
)

BUDGET_STATEMENT_VERSION: Final = 1
_STATUS: Final = one_of("MET", "MET_WITH_OFFSET", "NOT_MET")
_EXACT: Final[Schema] = {
    "type": "string",
    "pattern": "^-?(0|[1-9][0-9]{0,18})(\\.[0-9]{0,8}[1-9])?$",
    "description": "Exact to nine decimals; what comes after them is cut off.",
}
_PARTS: Final = ("direct_gce", "power_gce", "heat_gce", "traded_gce", "certificate_gce")
_RULEBOOK: Final = closed({"name": WORD, "version": DIGITS, "digest": HEX32})
_INPUT: Final[Schema] = {
    **closed({"what": WORD, "journal": named("jrn"), "leaf": HEX32}),
    "description": "An act that the figures rest on, and its leaf's hash in the log: the latest "
    "budget.set, consumption, confirm.traded, confirm.physical, factor.k, cap.set, cap.apportion; "
    "every gec.retire and transfer.green_power behind a run. Acts of the closing's own group are "
    "left out.",
}
_FACTOR: Final[Schema] = {
    **closed({"fuel": WORD, "basis": one_of("table", "measured"), "value": DECIMAL, "unit": TEXT}),
    "description": "What one fuel line was multiplied by, in the order of the lines.",
}
_ENERGY: Final[Schema] = {
    **closed(
        dict.fromkeys(
            (
                "grid_offtake_kwh",
                "physical_kwh",
                "traded_ledger_kwh",
                "traded_confirmed_kwh",
                "certificate_kwh",
            ),
            DIGITS,
        )
        | {"apportioned_kwh": _EXACT, "non_fossil_kwh": _EXACT}
    ),
    "description": "G; P; T of green power in this ledger, and of what others confirm; C; "
    "k(G - T - C); and P + T + C + k(G - T - C).",
}
_RUN: Final[Schema] = {"lot_id": LOT, "first": DIGITS, "count": DIGITS}
_OFFERED: Final[Schema] = _RUN | {
    "retirement_id": named("ret"),
    "direction": DIRECTION,
    "capped": {**TRUTH, "description": "Whether it takes room under the province's cap."},
}
_VIEW: Final = closed(
    dict.fromkeys(_PARTS, DIGITS)
    | {
        "balance_gce": SIGNED,
        "status": _STATUS,
        "exact": closed(dict.fromkeys((*_PARTS, "fossil_gce"), _EXACT)),
    }
)
_OPEN_POINT: Final[Schema] = {
    **closed(
        {
            "name": WORD,
            "value": TEXT,
            "unit": TEXT,
            "document": TEXT,
            "evidence": one_of("found_2nd", "draft", "own", "entered"),
            "zh": TEXT,
            "en": TEXT,
        }
    ),
    "description": "A value that the figures rest on and that was not read in the law, said in a "
    "sentence: of the rulebooks; `entered` by the regulator on a document, as k, and "
    "cap_in_province and cap_out_of_province where a run in the lists is capped by them.",
}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


BUDGET_STATEMENT: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "greenledger:record:budget-statement:1",
    "title": "Statement of a fossil budget's year, version 1",
    "description": "What a unit was allowed and what it burnt, every input and every step between.",
    **closed(
        {
            "v": {"const": BUDGET_STATEMENT_VERSION},
            "log": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "budget_id": named("fbg"),
            "party_id": PARTY,
            "credit_code": WORD,
            "province": _or_null(PROVINCE),
            "sector": _or_null(WORD),
            "year": YEAR,
            "n": {**DIGITS, "description": "Counts the statements of the budget, from one."},
            "supersedes": {
                **_or_null(HEX32),
                "description": "SHA-256 of the statement before, where the budget was reopened.",
            },
            "mode": MODE,
            "budget_gce": DIGITS,
            "document_no": TEXT,
            "rules": HEX32,
            "rulebooks": listed(_RULEBOOK, least=1),
            "inputs": listed(_INPUT, least=1),
            "consumption": CONSUMPTION,
            "fuel_factors": listed(_FACTOR),
            "k": DECIMAL,
            "energy": _ENERGY,
            "recognised": listed(closed(_OFFERED)),
            "unrecognised": listed(closed(_OFFERED | {"reason": WORD})),
            "traded": listed(closed(_RUN)),
            "modes": closed({"net": _VIEW, "gross": _VIEW}),
            "consequence": {
                **_or_null(closed({"zh": TEXT, "en": TEXT})),
                "description": "What follows where the two modes' statuses differ.",
            },
            "status": _STATUS,
            "balance_gce": SIGNED,
            "open_points": listed(_OPEN_POINT),
        }
    ),
}


def schema_text() -> str:
    """Render the schema as it is published in `schemas/json/budget_statement.json`."""
    return json.dumps(BUDGET_STATEMENT, ensure_ascii=False, indent=2) + "\n"
