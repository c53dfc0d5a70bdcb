"""Faults to plant in quotes of allowances and the price bands that rest on them."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

BAND: Final = "tests/rules/test_price_band.py"
DOORS: Final = "tests/http/test_market_quotes.py"
FILED: Final = "tests/settlement/test_quotes.py"

QUOTES: Final = (
    one(
        "a block may be listed",
        f"{BAND}::test_v16",
        "ledger/rules/price_band.py",
        "if (traded.quantity >= block_min) != (traded.mode == ",
        "if (traded.quantity > block_min) != (traded.mode == ",
    ),
    one(
        "the limits are always rounded",
        f"{BAND}::test_v16",
        "ledger/rules/price_band.py",
        'if rules.text("cea.price_band.rounding", day) == "half_up":',
        "if day:",
    ),
    one(
        "today's own close bounds today",
        f"{DOORS}::test_a_close_of_today_or_none_bounds_nothing",
        "settlement/quotes.py",
        ".where(q.vintage == asked.c.vintage, q.day < before)",
        ".where(q.vintage == asked.c.vintage, q.day <= before)",
    ),
    one(
        "a delivery out of a hold has no band",
        f"{DOORS}::test_no_way_to_trade_goes_around_the_band",
        "settlement/transfers.py",
        "    bands(read, [(instrument, order)]).check(instrument, order)\n",
        "",
    ),
    one(
        "an average of the past changes by what is told later",
        f"{FILED}::test_a_day_told_again_counts_as_last_told_and_as_once_known",
        "settlement/quotes.py",
        ".where(j.day <= day)",
        ".where(j.day <= j.day)",
    ),
    one(
        "a day counts twice",
        f"{FILED}::test_a_day_counts_once_whole_or_by_its_vintages",
        "settlement/quotes.py",
        "counted = [row for row in rows if row.vintage == ALL_VINTAGES or row.day not in whole]",
        "counted = list(rows)",
    ),
)
