"""What an insider may write of a year's quantity: consistent in itself, and not what the formula gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.auditor.both import found_in
from tests.auditor.forging import Forger, Record, more, said
from tests.auditor.life import Life

Forge = Callable[[Forger], Record]
"""Write something else, and give the record at which it must come out."""


def _step(record: Record, name: str, units: int) -> None:
    """Let a step give more, and all that follows from it."""
    told = next(step for step in record["body"]["steps"] if step["name"] == name)
    told["quantity"] = str(int(told["quantity"]) + units)
    said(record, "quantity", "change", units=units)
    more(record, 0, units)


def _figure(record: Record, unit: int, part: str, name: str) -> dict[str, Any]:
    """Find a figure or a part of an input."""
    named: list[dict[str, Any]] = record["body"]["inputs"][unit][part]
    return next(one for one in named if one["name"] == name)


def _power(forger: Forger) -> Record:
    return forger.first("cea.approve", stage="final", formula="power")


def _steel(forger: Forger) -> Record:
    return forger.first("cea.approve", stage="final", formula="alpha")


def _a_tonne_more(forger: Forger) -> Record:
    record = _power(forger)
    _step(record, "formula", 1)
    return record


def _a_part_rounded_up(forger: Forger) -> Record:
    record = _power(forger)
    part = _figure(record, 0, "parts", "power")
    part["value"] = str(int(part["value"]) + 1)
    _step(record, "formula", 1)
    return record


def _by_another_benchmark(forger: Forger) -> Record:
    record = _power(forger)
    _figure(record, 0, "parts", "benchmark_power")["value"] = "0.8"
    part = _figure(record, 0, "parts", "power")
    grown = 800 - int(part["value"])
    part["value"] = "800"
    _step(record, "formula", grown)
    return record


def _gas_topped_up_beyond(forger: Forger) -> Record:
    record = _power(forger)
    part = _figure(record, 1, "parts", "gas_top_up")
    part["value"] = str(int(part["value"]) + 5)
    _step(record, "formula", 5)
    return record


def _a_gap_topped_up_that_is_none(forger: Forger) -> Record:
    record = _power(forger)
    record["body"]["steps"].append({"name": "gap_top_up", "quantity": "0"})
    _step(record, "gap_top_up", 9)
    return record


def _a_unit_made_up(forger: Forger) -> Record:
    record = _power(forger)
    made_up = {**record["body"]["inputs"][0], "code": "A-9"}
    record["body"]["inputs"].append(made_up)
    units = sum(int(p["value"]) for p in made_up["parts"] if p["name"] in {"power", "heat"})
    _step(record, "formula", units)
    return record


def _a_unit_left_out(forger: Forger) -> Record:
    record = _power(forger)
    record["body"]["inputs"].pop()
    return record


def _of_another_class(forger: Forger) -> Record:
    record = _power(forger)
    record["body"]["inputs"][0]["class"] = "power_to_300mw"
    return record


def _given_early_beyond_the_ratio(forger: Forger) -> Record:
    record = forger.first("cea.approve", stage="pre", formula="share")
    _figure(record, 0, "figures", "ratio")["value"] = "0.6"
    _step(record, "formula", 90)
    return record


def _given_early_on_other_emissions(forger: Forger) -> Record:
    record = forger.first("cea.approve", stage="pre", formula="share")
    _figure(record, 0, "figures", "verified_before")["value"] = "902"
    _step(record, "formula", 1)
    return record


def _by_a_document_that_no_rule_takes(forger: Forger) -> Record:
    record = _power(forger)
    body = record["body"]
    body |= {"formula": "document", "inputs": []}
    body["steps"] = [{"name": "document", "quantity": body["quantity"]}]
    return record


def _against_another_balance_value(forger: Forger) -> Record:
    forger.first("factor.set", name="balance.steel")["body"]["value"] = "1.65"
    return _steel(forger)


def _alpha_turned_round(forger: Forger) -> Record:
    record = _steel(forger)
    part = _figure(record, 0, "parts", "alpha")
    part["value"] = part["value"].removeprefix("-")
    return record


def _special_without_a_rule(forger: Forger) -> Record:
    record = _steel(forger)
    record["body"]["inputs"][1]["parts"][0]["name"] = "special.favoured"
    return record


def _more_asked_than_the_formula_gives(forger: Forger) -> Record:
    record = _steel(forger)
    _step(record, "asked", 1000)
    return record


def _of_another_sector(forger: Forger) -> Record:
    record = _steel(forger)
    forger.first("cea.list", party=record["body"]["party"])["body"]["sector"] = "cement"
    return record


FORGERIES: dict[str, Forge] = {
    "a tonne more": _a_tonne_more,
    "a part rounded up": _a_part_rounded_up,
    "by another benchmark": _by_another_benchmark,
    "gas topped up beyond": _gas_topped_up_beyond,
    "a gap topped up that is none": _a_gap_topped_up_that_is_none,
    "a unit made up": _a_unit_made_up,
    "a unit left out": _a_unit_left_out,
    "of another class": _of_another_class,
    "early beyond the ratio": _given_early_beyond_the_ratio,
    "early on other emissions": _given_early_on_other_emissions,
    "by document": _by_a_document_that_no_rule_takes,
    "against another balance value": _against_another_balance_value,
    "alpha turned round": _alpha_turned_round,
    "special without a rule": _special_without_a_rule,
    "more asked than given": _more_asked_than_the_formula_gives,
    "of another sector": _of_another_sector,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_year_worked_out_otherwise_is_named_by_both(name: str, life: Life) -> None:
    """Though steps, quantity and postings agree: the inputs shown give another quantity."""
    forger = Forger(life)
    record = FORGERIES[name](forger)

    assert found_in(forger.life()) == ("formula_mismatch", forger.index(record))
