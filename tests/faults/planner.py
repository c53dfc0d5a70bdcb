"""Faults to plant in what a unit is told to retire and to buy, and in the shares it owes."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

_PLANNER: Final = "tests/settlement/test_planner.py"
_STOCK: Final = "tests/settlement/test_stock.py"
_PLANS: Final = "tests/http/test_budget_plans.py"
_WHAT_IF: Final = "tests/settlement/test_whatif.py"
_SHARES: Final = "tests/settlement/test_shares.py"
_SUMS: Final = "tests/settlement/test_share_completion.py"

PLANNER: Final = (
    one(
        "a plan rounds the need down",
        f"{_PLANNER}::test_a_plan_is_enough_and_one_certificate_less_is_not",
        "settlement/fossil_budget/planner.py",
        "return int(whole) + bool(rest)",
        "return int(whole)",
    ),
    one(
        "assigned certificates are planned under a cap",
        f"{_STOCK}::test_what_no_cap_binds_goes_even_where_a_cap_is_used_up",
        "settlement/fossil_budget/planner.py",
        "return None if parcel.origin in uncapped else parcel.direction",
        "return parcel.direction",
    ),
    one(
        "what is bought may all come from where a cap binds",
        f"{_PLANNER}::test_what_to_buy_is_told_by_direction_where_a_cap_binds",
        "settlement/fossil_budget/planner.py",
        "return Span(max(0, to_buy - elsewhere), min(to_buy, left.of(to)))",
        "return Span(max(0, to_buy - elsewhere), to_buy)",
    ),
    one(
        "a unit is told to buy what it has in very many parcels",
        f"{_STOCK}::test_what_is_only_counted_is_what_would_have_been_read",
        "settlement/fossil_budget/stock.py",
        "return Stock(chosen[:most], _count(read, values))",
        "return Stock(chosen[:most])",
    ),
    one(
        "what is held is counted as if it were free",
        f"{_STOCK}::test_what_is_only_counted_is_what_would_have_been_read",
        "settlement/fossil_budget/stock.sql",
        "WHERE hold.account = %(account)s AND hold.remaining > 0",
        "WHERE hold.account = %(account)s AND hold.remaining < 0",
    ),
    one(
        "what is held is free where all of an account is alike",
        f"{_STOCK}::test_what_is_alike_is_counted_at_once_as_it_would_be_one_by_one",
        "settlement/fossil_budget/stock.sql",
        "SELECT every_lot.inside, balance.posted - balance.held",
        "SELECT every_lot.inside, balance.posted",
    ),
    one(
        "an account is taken to be alike whatever lots are in it",
        f"{_STOCK}::test_what_is_alike_is_counted_at_once_as_it_would_be_one_by_one",
        "settlement/fossil_budget/stock.sql",
        "AND every_lot.fit AND every_lot.inside <> every_lot.outside",
        "AND every_lot.inside <> every_lot.outside",
    ),
    one(
        "the dearest of a day are retired first",
        f"{_STOCK}::test_the_soonest_to_expire_go_first_and_of_one_day_the_cheapest",
        "settlement/fossil_budget/planner.py",
        "return (parcel.expires_on, parcel.price_fen, parcel.lot, parcel.lo)",
        "return (parcel.expires_on, -parcel.price_fen, parcel.lot, parcel.lo)",
    ),
    one(
        "certificates are retired above an account's limit without a second person",
        f"{_PLANS}::test_above_the_accounts_limit_a_second_person_decides",
        "api/v1/fossil_budgets.py",
        "        units=_retired_units,\n",
        "",
    ),
    one(
        "what an approval set aside stays set aside",
        f"{_PLANS}::test_what_is_needed_less_by_then_goes_back",
        "settlement/fossil_budget/offering.py",
        "        return Offering(acts=freed)",
        "        return Offering()",
    ),
    one(
        "a later year has this year's green power",
        f"{_WHAT_IF}::test_later_years_have_their_own_budget_k_and_rules_and_no_certificates",
        "settlement/fossil_budget/whatif.py",
        "        traded_kwh=0,\n",
        "",
    ),
    one(
        "energy counts towards a share that nobody confirmed",
        f"{_SHARES}::test_certificates_count_once_they_are_claimed_and_other_energy_once_confirmed",
        "settlement/shares/standing.py",
        "physical_kwh=min(electricity.physical_kwh, said.physical_kwh),",
        "physical_kwh=electricity.physical_kwh,",
    ),
    one(
        "green power counts towards a share as certificates, too",
        f"{_SHARES}::test_what_counts_otherwise_does_not_count_again",
        "settlement/shares/standing.py",
        "if ineligible(serves, offer.line) is None\n",
        "if offer.line.retired\n",
    ),
    one(
        "the mildest of several targets is due",
        f"{_SHARES}::test_a_target_is_the_units_then_its_provinces_then_the_rulebooks",
        "settlement/shares/targets.py",
        "return max(targets, key=",
        "return min(targets, key=",
    ),
    one(
        "a share counts more certificates than energy was taken from the grid",
        f"{_SUMS}::test_certificates_and_traded_energy_stand_for_no_more_than_the_offtake",
        "settlement/shares/completion.py",
        "min(energy.certificate_kwh, energy.grid_offtake_kwh - traded)",
        "energy.certificate_kwh",
    ),
)
