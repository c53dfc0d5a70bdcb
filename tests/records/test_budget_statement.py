"""The published shape of a fossil budget's statement, and the worked case of the steel mill in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs

from ledger.log.jcs import jcs
from schemas.identifiers import IdPrefix, decode_id
from schemas.records.budget_statement import BUDGET_STATEMENT, schema_text
from settlement.fossil_budget.filed import PART_ACCOUNTS
from settlement.fossil_budget.reported import spell_exact
from settlement.fossil_budget.statement import Statement, View, compute
from settlement.fossil_budget.told import PART_FIELDS
from tests.settlement.fossil_cases import CONSUMPTION, MWH, case, retired, rules

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "tests/records/budget_statement.json").read_bytes()
"""Net, k of 0.25, 200,000 MWh traded (a quarter of it here), 1,413,296 certificates: 58,800 g left."""


def document() -> dict[str, Any]:
    """Read the example."""
    told: dict[str, Any] = json.loads(EXAMPLE)
    return told


def judged() -> Statement:
    """Work out the example's case."""
    electricity = replace(CONSUMPTION.electricity, other_traded_kwh=150_000 * MWH)
    consumption = replace(CONSUMPTION, electricity=electricity)
    mill = case(consumption=consumption, traded_kwh=50_000 * MWH, retired=(retired(1_413_296),))
    return compute(mill, rules())


def figures(view: View) -> dict[str, Any]:
    """Tell one mode as a statement does."""
    exact = {
        name.removeprefix("fossil.").removeprefix("recognised."): name for name in PART_ACCOUNTS
    }
    parts = {PART_FIELDS[name]: getattr(view.parts, short) for short, name in exact.items()}
    return {
        **{PART_FIELDS[name]: str(gce) for name, gce in view.whole.items()},
        "balance_gce": str(view.balance_gce),
        "status": view.status.value,
        "exact": {
            name: spell_exact(gce)
            for name, gce in {**parts, "fossil_gce": view.parts.fossil}.items()
        },
    }


def test_the_published_schema_is_the_one_in_the_code() -> None:
    """`schemas/json/budget_statement.json` is generated, never edited."""
    assert schema_text() == (ROOT / "schemas/json/budget_statement.json").read_text("utf-8")


def test_the_example_fits_the_schema_and_is_spelt_the_one_way_there_is() -> None:
    """Every member is described and needed, no other one is let in, and the bytes are RFC 8785."""
    told, validator = document(), jsonschema_rs.validator_for(BUDGET_STATEMENT)

    assert jcs(told) == EXAMPLE
    validator.validate(told)
    for name in told:
        assert not validator.is_valid({key: one for key, one in told.items() if key != name})
    assert not validator.is_valid(told | {"more": "1"})


def test_the_example_tells_what_is_worked_out() -> None:
    """Both modes to the gram, and the energy behind them."""
    told, found = document(), judged()
    recognised = sum(int(run["count"]) for run in told["recognised"])
    traded = sum(int(run["count"]) for run in told["traded"])

    assert told["modes"] == {v.mode.value: figures(v) for v in (found.posting, found.other)}
    assert (told["status"], told["balance_gce"]) == ("MET_WITH_OFFSET", "58800")
    assert (told["mode"], told["k"], told["consequence"]) == ("net", str(found.case.k), None)
    assert (recognised, traded) == (1_413_296, 50_000)
    assert told["energy"] == {
        "grid_offtake_kwh": str(1_800_000 * MWH),
        "physical_kwh": "0",
        "traded_ledger_kwh": str(traded * MWH),
        "traded_confirmed_kwh": str(150_000 * MWH),
        "certificate_kwh": str(recognised * MWH),
        "apportioned_kwh": str(46_676 * MWH),
        "non_fossil_kwh": str(1_659_972 * MWH),
    }


def test_the_lists_of_the_example_are_sorted() -> None:
    """Two who work the statement out come to the same bytes."""
    told = document()

    def number(prefix: IdPrefix, name: str) -> int:
        found = decode_id(prefix, name)
        assert found is not None
        return found

    for runs in ("recognised", "unrecognised", "traded"):
        places = [(number(IdPrefix.LOT, run["lot_id"]), int(run["first"])) for run in told[runs]]
        assert places == sorted(places)
        assert places
    for named in ("rulebooks", "open_points"):
        names = [one["name"] for one in told[named]]
        assert names == sorted(names)
    acts = [(number(IdPrefix.JOURNAL, one["journal"]), one["what"]) for one in told["inputs"]]
    assert acts == sorted(acts)
