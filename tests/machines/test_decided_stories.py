"""Stories of what authorities decide, and of what becomes of accounts, parties and past acts."""

from __future__ import annotations

from tests.machines.drawn import EARLIER, MONTHS
from tests.machines.teller import ANY, GREEN_LOT, LISTED, NEVER, SELL, USER, Teller

AGENT = (2, 0, False, False)  # who sells for the small owner, before the first user has anything
MARCH = EARLIER[2]


def test_certificates_of_a_kind_go_their_own_way(story: Teller) -> None:
    """Stock hydro to the province and on to users by its plan; self-used energy to who used it."""
    assert story.then("assign", "hydro_assignment", (0, 0, False), 4, ANY) is None
    assert story.decided("assign", "allocation", (0, 0, False), 3, ANY) is None
    assert story.decided("assign", "allocation", (0, 0, False), 2, ANY) == "units_short"
    assert story.decided("assign", "allocation", (0, 2, True), 1, ANY) == "movement_not_allowed"
    assert story.decided("assign", "self_use", (0, 1, False), 2, ANY) is None
    assert story.decided("assign", "self_use", (0, 1, False), 5, ANY) == "too_few_eligible"
    assert story.then("assign", "hydro_assignment", (0, 1, False), 1, (1, None)) == "not_assignable"
    assert story.then("retire", USER, 3, NEVER, ANY) is None


def test_energy_off_the_grid_and_under_the_mechanism_goes_by_rule(story: Teller) -> None:
    """The one to its buyer, by two persons; the other to the province alone, and on by its plan."""
    roof, island, priced = (1, None), (2, None), (3, None)
    assert story.decided("assign", "off_grid", (0, 0, False), 4, ANY) is None
    assert story.decided("assign", "off_grid", (0, 1, False), 3, ANY) == "too_few_eligible"
    assert story.decided("assign", "off_grid", (0, 1, False), 1, roof) == "not_assignable"
    assert story.decided("assign", "off_grid", (1, 4, True), 1, ANY) == "movement_not_allowed"
    assert story.decided("assign", "self_use", (0, 0, False), 1, island) == "not_assignable"
    to_a_user = ("assign", "mechanism_assignment", (1, 2, True), 1, priced)
    assert story.then(*to_a_user) == "movement_not_allowed"
    assert story.then("assign", "mechanism_assignment", (0, 0, False), 5, ANY) is None
    assert story.then("assign", "mechanism_assignment", (0, 0, False), 1, roof) == "not_assignable"
    assert story.then("assign", "mechanism_assignment", (0, 0, False), 2, ANY) == "too_few_eligible"
    assert story.then("transfer", (1, 0, False, False), 1, LISTED, priced) is None
    assert story.decided("assign", "allocation", (0, 1, False), 5, ANY) is None
    assert story.then("retire", 2, 4, NEVER, ANY) is None


def test_green_power_is_not_resold_however_often_others_are(story: Teller) -> None:
    """Nor is it chosen for a sale or an order where others would do."""
    story.machine.change_the_law()
    assert story.then("transfer", SELL, 5, ("green_power", False), GREEN_LOT) is None
    assert story.then("transfer", SELL, 3, LISTED, GREEN_LOT) is None
    again = (USER, 1, False, False)
    assert story.then("transfer", again, 4, LISTED, ANY) == "too_few_eligible"
    assert story.then("hold", again, 4, False, None, ANY) == "too_few_eligible"
    assert story.then("transfer", again, 1, LISTED, (1, 0)) == "green_power_not_resold"
    assert story.then("hold", again, 1, False, None, ANY) is None
    assert story.then("transfer", again, 2, LISTED, ANY) is None


def test_a_freeze_takes_units_out_of_orders_and_only_a_decision_ends_it(story: Teller) -> None:
    """Its units are not sold, delivered, released or claimed; a court may move them."""
    assert story.then("hold", SELL, 20, False, None, ANY) is None
    assert story.then("ask_retirement", 0, 5, NEVER, ANY, 72) is None
    assert story.decided("freeze", "judicial", 0, False, 0, ANY) is None
    assert story.decided("freeze", "judicial", 0, False, 99, ANY) == "units_short"
    assert story.then("transfer", (0, 2, False, True), 1, LISTED, ANY) == "units_short"
    assert story.then("settle", 0, 0, 1, False, False) == "units_frozen"
    assert story.then("release", 0, None, False) == "units_frozen"
    assert story.then("decide", 0, False, False) == "hold_closed"
    assert story.decided("lift", 0, 6, False) is None
    assert story.then("transfer", SELL, 2, LISTED, ANY) is None
    assert story.decided("force", 0, 2, 7, False) is None
    assert story.decided("force", 0, 2, 99, False) == "hold_too_small"
    assert story.decided("force", 0, 0, 1, False) == "same_account"
    assert story.decided("lift", 0, 1, True) == "hold_unknown"


def test_allowances_are_frozen_and_moved_by_a_court(story: Teller) -> None:
    """What is free goes first, the newest orders next."""
    assert story.then("hold", (3, 1, True, False), 4, False, None, ANY) is None
    assert story.decided("freeze", "judicial", 1, True, -1, ANY) is None
    assert story.decided("freeze", "judicial", 1, True, 0, ANY) == "units_short"
    assert story.decided("freeze", "judicial", 1, True, None, ANY) is None
    assert story.decided("force", 1, 1, 5, False) is None
    assert story.decided("freeze", "freeze", 0, True, 3, ANY) is None
    assert story.decided("lift", 2, None, False) is None


def test_reductions_elsewhere_use_up_what_was_frozen_for_them(story: Teller) -> None:
    """Untraded certificates alone, and no more than were frozen."""
    assert story.then("transfer", SELL, 50, LISTED, ANY) is None
    assert story.decided("freeze", "ccer", 0, False, 4, ANY) == "units_short"
    assert story.decided("freeze", "ccer", 0, False, 3, ANY) is None
    assert story.decided("cancel_for_ccer", 0, 2, False) is None
    assert story.decided("cancel_for_ccer", 0, 2, False) == "hold_too_small"
    assert story.decided("lift", 0, None, False) is None
    assert story.decided("cancel_for_ccer", 0, 1, True) == "hold_closed"


def test_an_error_is_withdrawn_and_what_is_gone_is_owed(story: Teller) -> None:
    """New serials for the energy of the old; a debt is paid by later months first."""
    assert story.decided("revoke", 0, "error", 2, None) is None
    assert story.then("issue", 0, MONTHS[1]) is None
    assert story.decided("revoke", 0, "over_issuance", 1, None) == "not_over_issued"
    assert story.then("transfer", (0, 0, False, False), 38, LISTED, (2, None)) is None
    assert story.decided("freeze", "freeze", 0, False, 2, (2, 1)) is None
    assert story.then("read", 0, MONTHS[2], 1, 30_900) is None
    assert story.decided("revoke", 2, "over_issuance", 9, None) == "not_with_first_holder"
    assert story.decided("revoke", 2, "over_issuance", None, None) is None
    assert story.decided("revoke", 2, "error", None, None) == "not_with_first_holder"
    assert story.machine.model.carry(story.machine.world.plants[0]) == -6_800
    story.later(20 * 24)
    assert story.then("read", 0, MONTHS[3], 1, 7_500) is None
    assert story.then("issue", 0, MONTHS[3]) == "nothing_to_issue"


def test_an_act_is_taken_back_once_and_not_after_others_built_on_it(story: Teller) -> None:
    """A sale, a claim, a surrender: each leaves what was there before it."""
    assert story.then("transfer", SELL, 10, LISTED, ANY) is None
    assert story.decided("reverse", 0, "transfer.") is None
    assert story.decided("reverse", 0, "transfer.") == "already_reversed"
    assert story.decided("reverse", 0, "gec.issue") == "not_reversible"
    assert story.then("transfer", SELL, 10, LISTED, ANY) is None
    assert story.then("retire", USER, 4, NEVER, ANY) is None
    assert story.decided("reverse", 0, "transfer.") == "reversal_too_late"
    assert story.decided("reverse", 0, "gec.retire") is None
    assert story.decided("reverse", 0, "transfer.") is None
    assert story.then("surrender", 0, 2025, [(2025, 10), (2025, 5)]) is None
    assert story.decided("reverse", 0, "cea.surrender") is None
    assert story.decided("reverse", 0, "cea.allocate") == "units_short"


def test_what_was_done_before_a_dry_run_is_taken_back_after_it(story: Teller) -> None:
    """The model that a dry run is told to is put back, and acts of before are taken back of it."""
    assert story.then("allocate", 0, 2025, 9) is None
    story.machine.dry_run(("transfer", (SELL, 5, LISTED, ANY)))
    assert story.decided("reverse", 0, "cea.allocate") is None
    assert story.then("allocate", 1, 2025, 7) is None
    assert story.decided("reverse", 0, "cea.allocate") is None


def test_a_claim_in_use_stays_and_one_taken_back_serves_nothing(story: Teller) -> None:
    """Both ways, a certificate has one use."""
    assert story.then("charge", 30_000, 0) is None
    assert story.then("transfer", SELL, 10, LISTED, GREEN_LOT) is None
    assert story.then("retire", USER, 4, NEVER, ANY) is None
    assert story.then("offset", 0) is None
    assert story.decided("reverse", 0, "gec.retire") == "retirement_in_use"
    assert story.then("retire", USER, 3, NEVER, ANY) is None
    assert story.decided("reverse", 0, "gec.retire") is None
    assert story.then("offset", 1) == "retirement_used_already"


def test_a_successor_takes_everything_over_and_nothing_was_sold(story: Teller) -> None:
    """Certificates, allowances, duties and debts; but nothing that is held."""
    assert story.then("hold", SELL, 5, False, 24, ANY) is None
    assert story.decided("succeed", "generator", 0, 1) == "succession_units_held"
    story.later(24)
    assert story.decided("succeed", "generator", 0, 1) is None
    assert story.decided("succeed", "generator", 0, 1) == "nothing_to_pass"
    assert story.decided("succeed", "generator", 1, 1) == "same_account"
    assert story.then("transfer", SELL, 45, LISTED, ANY) is None
    assert story.decided("reduce", 0, 3, "fraud") is None
    assert story.decided("succeed", "emitter", 0, 1) is None
    assert story.then("surrender", 1, 2025, [(2025, 10)]) is None
    assert story.then("verify", 0, 2025, 20) == "duty_passed_on"
    assert story.then("surrender", 0, 2025, [(2025, 1)]) == "surrender_above_duty"
    assert story.then("allocate", 1, 2025, 5) is None
    assert story.machine.model.debts.total() == 0


def test_a_party_is_split_and_each_part_stays_what_it_was(story: Teller) -> None:
    """Out of several lots and instruments, the duty or some of it along; all of it or nothing."""
    gec, cea, due = (0, 45), (0, 7), (2, 12)
    assert story.decided("divide", "generator", 0, 1, [gec]) is None
    assert story.machine.model.total(story.machine.world.holders[1], 1) == 9 + 3 * 6 + 45
    assert story.then("transfer", (1, 0, False, False), 40, LISTED, ANY) is None
    assert story.decided("divide", "generator", 0, 1, [(0, 5), (0, 4)]) == "units_short"
    assert story.then("hold", SELL, 5, False, 24, ANY) is None
    assert story.decided("divide", "generator", 0, 1, [(0, 4)]) == "units_short"
    assert story.decided("divide", "generator", 0, 0, [(0, 1)]) == "same_account"
    assert story.decided("divide", "user", 1, 2, [(0, 1)]) == "nothing_to_pass"
    assert story.decided("divide", "emitter", 0, 1, [due, (3, 1)]) == "room_without_duty"
    assert story.decided("divide", "emitter", 0, 1, [cea, due, (1, 3)]) is None
    assert story.then("surrender", 1, 2025, [(2025, 7)]) is None
    assert story.decided("divide", "emitter", 0, 1, [(0, 1), (2, 99)]) == "units_short"
    assert story.decided("reverse", 0, "party.") == "units_short"
    assert story.decided("divide", "emitter", 1, 0, [(1, 5)]) is None
    assert story.decided("reverse", 0, "party.") is None


def test_a_debt_of_allocation_is_kept_back_and_custody_is_for_one(story: Teller) -> None:
    """Cut, returned, lacking; kept by the province, let go, handed in from there, given up."""
    assert story.decided("reduce", 0, 15, "fraud") is None
    assert story.then("allocate", 0, 2025, 10) is None
    assert story.then("allocate", 6, 2025, 25) is None
    assert story.machine.model.debts.total() == 0
    assert story.then("release_custody", 0, 2025, 5) == "release_below_due"
    assert story.then("release_custody", 4, 2025, 5) == "not_in_custody_for"
    assert story.then("surrender", 8, 2025, [(2025, 3)]) is None
    due = sum(duty.due for duty in story.machine.model.duties.values())
    assert story.then("surrender", 0, 2025, [(2025, due)]) is None
    assert story.then("release_custody", 0, 2025, 5) is None
    assert story.then("release_custody", 0, 2025, 99) == "units_short"
    assert story.then("give_back", 0, 2025, 60) is None
    assert story.machine.model.debts.total() == 42
    assert story.then("give_back", 1, 2025, 1) == "return_above_allocated"
    assert story.decided("cancel", 0, 2025, 2) is None
    assert story.decided("cancel", 0, 2025, 99) == "units_short"
    assert story.decided("cancel", 1, 2025, 1) == "movement_not_allowed"
    story.later(240 * 24)
    assert story.decided("reduce", 0, 1, "non_surrender") == "reduction_barred"


def test_an_agent_does_what_it_was_let_do_and_while_it_was(story: Teller) -> None:
    """By scope, by day, and until it is ended; another's account is not a matter of mandates."""
    assert story.then("transfer", AGENT, 1, LISTED, ANY) == "mandate_missing"
    assert story.then("grant", ("sell",), 1, 10, False) is None
    assert story.then("hold", AGENT, 1, False, None, ANY) == "mandate_missing"
    story.later(24)
    assert story.then("hold", AGENT, 1, False, None, ANY) is None
    assert story.then("transfer", AGENT, 1, LISTED, ANY) is None
    assert story.then("retire", 3, 1, NEVER, ANY) == "mandate_missing"
    assert story.then("end_mandate", 0) is None
    assert story.then("end_mandate", 0) == "mandate_ended"
    assert story.then("transfer", (3, 0, False, False), 1, LISTED, ANY) == "mandate_missing"
    assert story.then("settle", 0, 0, 1, False, False) is None
    assert story.then("grant", ("sell",), 0, 1, True) == "agent_account_needed"


def test_crumbs_are_joined_and_empty_accounts_closed(story: Teller) -> None:
    """What was joined has one history from then on; what is closed stays so."""
    assert story.then("transfer", SELL, 3, LISTED, GREEN_LOT) is None
    assert story.then("transfer", SELL, 4, LISTED, GREEN_LOT) is None
    assert story.then("join", 2) is None
    assert story.then("join", 2) == "nothing_to_consolidate"
    assert story.decided("reverse", 0, "transfer.") == "reversal_too_late"
    assert story.then("close", 1) is None
    assert story.then("close", 1) == "account_closed"
    assert story.then("close", 0) == "account_not_empty"
    assert story.then("move", 1, 2025, 1, (False, False)) == "account_closed"


def test_what_comes_from_elsewhere_comes_once_with_its_history(story: Teller) -> None:
    """Sold there is sold; used up there is used up."""
    pieces = [(0, 3, 0), (2, 2, 1), (8, 2, 1)]
    assert story.decided("open_lot", 0, MARCH, pieces, NEVER) is None
    assert story.decided("open_lot", 0, MARCH, pieces, NEVER) == "opening_overlaps"
    assert story.decided("open_lot", 1, MARCH, pieces, (True, False)) == "external_reference_used"
    assert story.decided("open_lot", 1, MARCH, pieces, (False, True)) == "opening_not_tiled"
    assert story.decided("open_lot", 0, MONTHS[3], pieces, NEVER) == "reading_month_impossible"
    assert story.decided("open_lot", 1, MARCH, [(9, 1, 0)], NEVER) == "certificate_not_expired"
    assert story.then("transfer", (USER, 1, False, False), 1, LISTED, (0, None)) == (
        "certificate_traded_already"
    )
    assert story.then("transfer", (0, 1, False, False), 1, LISTED, (1, None)) is None
    assert story.decided("open_allowances", 0, 2025, 5) is None
    assert story.decided("open_allowances", 7, 2025, 5) == "external_reference_used"


def test_who_had_part_in_it_may_doubt_it_for_three_months(story: Teller) -> None:
    """The issuer decides, once."""
    story.later(20 * 24)
    assert story.then("transfer", SELL, 10, LISTED, GREEN_LOT) is None
    assert story.then("object_to", 1, 0, False) is None
    assert story.then("object_to", 1, 1, False) == "not_part_of_act"
    assert story.then("object_to", 1, 1, True) is None
    assert story.decided("rule_on", 0, "upheld") is None
    assert story.decided("rule_on", 0, "dismissed") == "objection_decided"
    story.later(95 * 24)
    assert story.then("object_to", 1, 0, False) == "objection_too_late"
