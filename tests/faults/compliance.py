"""Faults that only show as compliance years go by: in true-up, carrying over, arrears and past days."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import Fault, one

TOLD: Final = "tests/machines/compliance/test_told_years.py"
CARRIED: Final = f"{TOLD}::test_old_allowances_are_carried_over_within_the_limit"
ARREARS: Final = f"{TOLD}::test_what_was_not_carried_clears_arrears_alone"
STAGES: Final = f"{TOLD}::test_stages_follow_each_other_within_the_formula"
TRUE_UP: Final = f"{TOLD}::test_a_true_up_goes_both_ways_and_debts_are_carried"
CUSTODY: Final = f"{TOLD}::test_a_defaulter_s_year_is_kept_and_handed_in_from_there"
REDUCTIONS: Final = f"{TOLD}::test_reductions_that_a_year_does_not_take"
SECOND: Final = f"{TOLD}::test_the_second_year_follows_the_first"
_CARRYING: Final = "settlement/carried/carrying.py"
_APPROVING: Final = "settlement/entitlement/approving.py"
_RETURNING: Final = "settlement/entitlement/returning.py"

COMPLIANCE: Final[tuple[Fault, ...]] = (
    one(
        "more is carried in than gave way",
        CARRIED,
        _CARRYING,
        "        Move(SOURCE, order.account, new.id, order.quantity),\n",
        "        Move(SOURCE, order.account, new.id, order.quantity + 1),\n",
    ),
    one(
        "requests that wait leave the limit as it is",
        CARRIED,
        "settlement/carried/limit.py",
        "return max(0, self.room + self.room_change - self.waiting)",
        "return max(0, self.room + self.room_change)",
    ),
    one(
        "sales after the record day let more be carried",
        CARRIED,
        "settlement/carried/holdings.py",
        "j.day.between(window.sales_from, window.sales_to),",
        "j.day >= window.sales_from,",
    ),
    one(
        "a sale that was taken back lets more be carried",
        CARRIED,
        "settlement/carried/holdings.py",
        "            ~_taken_back(),\n",
        "",
    ),
    one(
        "who was short at the deadline carries over",
        CARRIED,
        "settlement/carried/in_time.py",
        "return bool(row.in_time > 0 and row.left == 0)",
        "return bool(row.in_time > 0)",
    ),
    one(
        "an old vintage clears the new years",
        ARREARS,
        "ledger/book/checks.py",
        '    late = trial.day > trial.rules.day("cea.surrender_deadline", key)\n',
        '    late, key = trial.day > trial.rules.day("cea.surrender_deadline", key), date(2024, 1, 1)\n',
    ),
    one(
        "vintages are borrowed before the deadline",
        ARREARS,
        "ledger/book/checks.py",
        'span = "cea.vintage.arrears_" if late else "cea.vintage."',
        'span = "cea.vintage.arrears_"',
    ),
    one(
        "the rest of a room is not looked at",
        REDUCTIONS,
        "settlement/surrendering.py",
        "    return picked, (Move(duty, DISCHARGED, space.id, asked),)",
        "    return picked, (Move(duty, DISCHARGED, space.id, asked // 2),)",
    ),
    one(
        "room is rounded up",
        REDUCTIONS,
        "settlement/verifying.py",
        "to_integral_value(ROUND_FLOOR)",
        'to_integral_value("ROUND_CEILING")',
    ),
    one(
        "a true-up gives again what was given early",
        TRUE_UP,
        _APPROVING,
        "return self.whole - self.party.whole",
        "return self.whole - self.party.auctioned",
    ),
    one(
        "what is lacking for a return is no debt",
        TRUE_UP,
        _RETURNING,
        "    if debt:\n",
        "    if debt and not units:\n",
    ),
    one(
        "a cut for fraud is of the change alone",
        TRUE_UP,
        _APPROVING,
        "floor(Fraction(share) * self.whole)",
        "floor(Fraction(share) * abs(self.change))",
    ),
    one(
        "an approval takes back from the emitter first",
        CUSTODY,
        _APPROVING,
        'return [*accounts.get("province_custody", ()), *accounts.get("cea_registry", ())]',
        'return [*accounts.get("cea_registry", ()), *accounts.get("province_custody", ())]',
    ),
    one(
        "what is returned may not be given again",
        STAGES,
        _RETURNING,
        "    if asked.quota:\n        effects +=",
        "    if asked.quota and not units:\n        effects +=",
    ),
    one(
        "a past day tells today's verified emissions",
        SECOND,
        "settlement/duties.py",
        "        query = query.join(t.journal, j.seq == v.journal).where(j.day <= day)\n",
        "        query = query.join(t.journal, j.seq == v.journal)\n",
    ),
    one(
        "a special unit's emissions are rounded to the nearest tonne",
        CUSTODY,
        "settlement/entitlement/worked.py",
        'int(figures["emissions_t"].to_integral_value(ROUND_DOWN))',
        'int(figures["emissions_t"].to_integral_value())',
    ),
)
