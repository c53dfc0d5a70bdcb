"""Faults in what both auditors work out again of emitters' years, from the figures that records show."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import Fault, one

FORGED: Final = "tests/auditor/test_formulas_forged.py"
LAWS: Final = "tests/auditor/test_formula_laws.py"
FORMULA: Final = "ledger/log/replay_formula.py"
INDEPENDENT: Final = "ledger/log/independent.py"


KEPT: Final = "ledger/log/replay_kept.py"
PAST: Final = "ledger/log/replay_past.py"
SUCCESSION: Final = "tests/settlement/test_succession.py"
STORIES: Final = "tests/http/test_carry_overs.py"
RACE: Final = "tests/http/test_carry_over_laws.py"
PENDING: Final = f"{RACE}::test_what_was_pending_was_not_held_and_what_was_taken_back_not_sold"


def emitters(name: str) -> str:
    """Name the one forgery of an emitter's year that sees a fault."""
    test = "test_a_law_broken_alone_is_named_by_both"
    return f"tests/auditor/test_emitters_forged.py::{test}[{name}]"


def past(name: str) -> str:
    """Name the one forgery of a holder's past that sees a fault."""
    test = "test_another_past_than_the_log_s_is_named_by_both"
    return f"tests/auditor/test_holdings_forged.py::{test}[{name}]"


def forged(name: str) -> str:
    """Name the one forgery that sees a fault."""
    return f"{FORGED}::test_a_year_worked_out_otherwise_is_named_by_both[{name}]"


WORKED: Final[tuple[Fault, ...]] = (
    one(
        "an auditor takes what steps say",
        forged("a tonne more"),
        FORMULA,
        "    if (formula, steps) != (must, worked):\n",
        "    if formula != must:\n",
    ),
    one(
        "an auditor takes what parts say",
        forged("alpha turned round"),
        FORMULA,
        '        if _named(one["parts"]) != parts:\n',
        "        if not parts:\n",
    ),
    one(
        "an auditor takes any installation",
        forged("a unit made up"),
        FORMULA,
        "    if not units or told != sorted(units.items()):\n",
        "    if not units:\n",
    ),
    one(
        "an auditor takes any ratio",
        forged("early beyond the ratio"),
        FORMULA,
        "    share = Decimal(str(ratio.value))\n",
        '    share = Decimal(case.body["inputs"][0]["figures"][1]["value"])\n',
    ),
    one(
        "an auditor takes any emissions of the year before",
        forged("early on other emissions"),
        FORMULA,
        'verified = figures["verified_before"] if case.before is None else Decimal(case.before)',
        'verified = figures["verified_before"]',
    ),
    one(
        "an auditor takes any unit for special",
        forged("special without a rule"),
        FORMULA,
        'if name.removeprefix(_SPECIAL) not in case.rules.words("cea.special", case.key):',
        "if name == _SPECIAL:",
    ),
    one(
        "an auditor takes an old balance value for ever",
        f"{LAWS}::test_a_value_that_came_while_it_was_decided_need_not_be_known",
        FORMULA,
        "count = 2 if versions and at <= later(versions[-1][0]) else 1",
        "count = 2",
    ),
    one(
        "an auditor takes as much as was asked",
        f"{LAWS}::test_less_may_be_asked_for_and_never_more",
        FORMULA,
        'if asked is not None and (formula == "document" or asked >= quantity):',
        'if asked is not None and (formula == "document" or asked > quantity):',
    ),
    one(
        "the second auditor rounds",
        f"{LAWS}::test_at_the_edges_both_agree_to_the_tonne",
        INDEPENDENT,
        'of_power = floor(value["qe_mwh"] * electric * value["peak_factor"])',
        'of_power = round(value["qe_mwh"] * electric * value["peak_factor"])',
    ),
    one(
        "the second auditor turns the gap round",
        f"{LAWS}::test_at_the_edges_both_agree_to_the_tonne",
        INDEPENDENT,
        'least = floor((1 - Fraction(self.rule("cea.gap_cap"))) * self.verified)',
        'least = floor(Fraction(self.rule("cea.gap_cap")) * self.verified)',
    ),
    one(
        "the second auditor tops no gas unit up",
        f"{LAWS}::test_at_the_edges_both_agree_to_the_tonne",
        INDEPENDENT,
        'lacking = floor(value["emissions_t"]) - of_power - of_heat if topped else 0',
        "lacking = 0",
    ),
    one(
        "the second auditor takes what parts say",
        forged("alpha turned round"),
        INDEPENDENT,
        '        if sorted(map(told_unit, body["inputs"])) != sorted(units):\n',
        '        if body["inputs"] and not units:\n',
    ),
    one(
        "an auditor takes holdings as told",
        past("held more"),
        PAST,
        '"holdings": _sum(past.held, codes, "", ends),',
        '"holdings": int(body["holdings"]),',
    ),
    one(
        "an auditor takes purchases as told",
        past("bought less"),
        PAST,
        '"bought": past.told_bought + _sum(past.bought, codes, begins, ends),',
        '"bought": int(body["bought"]),',
    ),
    one(
        "an auditor takes it that duties were met",
        past("met in time though not"),
        PAST,
        '"on_time": all(_met(entry, past, one) for one in law.years_on_time(year)),',
        '"on_time": body["on_time"],',
    ),
    one(
        "an auditor takes a duty met late for met in time",
        f"{STORIES}::test_a_duty_met_a_second_late_carries_nothing",
        PAST,
        "by_then = [units for on, units in due.items() if on <= deadline]",
        "by_then = [*due.values()]",
    ),
    one(
        "an auditor counts sales that were taken back",
        PENDING,
        PAST,
        '_trade(state, posting, (undone["day"], -1))',
        'assert undone["day"]',
    ),
    one(
        "an auditor counts what was pending",
        PENDING,
        PAST,
        "if hold.pending and state.accounts[hold.key[0]].cls in _HOLDERS:",
        "if not hold.pending and state.accounts[hold.key[0]].cls in _HOLDERS:",
    ),
    one(
        "the second auditor lets a party say twice where it stood",
        past("sold elsewhere twice"),
        INDEPENDENT,
        "            self.name(f\"{credit.owner} in {record.get('external', {}).get('source')}\")\n",
        "",
    ),
    one(
        "the second auditor takes any statement for all years",
        past("met in time though not"),
        INDEPENDENT,
        "return not told or any(year in years for years in told)",
        "return True",
    ),
    one(
        "the second auditor counts what came after the record day",
        past("held since too late"),
        INDEPENDENT,
        "old = [moved for moved in old if moved.counts <= ends.isoformat()]",
        "old = [moved for moved in old if moved.counts]",
    ),
    one(
        "the second auditor counts sales that were taken back",
        PENDING,
        INDEPENDENT,
        "            and moved.trade not in self.taken_back\n",
        "",
    ),
    one(
        "an auditor lets a duty grow that a successor owes",
        emitters("verified though a successor owes"),
        "ledger/log/replay_duties.py",
        "    if state.ets.passed.get(place, 0) < 0:\n",
        "    if state.ets.passed.get(place, 0) > 0:\n",
    ),
    one(
        "an auditor takes any stage",
        emitters("allocated at a stage of its own"),
        "ledger/rules/stage.py",
        "return not named.isdisjoint(approved)",
        "return bool(named)",
    ),
    one(
        "the second auditor takes any stage",
        emitters("allocated at a stage of its own"),
        INDEPENDENT,
        "            self.check_stage(body)\n",
        "            assert body\n",
    ),
    one(
        "an heir's quota has no stage",
        f"{SUCCESSION}::test_a_quota_that_passed_on_is_allocated_at_a_stage_that_its_giver_was_approved",
        "settlement/entitlement/quota.py",
        "        parties |= last\n",
        "        assert parties\n",
    ),
    one(
        "an auditor lets units go before what was kept is owed",
        emitters("units returned before what was kept"),
        KEPT,
        "        if unkept != min(kept, unkept + rest):\n",
        "        if unkept > kept:\n",
    ),
    one(
        "an auditor lets more be un-kept than was kept",
        emitters("more un-kept than was kept"),
        KEPT,
        "        if unkept != min(kept, unkept + rest):\n",
        "        if unkept < min(kept, unkept + rest):\n",
    ),
    one(
        "an auditor forgets that a return was taken back",
        emitters("released to another"),
        KEPT,
        'KEEPING: Final = _KEPT | {"reverse.act"}',
        "KEEPING: Final = _KEPT",
    ),
    one(
        "the second auditor looks at no returns",
        emitters("more un-kept than was kept"),
        INDEPENDENT,
        "            self.check_returned(request)\n",
        "",
    ),
    one(
        "a carry-over does not rest on what was read",
        f"{RACE}::test_what_comes_while_a_carry_over_is_decided_makes_it_be_decided_again",
        "settlement/carried/carrying.py",
        "(*expect, *past), result)",
        "expect, result)",
    ),
)
