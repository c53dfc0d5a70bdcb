"""`docs/budgets.md` shows what the doors really answer: each of its blocks is made again and compared."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ledger.database import Urls
from tests.docs.budget_walk import Walk
from tests.http.offices import office_at

PAGE = Path(__file__).parents[2] / "docs/budgets.md"
V_5 = (
    *("1982790500000", "130270500000", "1413296", "58800", "1059972"),  # net, and gross beside it
    *("33375", "-33375", "1413295"),  # one certificate less
    *("1600000", "17209500000"),  # the whole room
    *("179430500000", "1459972"),  # k = 0
    *("150270500000", "-2790500000", "2790500000", "1222706"),  # a budget of 1,980,000 tce
)
BLOCK = re.compile(r"(<!-- (\w+) -->\n```\w*\n)(.*?)(\n```)", re.DOTALL)


def test_the_operators_walk_shows_what_the_doors_answer(database: Urls) -> None:
    """Every step of the steel mill's year, in order; `GREENLEDGER_WRITE_DOCS=1` writes them anew."""
    with office_at(database) as office:
        steps = Walk(office).whole()
    page = PAGE.read_text("utf-8")
    if os.environ.get("GREENLEDGER_WRITE_DOCS"):
        page = BLOCK.sub(lambda block: block[1] + steps[block[2]] + block[4], page)
        PAGE.write_text(page, "utf-8")
    shown = {name: text for _, name, text, _ in BLOCK.findall(page)}

    assert list(shown) == list(steps)
    assert shown == steps


def test_the_page_says_every_figure_of_the_worked_case() -> None:
    """Every line of the domain's example V-5, in grams."""
    page = PAGE.read_text("utf-8")

    assert {*V_5} <= {*re.findall(r"-?[0-9]+(?=[,\n\"])", page)}
