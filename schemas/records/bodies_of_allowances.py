"""What the body of a journal record must hold: acts on allowances, reductions and duties."""

from __future__ import annotations

from typing import Final

from schemas.records.bodies_of_units import BY_DOCUMENT
from schemas.records.shapes import (
    ACCOUNT,
    DAY,
    DIGITS,
    DOCUMENTS,
    FIGURE,
    HOLD,
    INSTRUMENT,
    PARTY,
    SIGNATURE,
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

INSTALLATIONS_MOST: Final = 40
"""More would not fit a record."""

_INSTALLATION: Final = closed(
    {"code": WORD, "class": WORD},
    {"capacity_kw": DIGITS, "commissioned_on": DAY, "closed_on": DAY},
)
_NAMED_FIGURES: Final = listed(closed({"name": WORD, "value": FIGURE}))
_WORKED: Final = closed(
    {"code": WORD, "class": WORD, "figures": _NAMED_FIGURES, "parts": _NAMED_FIGURES}
)

ALLOWANCES: Final[dict[str, Schema]] = {
    "cea.vintage": closed(BY_DOCUMENT | {"vintage": YEAR}),
    "cea.create": closed(BY_DOCUMENT | {"vintage": YEAR, "quantity": DIGITS}),
    "cea.allocate": closed(
        BY_DOCUMENT
        | {
            "account": ACCOUNT,
            "province_account": ACCOUNT,
            "instrument": INSTRUMENT,
            "vintage": YEAR,
            "quantity": DIGITS,
            "kept_back": DIGITS,
            "stage": WORD,
        },
        {"compliance_year": YEAR},
    ),
    "cea.return": closed(
        BY_DOCUMENT
        | {
            "account": ACCOUNT,
            "province_account": ACCOUNT,
            "instrument": INSTRUMENT,
            "vintage": YEAR,
            "quantity": DIGITS,
            "returned": DIGITS,
            "debt": DIGITS,
            "stage": WORD,
        },
        {"compliance_year": YEAR, "unkept": DIGITS},
    ),
    "cea.reduce": closed(BY_DOCUMENT | {"account": ACCOUNT, "quantity": DIGITS, "cause": WORD}),
    "cea.release": closed(
        BY_DOCUMENT
        | {"custody_account": ACCOUNT, "account": ACCOUNT, "vintage": YEAR, "quantity": DIGITS}
    ),
    "cea.move": closed(
        {"from_account": ACCOUNT, "to_account": ACCOUNT, "vintage": YEAR, "quantity": DIGITS}
    ),
    "cea.cancel": closed(
        {
            "account": ACCOUNT,
            "vintage": YEAR,
            "quantity": DIGITS,
            "public": TRUTH,
            "reason": listed(TEXT),
        }
    ),
    "cea.verify": closed(
        BY_DOCUMENT
        | {
            "party": PARTY,
            "compliance_year": YEAR,
            "tco2e": DIGITS,
            "version": DIGITS,
            "verifier": PARTY,
        },
        {"key_id": named("key"), "signature": SIGNATURE, "room": SIGNED},
    ),
    "cea.surrender": closed(
        {
            "compliance_year": YEAR,
            "allowances": listed(closed({"vintage": YEAR, "quantity": DIGITS})),
        },
        {
            "ccer": listed(closed({"instrument": INSTRUMENT, "quantity": DIGITS}), least=1),
            "party": PARTY,
        },
    ),
    "cea.list": closed(
        BY_DOCUMENT
        | {
            "party": PARTY,
            "year": YEAR,
            "version": DIGITS,
            "status": one_of("listed", "removed"),
            "sector": one_of("power", "steel", "cement", "aluminium"),
            "reason": TEXT,
            "installations": listed(_INSTALLATION, most=INSTALLATIONS_MOST),
        }
    ),
    "cea.approve": closed(
        BY_DOCUMENT
        | {
            "party": PARTY,
            "year": YEAR,
            "n": DIGITS,
            "stage": one_of("pre", "final", "adjustment", "auction"),
            "quantity": DIGITS,
            "change": SIGNED,
            "vintage": YEAR,
            "formula": WORD,
            "inputs": listed(_WORKED, most=INSTALLATIONS_MOST),
            "steps": listed(closed({"name": WORD, "quantity": DIGITS})),
        },
        {"verified_version": DIGITS, "ground": TEXT},
    ),
    "cea.quote": closed(
        {
            "day": DAY,
            "quotes": listed(
                closed(
                    {
                        "close_fen": DIGITS,
                        "volume": DIGITS,
                        "turnover_fen": DIGITS,
                        "version": DIGITS,
                    },
                    {"vintage": YEAR},
                ),
                least=1,
            ),
        }
    ),
    "cea.carry_over": closed(
        BY_DOCUMENT
        | {
            "account": ACCOUNT,
            "year": YEAR,
            "vintage": YEAR,
            "quantity": DIGITS,
            "holdings": DIGITS,
            "sold": DIGITS,
            "bought": DIGITS,
            "on_time": TRUTH,
            "t_max": DIGITS,
            "room_change": SIGNED,
        },
        {"hold": HOLD},
    ),
    "ccer.import": closed(
        BY_DOCUMENT
        | {
            "account": ACCOUNT,
            "instrument": INSTRUMENT,
            "project": TEXT,
            "registered_on": DAY,
            "inside_ets": TRUTH,
            "quantity": DIGITS,
            "cancellation_no": TEXT,
            "document_ids": DOCUMENTS,
        }
    ),
}
