"""What the body of a journal record must hold: acts on certificates."""

from __future__ import annotations

from typing import Final

from schemas.records.shapes import (
    ACCOUNT,
    DAY,
    DIGITS,
    HOLD,
    INSTRUMENT,
    LOT,
    MONTH,
    PARTY,
    PLANT,
    PROVINCE,
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

_ENERGY: Final = one_of("on_grid", "self_use", "off_grid", "storage")
_TRADE: Final = one_of("tradable", "non_tradable")
BY_DOCUMENT: Final[Schema] = {"document_no": TEXT}
FROZEN: Final[Schema] = {
    "hold": HOLD,
    "account": ACCOUNT,
    "instrument": INSTRUMENT,
    "quantity": DIGITS,
    "cause": one_of("court_order", "objection", "suspected_data", "ccer"),
    "controller": PARTY,
}
LOT_FACTS: Final[Schema] = {
    "lot_id": LOT,
    "plant_id": PLANT,
    "reading_id": named("rdg"),
    "month": MONTH,
    "category": _ENERGY,
    "trade": _TRADE,
    "mechanism": TRUTH,
    "energy": WORD,
    "province": PROVINCE,
    "count": DIGITS,
    "valid_until": DAY,
}
_EVIDENCE: Final = closed(
    {},
    {
        "contract_no": TEXT,
        "settled_kwh": DIGITS,
        "plan_id": TEXT,
        "filing_id": TEXT,
        "document_ids": listed(WORD),
    },
)

CERTIFICATES: Final[dict[str, Schema]] = {
    "plant.register": closed(
        {
            "plant_id": PLANT,
            "account_id": ACCOUNT,
            "party": PARTY,
            "name": TEXT,
            "energy": WORD,
            "technology": WORD,
            "capacity_kw": DIGITS,
            "commissioned_on": DAY,
            "province": PROVINCE,
            "grid_connection": WORD,
            "market_based": TRUTH,
            "storage": TRUTH,
            "registration_code": WORD,
        }
    ),
    "plant.approve": closed({"plant_id": PLANT}),
    "reading.record": closed(
        {
            "reading_id": named("rdg"),
            "plant_id": PLANT,
            "month": MONTH,
            "category": _ENERGY,
            "version": DIGITS,
            "energy_kwh": DIGITS,
            "mechanism": TRUTH,
            "source": TEXT,
        }
    ),
    "gec.issue": closed(
        LOT_FACTS | {"first_serial": DIGITS, "origin_registry": WORD, "carry_kwh": DIGITS}
    ),
    **{
        f"transfer.{mode}": closed(
            {"mode": {"const": mode}, "quantity": DIGITS},
            {"reference": TEXT, "evidence": _EVIDENCE, "hold": HOLD},
        )
        for mode in (
            "listing",
            "bilateral",
            "auction",
            "green_power",
            "allocation",
            "hydro_assignment",
            "mechanism_assignment",
            "self_use",
            "off_grid",
        )
    },
    "gec.retire": closed(
        {
            "retirement_id": named("ret"),
            "statement_no": TEXT,
            "beneficiary_code": TEXT,
            "beneficiary_name": TEXT,
            "purpose": WORD,
            "consumption_year": YEAR,
            "quantity": DIGITS,
            "public": TRUTH,
        },
        {"note": listed(TEXT)},
    ),
    "gec.expire": closed({"lot_id": LOT}),
    "gec.revoke": closed(
        BY_DOCUMENT
        | {
            "lot_id": LOT,
            "plant_id": PLANT,
            "revoked": DIGITS,
            "debt_kwh": DIGITS,
            "cause": one_of("over_issuance", "error"),
        },
        {"objection_id": named("obj")},
    ),
    "gec.cancel_ccer": closed(
        BY_DOCUMENT | {"hold": HOLD, "quantity": DIGITS, "project": TEXT},
        {"plant_id": PLANT, "month": MONTH, "energy_kwh": DIGITS},
    ),
    "ccer.project": closed(
        BY_DOCUMENT
        | {
            "project": TEXT,
            "plant_id": PLANT,
            "method": WORD,
            "first_month": MONTH,
            "last_month": MONTH,
            "registered_on": DAY,
        }
    ),
    "ccer.freeze": closed(
        BY_DOCUMENT | FROZEN | {"cause": one_of("ccer"), "lot_id": LOT, "project": TEXT}
    ),
}
