"""Faults of accounts that change while others are at them."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import Fault, one

CHANGED: Final = "tests/races/test_changed_accounts.py"

ACCOUNTS: Final = (
    one(
        "an account gets its first balance while it is frozen",
        f"{CHANGED}::test_what_comes_to_an_account_while_it_is_frozen_does_not_leave_it",
        "ledger/posting/load.sql",
        "pg_advisory_xact_lock_shared(hashtext('accounts'",
        "pg_advisory_xact_lock_shared(hashtext('account'",
    ),
    Fault(  # either of the two would do
        "two change an account without balances at once, and none minds what it was",
        (f"{CHANGED}::test_a_freeze_and_a_closing_of_an_empty_account_undo_nothing_of_each_other",),
        (
            (
                "ledger/posting/load.sql",
                "pg_advisory_xact_lock(hashtext('accounts'",
                "pg_advisory_xact_lock_shared(hashtext('accounts'",
            ),
            (
                "ledger/posting/store.sql",
                " AND account.frozen = new.was_frozen AND account.status = new.was\n",
                "\n",
            ),
        ),
    ),
    one(
        "a mandate is granted beside who has the account in hand",
        f"{CHANGED}::test_a_mandate_waits_for_who_has_the_account_in_hand",
        "ledger/posting/needs.py",
        'needs.whole.add(cast("int", row["account"]))',
        'needs.accounts.add(cast("int", row["account"]))',
    ),
)
