"""Whatever figures come in, both verifiers work a year out as the registry does, and to the tonne."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.kinds import KINDS
from ledger.log import independent
from ledger.log.faults import LogFault
from ledger.log.replay_ets import Listed
from ledger.log.replay_formula import check_formula
from ledger.log.replay_law import Law
from ledger.log.replay_state import Act, Entry, Group, State
from ledger.rulebooks import shipped
from ledger.rules.power import CLASSES, GAS
from ledger.rules.rulebook import Rulebook, Rules
from schemas.identifiers import IdPrefix, encode_id
from settlement.emitters import Entity, Installation
from settlement.entitlement.facts import Facts, Party, Verified
from settlement.entitlement.worked import EntitlementOrder, UnitInput, entitled

RULES: Final = Rules(tuple(map(Rulebook.parse, shipped())))
BOOKS: Final = {book["name"]: book for book in (tomllib.loads(raw.decode()) for raw in shipped())}
AT: Final = "2026-07-01T04:00:00.000000Z"
LONG_AGO: Final = "2026-06-01T04:00:00.000000Z"
PARTY: Final = 7
COAL: Final = "power_above_300mw"
SPECIAL: Final = ("biomass", "closed", "new", "below_threshold")
FIGURES: Final = st.decimals("0", "100000000", places=6)
FACTORS: Final = st.decimals("0", "3", places=9)
BALANCES: Final = st.decimals("0.5", "20", places=4)
TONNES: Final = st.integers(0, 10**9)


@dataclass(frozen=True)
class Case:
    """An approval as the registry decides it, and what it found on file."""

    order: EntitlementOrder
    entity: Entity
    verified: int
    before: int | None
    balance: Decimal | None
    newer: tuple[tuple[str, Decimal], ...] = ()  # balance values that came after it, and when

    def body(self) -> dict[str, Any]:
        """Let the registry work it out, and give what its record says of that."""
        order, files = self.order, {self.order.year: Verified(1, self.verified)}
        if self.before is not None:
            files[order.year - 1] = Verified(1, self.before)
        party = Party(PARTY, self.entity, (), files, {}, {}, 0, None)
        values = {} if self.balance is None else {self.entity.sector: self.balance}
        facts = Facts({PARTY: party}, values)
        what = entitled(order, party, self.entity, facts, RULES)
        return {
            "party": encode_id(IdPrefix.PARTY, PARTY),
            "year": str(order.year),
            "stage": order.stage,
            "formula": what.formula,
            "inputs": list(what.inputs),
            "steps": [{"name": name, "quantity": str(units)} for name, units in what.steps],
        }


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Make up a party, its units, their figures, and a stage that its year has."""
    year = draw(st.sampled_from((2024, 2025)))
    sector: Any = draw(st.sampled_from(("power", "steel", "cement", "aluminium")))
    stage: Any = draw(st.sampled_from(("pre", "final", "adjustment", "auction")))
    classes = sorted(CLASSES) if sector == "power" else [sector]
    units = [
        Installation(f"u{n}", draw(st.sampled_from(classes)))
        for n in range(draw(st.integers(1, 3)))
    ]
    inputs = tuple(draw(figures_of(unit, year)) for unit in units)
    before = draw(st.none() | TONNES)
    order = EntitlementOrder(
        PARTY,
        year,
        stage,
        "doc",
        inputs if stage != "pre" else (),
        previous=draw(FIGURES) if before is None else None,
        asked=draw(TONNES)
        if stage == "auction" or (stage, sector == "power") == ("pre", False)
        else None,
        price_fen=draw(st.none() | TONNES) if stage == "auction" else None,
    )
    entity = Entity(PARTY, year, 1, "listed", sector, tuple(units))
    balance = None if sector == "power" else draw(BALANCES)
    return Case(order, entity, draw(TONNES), before, balance)


@st.composite
def figures_of(draw: st.DrawFn, unit: Installation, year: int) -> UnitInput:
    """Make up a year of an installation; some are special."""
    if year == 2025 and draw(st.integers(0, 4)) == 0:
        return UnitInput(unit.code, {"emissions_t": draw(FIGURES)}, draw(st.sampled_from(SPECIAL)))
    if unit.cls not in CLASSES:
        told = {"emissions_t": draw(FIGURES), "intensity": draw(FACTORS)}
        return UnitInput(unit.code, told)
    told = {"qe_mwh": draw(FIGURES), "qh_gj": draw(FIGURES)}
    if unit.cls == GAS:
        told["emissions_t"] = draw(FIGURES)
    if draw(st.booleans()):
        told["peak_factor"] = draw(FACTORS)
    return UnitInput(unit.code, told)


def found(case: Case, body: dict[str, Any]) -> set[str]:
    """Check a body by both verifiers, and give the codes of what they find."""
    return {_by_first(case, body), _by_second(case, body)}


def _by_first(case: Case, body: dict[str, Any]) -> str:
    state, place = State(), f"{body['party']} {body['year']}"
    units = {one.code: one.cls for one in case.entity.installations}
    state.ets.listed[place] = [(LONG_AGO, Listed("listed", case.entity.sector, units))]
    state.emissions[place] = (1, case.verified)
    if case.before is not None:
        state.emissions[f"{body['party']} {case.order.year - 1}"] = (1, case.before)
    if case.balance is not None:
        place = f"{case.entity.sector} {body['year']}"
        state.ets.balances[place] = [(LONG_AGO, case.balance), *case.newer]
    law = Law(RULES)
    act = Act(KINDS["cea.approve"], body, "", "2026-07-01", law)
    try:
        check_formula(state, Entry({"at": AT}, Group((), 1), act, law))
    except LogFault as fault:
        return fault.code
    return ""


def _by_second(case: Case, body: dict[str, Any]) -> str:
    entered = [(LONG_AGO, case.balance), *case.newer]
    records = [{"at": at, "kind": "factor.set"} for at, _ in entered]
    auditor = independent.Auditor(records, [], {}, independent.Requests(Path()))
    place = f"{body['party']} {body['year']}"
    units = [one.spelt() for one in case.entity.installations]
    listed = {"status": "listed", "sector": case.entity.sector, "installations": units}
    auditor.ets.listed[place] = [(LONG_AGO, listed)]
    auditor.emissions[place] = (1, case.verified)
    if case.before is not None:
        auditor.emissions[f"{body['party']} {case.order.year - 1}"] = (1, case.before)
    if case.balance is not None:
        name = (f"balance.{case.entity.sector}", "00", body["year"])
        told = [(n, {"value": str(value)}) for n, (_, value) in enumerate(entered)]
        auditor.filed.figures[name] = told
    act = independent.Act("cea.approve", body, "", BOOKS, date(2026, 7, 1).isoformat())
    try:
        auditor.check_formula(act, AT)
    except independent.Wrong as fault:
        return fault.code
    return ""


def _one(sector: Any, cls: str, verified: int, balance: str | None = None, **told: str) -> Case:
    """Make up a year of one unit, or of a special one if `special` is told."""
    special = told.pop("special", None)
    figures = {name: Decimal(value) for name, value in told.items()}
    order = EntitlementOrder(PARTY, 2025, "final", "doc", (UnitInput("u1", figures, special),))
    entity = Entity(PARTY, 2025, 1, "listed", sector, (Installation("u1", cls),))
    return Case(order, entity, verified, None, None if balance is None else Decimal(balance))


EDGES: Final = {
    "a part is cut off": (_one("power", COAL, 0, qe_mwh="1000.9", qh_gj="10.9"), 791),
    "by its peak factor": (
        _one("power", COAL, 0, qe_mwh="1000", qh_gj="0", peak_factor="1.5"),
        1185,
    ),
    "the gap is capped": (_one("power", COAL, 1001, qe_mwh="1000", qh_gj="0"), 800),
    "gas is topped up": (_one("power", GAS, 0, qe_mwh="1", qh_gj="1", emissions_t="40.9"), 40),
    "a special unit": (_one("steel", "steel", 0, "1", emissions_t="7.9", special="new"), 7),
    "within the range": (
        _one("steel", "steel", 0, "1", emissions_t="1000", intensity="0.801"),
        1029,
    ),
    "at the range": (_one("steel", "steel", 0, "1", emissions_t="1000", intensity="0.8"), 1030),
    "above it": (_one("steel", "steel", 0, "1", emissions_t="1000", intensity="1.2"), 970),
}


@pytest.mark.parametrize("name", EDGES)
def test_at_the_edges_both_agree_to_the_tonne(name: str) -> None:
    """Cut off and never rounded, each part alone; at the range it is the cap."""
    case, quantity = EDGES[name]
    body = case.body()
    given = {step["name"]: int(step["quantity"]) for step in body["steps"]}

    assert given["formula"] + given.get("gap_top_up", 0) == quantity
    assert found(case, body) == {""}


@given(cases())
def test_what_the_registry_works_out_both_work_out_again(case: Case) -> None:
    """By fractions on one side, by the registry's own rules on the other: nobody finds a fault."""
    assert found(case, case.body()) == {""}


@given(cases(), st.data())
def test_a_tonne_more_or_less_anywhere_is_found_by_both(case: Case, data: st.DataObject) -> None:
    """In a step, or in a part that a unit's figures make."""
    body = case.body()
    assume(body["formula"] != "document")
    changed = deepcopy(body)
    parts = [part for one in changed["inputs"] for part in one["parts"]]
    steps = [(step, "quantity") for step in changed["steps"]]
    told, member = data.draw(st.sampled_from([*steps, *((part, "value") for part in parts)]))
    told[member] = str(Decimal(told[member]) + data.draw(st.sampled_from((1, -1))))

    assert found(case, changed) == {"formula_mismatch"}


@given(cases(), st.integers(0, 2), st.integers(1, 10**6))
def test_less_may_be_asked_for_and_never_more(case: Case, least: int, over: int) -> None:
    """A quantity asked for stands beside the formula's, and is below it."""
    body = case.body()
    assume(body["formula"] != "document")
    gives = sum(
        int(step["quantity"])
        for step in body["steps"]
        if step["name"] != "verified" or body["formula"] == "verified"
    )
    for asked, wanted in (
        (gives - 1 - least, ""),
        (gives, "formula_mismatch"),
        (gives + over, "formula_mismatch"),
    ):
        told = deepcopy(body)
        told["steps"].append({"name": "asked", "quantity": str(asked)})
        assert asked < 0 or found(case, told) == {wanted}


@pytest.mark.parametrize(
    ("came", "wanted"),
    [
        ("2026-07-01T03:59:00.000000Z", ""),
        ("2026-07-01T03:55:00.000000Z", ""),
        ("2026-07-01T03:54:59.999999Z", "formula_mismatch"),
    ],
)
def test_a_value_that_came_while_it_was_decided_need_not_be_known(came: str, wanted: str) -> None:
    """No balance tells of it, so for five minutes the one before may be what somebody decided on."""
    unit = Installation("u1", "steel")
    figures = UnitInput("u1", {"emissions_t": Decimal(1000), "intensity": Decimal(2)})
    order = EntitlementOrder(PARTY, 2025, "final", "doc", (figures,))
    entity = Entity(PARTY, 2025, 1, "listed", "steel", (unit,))
    case = Case(order, entity, 1000, None, Decimal("1.9"))

    newer = replace(case, newer=((came, Decimal("2.1")),))
    assert found(newer, case.body()) == {wanted}
    assert found(newer, replace(case, balance=Decimal("2.1")).body()) == {""}
