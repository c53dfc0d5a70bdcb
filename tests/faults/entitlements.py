"""Faults to plant in what a year gives an emitter: lists, formulas, approvals, returns, custody."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

BOOK: Final = "tests/settlement/test_entitlement.py"
LAWS: Final = "tests/settlement/test_entitlement_laws.py"
DOORS: Final = "tests/http/test_vectors_entitlements.py"
_AT: Final = "settlement/entitlement"

ENTITLEMENTS: Final = (
    one(
        "allocation is not bounded by what is approved",
        f"{BOOK}::test_an_allocation_stays_within_what_is_approved",
        "settlement/allocating.py",
        "    if duty.quota is not None and order.quantity > duty.quota:",
        "    if duty.quota is not None and order.quantity > duty.quota + 1:",
    ),
    one(
        "who was taken off the list is given allowances",
        f"{BOOK}::test_who_was_taken_off_the_list_is_given_nothing",
        "settlement/emitters.py",
        '    rows = [row for row in found if row.status == "listed"]',
        "    rows = list(found)",
    ),
    one(
        "what was kept back is not owed again when it is returned",
        f"{BOOK}::test_a_debt_is_carried_through_both_stages",
        f"{_AT}/returning.py",
        "    unkept = min(max(asked.kept, 0), asked.quantity)",
        "    unkept = min(max(asked.kept, 0), asked.quantity, 0)",
    ),
    one(
        "a stage is approved twice",
        f"{LAWS}::test_a_stage_is_approved_once_whoever_asks_at_once",
        f"{_AT}/approving.py",
        '    if order.stage in {"pre", "final"} and order.stage in party.stages:',
        '    if order.stage in {"final"} and order.stage in party.stages:',
    ),
    one(
        "more than was allocated is returned",
        f"{BOOK}::test_a_debt_is_carried_through_both_stages",
        "settlement/allocating.py",
        "    if order.quantity > allocated:",
        "    if order.quantity > allocated + 1:",
    ),
    one(
        "custody is let go before the duty is met",
        f"{DOORS}::test_a_province_keeps_what_is_due",
        f"{_AT}/differentiated.py",
        "    if left < due:",
        "    if left < 0:",
    ),
    one(
        "an auction is lost when the year is approved",
        f"{BOOK}::test_what_was_auctioned_stays_beside_the_formula",
        f"{_AT}/approving.py",
        "        return self.party.auctioned + self.what.quantity",
        "        return self.what.quantity",
    ),
    one(
        "alpha follows its slope beyond the range",
        "tests/rules/test_alpha.py::test_it_is_bounded",
        "ledger/rules/alpha.py",
        "    if abs(distance) < width:",
        "    if abs(distance) > width:",
    ),
    one(
        "a gas unit is not topped up",
        "tests/rules/test_power.py::test_a_gas_unit_gets_its_verified_emissions_at_least",
        "ledger/rules/power.py",
        "        quantity += lacking",
        "        quantity += 0",
    ),
)
