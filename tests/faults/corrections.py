"""Faults to plant in what is decided and what is taken back."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import Fault, one

LAWS: Final = "tests/posting/test_judge_laws.py"
DECIDED: Final = "tests/machines/test_decided_stories.py"
REVERSALS: Final = "tests/settlement/test_reversals.py"
REVERSAL_LAWS: Final = "tests/posting/test_reversal_laws.py"
REVOCATIONS: Final = "tests/settlement/test_revocations.py"

CORRECTIONS: Final = (
    one(
        "a debt is not carried: months are issued although the plant owes",
        f"{REVOCATIONS}::test_a_debt_is_paid_by_earlier_months_too",
        "settlement/issuance.py",
        "divmod(min(unclaimed, left), unit)",
        "divmod(unclaimed, unit)",
    ),
    one(
        "revoked certificates still count as issued",
        f"{REVOCATIONS}::test_an_error_is_withdrawn_and_issued_anew_under_new_serials",
        "settlement/issuance.py",
        "sum(i.units - i.revoked for i in issued",
        "sum(i.units for i in issued",
    ),
    one(
        "over-issued certificates are rounded down to the debt",
        f"{REVOCATIONS}::test_what_was_over_issued_is_revoked_from_its_first_holder",
        "settlement/revocations.py",
        "most = -(min(0, lot.posted) // unit)",
        "most = -min(0, lot.posted) // unit",
    ),
    one(
        "units come back once more traded than they were",
        f"{REVERSAL_LAWS}::test_an_act_taken_back_leaves_the_book_as_before_it",
        "ledger/book/moves.py",
        "restore.trades,",
        "restore.trades + 1,",
    ),
    Fault(
        "units come back as if the reversal had brought them",
        (f"{REVERSAL_LAWS}::test_an_act_taken_back_leaves_the_book_as_before_it",),
        (
            (
                "ledger/book/moves.py",
                "    trial.post(move, move.amount, restore.lot, restore.lo)",
                "    brought = trial.post(move, move.amount, restore.lot, restore.lo)",
            ),
            ("ledger/book/moves.py", "restore.acquired,", "brought,"),
        ),
    ),
    one(
        "an act is taken back twice",
        f"{REVERSAL_LAWS}::test_an_act_is_taken_back_once",
        "ledger/book/checks.py",
        "if act.reverses.journal in trial.book.reversed:",
        "if act.reverses.journal in {}:",
    ),
    one(
        "units that moved on are sent back from where they are",
        f"{REVERSALS}::test_a_consolidation_is_the_history_that_units_come_back_with",
        "ledger/book/moves.py",
        "if not pieces or any(piece.acquired != restore.came for piece in pieces):",
        "if not pieces:",
    ),
    one(
        "what was taken back is told in the history of what came after",
        f"{REVERSALS}::test_what_was_taken_back_did_not_happen",
        "settlement/reversals.py",
        "            ~select(back.seq).where(back.reverses == j.seq).exists(),\n",
        "",
    ),
    one(
        "a retirement taken back may still serve a claim",
        f"{REVERSALS}::test_a_retirement_taken_back_serves_no_claim_ever_after",
        "settlement/reversals.py",
        "for metric in METRICS)",
        "for metric in METRICS[1:])",
    ),
    one(
        "succession counted as a trade",
        f"{DECIDED}::test_a_successor_takes_everything_over_and_nothing_was_sold",
        "ledger/kinds/house.py",
        """        | to_self(("duty",), *_OWED, "QUOTA-CEA", "CARRY-ROOM", "CAP"),
        four_eyes="always",""",
        """        | to_self(("duty",), *_OWED, "QUOTA-CEA", "CARRY-ROOM", "CAP"),
        trades=1,
        four_eyes="always",""",
    ),
    one(
        "a debt of allocation is not carried",
        f"{DECIDED}::test_a_debt_of_allocation_is_kept_back_and_custody_is_for_one",
        "settlement/allocating.py",
        "    return min(order.quantity, duty.debt)",
        "    return min(order.quantity, duty.debt, 0)",
    ),
    Fault(
        "green power is chosen to be resold",
        (f"{DECIDED}::test_green_power_is_not_resold_however_often_others_are",),
        (
            (
                "ledger/posting/load.sql",
                "      AND NOT (k.resold AND parcel.origin = 'green_power')\n",
                "",
            ),
            (
                "ledger/book/pick.py",
                '        and not (criteria.resold and parcel.origin == "green_power")\n',
                "",
            ),
        ),
    ),
)
