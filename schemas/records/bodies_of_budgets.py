"""What the body of a journal record must hold: acts on fossil-energy budgets."""

from __future__ import annotations

from typing import Final

from schemas.records.bodies_of_units import BY_DOCUMENT
from schemas.records.shapes import (
    DECIMAL,
    DIGITS,
    DOCUMENTS,
    HEX32,
    INSTRUMENT,
    PARTY,
    PROVINCE,
    SIGNED,
    TEXT,
    WORD,
    YEAR,
    Schema,
    closed,
    listed,
    named,
    one_of,
)

MODE: Final = one_of("net", "gross")
DIRECTION: Final = one_of("in_province", "out_of_province")
SHARE_METRIC: Final = one_of("minimum_share", "rps")
_FUEL: Final = closed(
    {"fuel": WORD},
    dict.fromkeys(
        (
            "purchased",
            "stock_open",
            "stock_close",
            "sold",
            "feedstock",
            "heat_value_kj_per_unit",
            "produced",
            "lost",
            "feedstock_sold_as_fuel",
        ),
        DECIMAL,
    )
    | {"unit": one_of("t", "kg", "万t", "m3", "万m3"), "feedstock_product": WORD},
)
CONSUMPTION: Final = closed(
    {
        "fuels": listed(_FUEL),
        "electricity": closed(
            dict.fromkeys(("grid_offtake_kwh", "physical_kwh", "other_traded_kwh"), DIGITS),
            {"storage_charge_kwh": DIGITS},
        ),
        "heat": closed({"purchased_mj": DECIMAL, "fossil_share": DECIMAL}),
    }
)

_PLACE: Final = {
    "province": PROVINCE,
    "year": YEAR,
    "direction": DIRECTION,
    "version": DIGITS,
}

BUDGETS: Final[dict[str, Schema]] = {
    "budget.set": closed(
        BY_DOCUMENT
        | {
            "budget_id": named("fbg"),
            "party_id": PARTY,
            "year": YEAR,
            "budget_gce": DIGITS,
            "mode": MODE,
        },
        {"sector": WORD, "traits": listed(WORD)},
    ),
    "budget.restate": closed(
        {
            "budget_id": named("fbg"),
            "event": one_of("set", "consumption", "offset", "close", "apportion"),
            "mode": MODE,
            "budget_gce": DIGITS,
            "k": DECIMAL,
            "traded_kwh": DIGITS,
            "certificates": DIGITS,
            "inputs_digest": HEX32,
        },
        {
            "consumption": CONSUMPTION,
            "document_ids": DOCUMENTS,
            "retirement_ids": listed(named("ret")),
            "capped": {
                **closed({"in_province": DIGITS, "out_of_province": DIGITS}),
                "description": "Recognised certificates that take room under the province's caps.",
            },
        },
    ),
    "cap.set": closed(BY_DOCUMENT | _PLACE | {"cap": DIGITS}),
    "cap.apportion": closed(BY_DOCUMENT | _PLACE | {"room": DIGITS, "asked": DIGITS}),
    "cap.part": closed({"budget_id": named("fbg"), "instrument": INSTRUMENT, "quantity": DIGITS}),
    "budget.confirm": closed(
        BY_DOCUMENT
        | {
            "budget_id": named("fbg"),
            "confirmed": listed(
                closed({"part": one_of("traded", "physical"), "version": DIGITS, "kwh": DIGITS}),
                least=1,
                most=2,
            ),
        }
    ),
    "budget.reopen": closed(
        {"budget_id": named("fbg"), "reason": TEXT, "document_no": TEXT},
        {"n": DIGITS, "statement_sha256": HEX32},
    ),
    "share.target": closed(
        BY_DOCUMENT
        | {
            "party_id": PARTY,
            "metric": SHARE_METRIC,
            "year": YEAR,
            "version": DIGITS,
            "share": DECIMAL,
        }
    ),
    "share.claim": closed(
        {
            "party_id": PARTY,
            "metric": SHARE_METRIC,
            "year": YEAR,
            "retirement_ids": listed(named("ret"), least=1),
        }
    ),
    "budget.close": closed(
        {
            "budget_id": named("fbg"),
            "mode": MODE,
            "status": WORD,
            "balance_gce": SIGNED,
            "rules_digest": HEX32,
            "inputs_digest": HEX32,
            "open_points": listed(WORD),
        },
        {
            "n": DIGITS,
            "statement_sha256": HEX32,
            "supersedes": HEX32,
            "retirement_ids": listed(named("ret")),
        },
    ),
}
