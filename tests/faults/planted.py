"""Faults to plant, one at a time, and the fewest tests that must see each of them."""

from __future__ import annotations

from typing import Final

from tests.faults.accounts import ACCOUNTS
from tests.faults.budget_laws import BUDGET_LAWS
from tests.faults.caps import CAPS
from tests.faults.claims import CLAIMS
from tests.faults.closings import CLOSINGS
from tests.faults.compliance import COMPLIANCE
from tests.faults.corrections import CORRECTIONS
from tests.faults.duty import DUTY
from tests.faults.emitters import EMITTERS
from tests.faults.energy import ENERGY
from tests.faults.entitlements import ENTITLEMENTS
from tests.faults.fault import Fault, one
from tests.faults.figures import FIGURES
from tests.faults.law import LAW
from tests.faults.line_losses import LINE_LOSSES
from tests.faults.looking import LOOKING
from tests.faults.planner import PLANNER
from tests.faults.quotes import QUOTES
from tests.faults.sealing import SEALING
from tests.faults.sheets import SHEETS
from tests.faults.signatures import SIGNATURES
from tests.faults.signing import SIGNING
from tests.faults.statements import STATEMENTS
from tests.faults.telling import TELLING
from tests.faults.worked import WORKED

LAWS: Final = "tests/posting/test_judge_laws.py"
MEETINGS: Final = "tests/posting/test_meetings.py"
STORIES: Final = "tests/machines/test_stories.py"
RACES: Final = "tests/races/test_races.py"
RECOGNITION: Final = "tests/settlement/test_fossil_recognition.py"
OPERATIONS: Final = "tests/posting/test_operation_laws.py"
MATRIX: Final = "tests/http/test_matrix.py"
FREEZES: Final = "tests/posting/test_freeze_laws.py"
ASSIGNMENTS: Final = "tests/posting/test_assignment_papers.py"

FAULTS: Final = (
    one(
        "max for sum: what a batch needs of an account",
        f"{MEETINGS}::test_a_sale_by_criteria_finds_what_exact_sales_of_the_batch_left",
        "ledger/posting/needs.py",
        "return sum(asked if max(asked)",
        "return max(asked if max(asked)",
    ),
    one(
        "max for sum: what is posted",
        f"{STORIES}::test_a_duty_is_discharged_once",
        "ledger/model/account.py",
        "Balance(self.posted + posted,",
        "Balance(max(self.posted + posted, self.posted),",
    ),
    one(
        "a cut is off by one",
        LAWS,
        "ledger/book/pick.py",
        "return cut_out(book, parcel, parcel.end - count, parcel.end)",
        "return cut_out(book, parcel, max(parcel.lo, parcel.end - count - 1), parcel.end)",
    ),
    one(
        "a cut at the low end",
        LAWS,
        "ledger/book/pick.py",
        "return cut_out(book, parcel, parcel.end - count, parcel.end)",
        "return cut_out(book, parcel, parcel.lo, parcel.lo + count)",
    ),
    one(
        "no hold check: held serials are sold when named",
        f"{STORIES}::test_held_serials_are_nobody_s_to_sell",
        "ledger/book/pick.py",
        "if parcel.account != account or parcel.hold != hold:",
        "if parcel.account != account:",
    ),
    Fault(
        "a piece taken twice after a refusal",
        (LAWS,),
        (
            (
                "ledger/book/pick.py",
                "        if parcel.end <= at:",
                "        if parcel.end <= exact.lo:",
            ),
            # a piece has no place in the book before its taker is known: that alone would hide it
            ("ledger/book/pick.py", "    if lo == parcel.lo:", "    if lo >= parcel.lo:"),
        ),
    ),
    one(
        "<= for < where certificates are chosen on their last day",
        f"{STORIES}::test_the_last_day_is_valid_and_the_next_is_not",
        "ledger/rules/expiry.py",
        "return valid_until < day",
        "return valid_until <= day",
    ),
    one(
        ">= for > where a sale is judged on the last day",
        f"{STORIES}::test_the_last_day_is_valid_and_the_next_is_not",
        "ledger/rules/trade.py",
        "if day > lot.valid_until:",
        "if day >= lot.valid_until:",
    ),
    one(
        "> for >= when a hold runs out",
        f"{STORIES}::test_a_hold_is_its_controller_s_until_it_runs_out",
        "ledger/rules/holding.py",
        "if hold.expires_at is not None and now >= hold.expires_at:",
        "if hold.expires_at is not None and now > hold.expires_at:",
    ),
    one(
        "the remainder of a month is dropped",
        f"{STORIES}::test_a_month_s_remainder_is_carried_and_a_correction_is_a_debt",
        "settlement/issuance.py",
        "(count, count * unit, carry_kwh),",
        "(count, count * unit + carry_kwh, 0),",
    ),
    Fault(
        "a repeated key is applied again",
        (f"{STORIES}::test_keys_answer_for_ever_and_dry_runs_leave_no_trace",),
        (
            (
                "ledger/posting/batch.py",
                "self.known = known_outcomes(facts.claims) if self.keep else {}",
                "self.known = {}",
            ),
            (
                "ledger/posting/store.sql",
                "AS new (client, key, request, outcome, evidence, grp);",
                "AS new (client, key, request, outcome, evidence, grp) ON CONFLICT DO NOTHING;",
            ),
        ),
    ),
    one(
        "balances are locked in the reversed order",
        f"{RACES}::test_balances_are_locked_in_one_order",
        "ledger/posting/load.sql",
        "ORDER BY account, instrument) AS k",
        "ORDER BY account DESC, instrument DESC) AS k",
    ),
    one(
        "a merge ignores the movement that brought the units",
        LAWS,
        "ledger/model/lot.py",
        "and before.acquired == self.acquired",
        "and bool(before.acquired)",
    ),
    one(
        "a merge ignores the origin",
        LAWS,
        "ledger/model/lot.py",
        "and before.origin == self.origin",
        "and bool(before.origin)",
    ),
    one(
        "anybody may release a hold",
        f"{STORIES}::test_a_hold_is_its_controller_s_until_it_runs_out",
        "ledger/rules/holding.py",
        """    name = encode_id(IdPrefix.HOLD, hold.id)
    if party != hold.controller:
        raise NotTheController(hold=name)
    if hold.remaining == 0:
        raise HoldClosed(hold=name)
    if amount > hold.remaining:""",
        """    name = encode_id(IdPrefix.HOLD, hold.id)
    if hold.remaining == 0:
        raise HoldClosed(hold=name)
    if amount > hold.remaining:""",
    ),
    one(
        "a duty is discharged twice by the same allowances",
        f"{STORIES}::test_a_duty_is_discharged_once",
        "settlement/surrendering.py",
        "        Move(account, DISCHARGED, due.id, total),",
        "        *[Move(account, DISCHARGED, due.id, total)] * 2,",
    ),
    one(
        "a decision on stale facts is let through",
        f"{STORIES}::test_a_duty_is_discharged_once",
        "ledger/posting/judge.py",
        "return enough or balance.version == expect.version",
        "return enough or balance.version >= expect.version",
    ),
    one(
        "certificates are recognised above G - T",
        RECOGNITION,
        "settlement/fossil_budget/recognition.py",
        "return (electricity.grid_offtake_kwh - traded_kwh) // kwh_per_certificate",
        "return electricity.grid_offtake_kwh // kwh_per_certificate",
    ),
    one(
        "a refused command leaves its changes behind",
        LAWS,
        "ledger/posting/judge.py",
        "            book.roll_back()",
        "            book.keep()",
    ),
    one(
        "a frozen account gives",
        f"{STORIES}::test_nothing_leaves_a_frozen_account_but_by_lapse_of_time",
        "ledger/book/checks.py",
        "    if not kind.frozen_gives:",
        "    if kind.frozen_gives:",
    ),
    one(
        "the maker approves",
        f"{STORIES}::test_a_second_person_decides_and_the_units_wait",
        "ledger/rules/approval.py",
        "    if person == approval.maker_person:",
        "    if not person:",
    ),
    one(
        "a sale is not counted",
        f"{STORIES}::test_a_certificate_is_sold_once_and_used_up_once",
        "ledger/book/moves.py",
        "piece.trades + kind.trades,",
        "piece.trades,",
    ),
    one(
        "a retirement of the wrong year",
        f"{STORIES}::test_a_claim_of_2026_is_about_the_year_of_production",
        "ledger/rules/retirement.py",
        "    if same_year and lot.month.year != consumption_year:",
        "    if same_year and lot.month.year > consumption_year:",
    ),
    one(
        "what melted away comes back when a later command moved the run",
        f"{MEETINGS}::test_a_release_and_a_sale_of_what_it_freed_share_a_batch",
        "ledger/posting/state.py",
        "now = there or self.part_of(self.book.melted[key])",
        "now = there or self.book.melted[key]",
    ),
    one(
        "a dry run is kept",
        f"{STORIES}::test_keys_answer_for_ever_and_dry_runs_leave_no_trace",
        "ledger/posting/batch.py",
        'b"COMMIT" if self.keep else b"ROLLBACK"',
        'b"COMMIT"',
    ),
    one(
        "the parts of a batch number their journals each from the start",
        MEETINGS,
        "ledger/posting/batch.py",
        "self.day, rules, self.numbered)",
        "self.day, rules)",
    ),
    one(
        "freeze ignored by settle",
        FREEZES,
        "ledger/book/holds.py",
        """        raise UnitsFrozen(hold=encode_id(IdPrefix.HOLD, hold.id))""",
        """        pass""",
    ),
    one(
        "a freeze does not take units out of orders",
        FREEZES,
        "ledger/book/holds.py",
        "if kind.seizes and hold.kind not in FROZEN_KINDS:",
        "if kind.seizes and hold.kind in FROZEN_KINDS:",
    ),
    one(
        "evidence not required",
        ASSIGNMENTS,
        "ledger/book/checks.py",
        "if not isinstance(evidence, dict) or not evidence.get(name):",
        "if not isinstance(evidence, dict):",
    ),
    one(
        "a certificate too many for the energy settled",
        "tests/rules/test_assignment.py",
        "ledger/rules/assignment.py",
        "if units * kwh_per_certificate > settled_kwh:",
        "if (units - 1) * kwh_per_certificate > settled_kwh:",
    ),
    one(
        "an agent acting outside its mandate",
        f"{OPERATIONS}::test_an_agent_acts_within_a_mandate_or_not_at_all",
        "ledger/rules/mandate.py",
        "return in_force and not mandate.ended and scope in mandate.scopes",
        "return not mandate.ended and scope in mandate.scopes",
    ),
    one(
        "an object is looked up without its tenant",
        f"{MATRIX}::test_what_is_anothers_is_as_if_it_were_not_there",
        "api/tenancy.py",
        "row = conn.execute(rows(caller, resource).where(table.c.id == number)).first()",
        "row = conn.execute(select(table).where(table.c.id == number)).first()",
    ),
    *ACCOUNTS,
    *LOOKING,
    *LINE_LOSSES,
    *CORRECTIONS,
    *LAW,
    *SIGNING,
    *TELLING,
    *SIGNATURES,
    *SEALING,
    *CLAIMS,
    *COMPLIANCE,
    *CLOSINGS,
    *BUDGET_LAWS,
    *CAPS,
    *FIGURES,
    *PLANNER,
    *QUOTES,
    *SHEETS,
    *DUTY,
    *EMITTERS,
    *ENERGY,
    *ENTITLEMENTS,
    *STATEMENTS,
    *WORKED,
)
