"""What a year gives an emitter, worked out again from the inputs that its approval shows. Pure.

Taken on trust are the year's figures of installations alone: power, heat, emissions, intensity, peak
factor, and that a unit is special. All else is the list's, the law's, or verified in a record before.

Source: 2023、2024年度 and 2025-2026年度配额总量和分配方案, as `ledger.rules.power` and `alpha` have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final, TypeAlias

from ledger.log.replay_ets import Listed, followed, place_of
from ledger.log.replay_faults import FormulaMismatch, RuleMissing
from ledger.log.replay_frame import later
from ledger.log.replay_law import day
from ledger.log.replay_state import Entry, State
from ledger.rules.alpha import allocated, alpha, shown
from ledger.rules.power import CLASSES, GAS, PowerUnit, gap_capped, power, pre_allocated
from ledger.rules.rulebook import NotInForce, RulebookInvalid, Rules

_ENTITY: Final = "entity"
_COUNTRY: Final = "00"
_BALANCE: Final = "balance."
_SPECIAL: Final = "special."
_PRICE: Final = "price_fen_per_t"

Json: TypeAlias = dict[str, Any]
Steps: TypeAlias = list[tuple[str, int]]
Named: TypeAlias = list[tuple[str, Fraction]]


@dataclass(frozen=True, slots=True)
class _Case:
    """What an approval rests on besides the figures of its own record; in t CO2e, and tCO2 per t."""

    body: Json
    rules: Rules
    entity: Listed
    balance: Decimal | None
    verified: int
    before: int | None  # verified of the year before, where this log has it

    @property
    def key(self) -> date:
        """The day by which rules of the year are looked up."""
        return day(f"{self.body['year']}-01")


def note_balance(state: State, entry: Entry) -> None:
    """Note a sector's balance value of a year, which is the whole country's."""
    body, balances = entry.act.body, state.ets.balances
    if body["name"].startswith(_BALANCE) and body["province"] == _COUNTRY:
        place = f"{body['name'].removeprefix(_BALANCE)} {body['year']}"
        value = Decimal(body["value"])
        balances[place] = followed(balances.get(place, []), entry.record["at"], value)


def check_formula(state: State, entry: Entry) -> None:
    """Work an approval out again; lists and balance values have no balance, so the one before may count.

    Raises:
        FormulaMismatch: it is another quantity, or of other inputs, than the rules make of the figures.
        RuleMissing: the rules have no value for what they should decide.
    """
    faults: list[FormulaMismatch] = []
    for case in _cases(state, entry):
        try:
            _check(case)
        except FormulaMismatch as fault:
            faults.append(fault)
        except (NotInForce, RulebookInvalid) as missing:
            raise RuleMissing(str(missing)) from missing
        else:
            return
    raise faults[0]


def _cases(state: State, entry: Entry) -> Iterator[_Case]:
    body, at = entry.act.body, entry.record["at"]
    party, year = body["party"], body["year"]
    _, verified = state.emissions.get(place_of(party, year), (0, 0))
    _, before = state.emissions.get(place_of(party, str(int(year) - 1)), (0, None))
    for entity in _current(state.ets.listed[place_of(party, year)], at):
        values = state.ets.balances.get(f"{entity.sector} {year}", [])
        for balance in _current(values, at) or [None]:
            yield _Case(body, entry.law.rules, entity, balance, verified, before)


def _current(versions: list[tuple[str, Any]], at: str) -> list[Any]:
    """List the versions that who decided at an instant may have known as the last: one or two."""
    count = 2 if versions and at <= later(versions[-1][0]) else 1
    return [version for _, version in reversed(versions[-count:])]


def _check(case: _Case) -> None:
    """Hold formula, inputs and steps against what they must be; less than the formula may be asked."""
    formula, steps = (
        case.body["formula"],
        [(s["name"], int(s["quantity"])) for s in case.body["steps"]],
    )
    asked = steps.pop()[1] if steps and steps[-1][0] == "asked" else None
    must, worked, quantity = _worked(case)
    if (formula, steps) != (must, worked):
        raise FormulaMismatch(f"{formula} gives {steps}, and {must} gives {worked}")
    if asked is not None and (formula == "document" or asked >= quantity):
        raise FormulaMismatch(f"{asked} are asked for, and the formula gives {quantity}")


def _worked(case: _Case) -> tuple[str, Steps, int]:
    """Give the formula that decides, its steps, and what they come to."""
    stage, sector = case.body["stage"], case.entity.sector
    if stage == "auction":
        return _by_document(case)
    if stage == "pre":
        return _early(case)
    if sector == "power":
        return _of_power(case)
    if case.rules.text("cea.formula.industry", case.key) == "verified":
        _no_inputs(case)
        return "verified", [("verified", case.verified)], case.verified
    quantity = _of_units(case, _industry)
    return "alpha", [("formula", quantity)], quantity


def _by_document(case: _Case) -> tuple[str, Steps, int]:
    """Take the one quantity that a document gives, for which there is no formula; an auction has a price."""
    if case.body["stage"] != "auction":
        _no_inputs(case)
    for told in case.body["inputs"]:
        _figures(told, [_PRICE])
        if (told["code"], told["class"], told["parts"]) != (_ENTITY, _ENTITY, []):
            raise FormulaMismatch(f"an auction shows {told}")
    if len(case.body["inputs"]) > 1:
        raise FormulaMismatch("an auction has several prices")
    units = sum(int(s["quantity"]) for s in case.body["steps"] if s["name"] == "document")
    return "document", [("document", units)], units


def _no_inputs(case: _Case) -> None:
    if case.body["inputs"]:
        raise FormulaMismatch("inputs are shown that nothing is worked out from")


def _early(case: _Case) -> tuple[str, Steps, int]:
    """Work a pre-allocation out: a share of the year before, verified here or brought from elsewhere."""
    kind = "power" if case.entity.sector == "power" else "industry"
    ratio = case.rules.find(f"cea.prealloc_ratio.{kind}", case.key)
    if ratio is None:
        return _by_document(case)
    share = Decimal(str(ratio.value))
    [told] = case.body["inputs"] if len(case.body["inputs"]) == 1 else [_NOTHING]
    figures = _figures(told, ["verified_before", "ratio"])
    verified = figures["verified_before"] if case.before is None else Decimal(case.before)
    wanted = {"verified_before": verified, "ratio": share}
    if (told["code"], told["class"], figures, told["parts"]) != (_ENTITY, _ENTITY, wanted, []):
        raise FormulaMismatch(
            f"a share of {share} of {verified} is given early, and not of {figures}"
        )
    quantity = pre_allocated(share, verified)
    return "share", [("formula", quantity)], quantity


_NOTHING: Final[Json] = {"code": "", "class": "", "figures": [], "parts": []}


def _of_power(case: _Case) -> tuple[str, Steps, int]:
    """Sum a power firm's units, and cap the gap to what was verified."""
    formula = _of_units(case, _power)
    quantity = gap_capped(formula, case.verified, case.rules, case.key)
    steps = [("formula", formula), ("verified", case.verified)]
    return "power", steps + [("gap_top_up", quantity - formula)] * (quantity > formula), quantity


def _of_units(case: _Case, work: Callable[[_Case, Json], tuple[int, Named]]) -> int:
    """Sum what the listed installations get, each told once with the parts that its figures make."""
    units, inputs = case.entity.units, case.body["inputs"]
    told = sorted((one["code"], one["class"]) for one in inputs)
    if not units or told != sorted(units.items()):
        raise FormulaMismatch(f"{told} are told of, and {units} are on the list")
    total = 0
    for one in inputs:
        special = one["parts"] and one["parts"][0]["name"].startswith(_SPECIAL)
        quantity, parts = (_special if special else work)(case, one)
        if _named(one["parts"]) != parts:
            raise FormulaMismatch(f"{one['parts']} of {one['code']} are to be {parts}")
        total += quantity
    return total


def _special(case: _Case, told: Json) -> tuple[int, Named]:
    """Give a special unit its verified emissions, if the plan names such units."""
    name = told["parts"][0]["name"]
    if name.removeprefix(_SPECIAL) not in case.rules.words("cea.special", case.key):
        raise FormulaMismatch(f"no rule makes {told['code']} {name}")
    quantity = floor(_figures(told, ["emissions_t"])["emissions_t"])
    return quantity, [(name, Fraction(quantity))]


def _power(case: _Case, told: Json) -> tuple[int, Named]:
    cls = told["class"]
    if cls not in CLASSES:
        raise FormulaMismatch(f"there are no power units of class {cls}")
    topped = ["emissions_t"] if cls == GAS and case.rules.flag("cea.gas_top_up", case.key) else []
    figures = _figures(told, ["qe_mwh", "qh_gj", *topped, "peak_factor"])
    unit = PowerUnit(
        cls,
        figures["qe_mwh"],
        figures["qh_gj"],
        figures["peak_factor"],
        figures.get("emissions_t", Decimal(0)),
    )
    worked = power(unit, case.rules, case.key)
    return worked.quantity, [(name, Fraction(value)) for name, value in worked.parts]


def _industry(case: _Case, told: Json) -> tuple[int, Named]:
    if case.balance is None or case.balance <= 0:
        raise FormulaMismatch(f"nobody set a balance value of {case.entity.sector}")
    figures = _figures(told, ["emissions_t", "intensity"])
    share = alpha(case.balance, figures["intensity"], case.rules, case.key)
    quantity = allocated(figures["emissions_t"], share)
    parts = {
        "balance_value": case.balance,
        "alpha": shown(share),
        "quantity": Decimal(quantity),
    }
    return quantity, [(name, Fraction(value)) for name, value in parts.items()]


def _figures(told: Json, names: list[str]) -> dict[str, Decimal]:
    """Read the figures of an input: those that its formula reads, none below zero, and no others."""
    figures = {one["name"]: Decimal(one["value"]) for one in told["figures"]}
    if [one["name"] for one in told["figures"]] != names or min(figures.values()) < 0:
        raise FormulaMismatch(f"{told['code']} is to show {names}, and shows {figures}")
    return figures


def _named(figures: list[Json]) -> Named:
    return [(one["name"], Fraction(one["value"])) for one in figures]
