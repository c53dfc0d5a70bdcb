"""Who takes an act back while others take it back too, or sell what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.transfers import Selection
from tests.races.market import Market, open_market, sale
from tests.races.test_races import at_once, units
from tests.registry import NAME, OPERATOR, SECOND, Asked, Registry, code_of, opened
from tests.settlement.corrections import journal_of, taking_back

ROUNDS = 12


@pytest.fixture
def registry(database: Urls) -> Iterator[Registry]:
    """Open one process."""
    with opened(database.app) as registry:
        yield registry


def reversal_of(registry: Registry, process: Registry, journal: int) -> Asked:
    """Have one person ask for a reversal; give the second person's approval, to be sent."""
    order = ApprovalOrder("reversal", b"{}")
    number = registry.must(OPERATOR, lambda r, a: open_approval(r, a, order), "approval_id")
    back = taking_back(journal)
    return process.asked(SECOND, lambda r, a: approve(r, a, number, back(r, OPERATOR)))


def sold(registry: Registry, market: Market) -> int:
    """Sell the first three certificates of the first lot, by name."""
    chosen = Selection(lot=market.lots[0], first_serial=0)
    return journal_of(registry.ask(market.clerk, sale(*market.pair, 3, chosen)))


def test_an_act_is_taken_back_once_whoever_asks(database: Urls, registry: Registry) -> None:
    """Sixteen approvals of as many requests, over two writers: one does it, and all know why not."""
    market = open_market(registry)
    before = units(database)
    journal = sold(registry, market)
    with opened(database.app, session="other") as other:
        processes = (registry, other)
        asked = [reversal_of(registry, processes[n % 2], journal) for n in range(16)]
        answers = at_once([partial(processes[n % 2].put, one) for n, one in enumerate(asked)])

    assert Counter(map(code_of, answers)) == {None: 1, "already_reversed": 15}
    assert units(database) == before
    assert examine(database.owner, NAME) == []


def test_what_is_resold_meanwhile_stays_and_what_is_taken_back_is_not_sold(
    database: Urls, registry: Registry
) -> None:
    """Over two writers one of the two comes first, and the other is told what is so by then."""
    market = open_market(registry)
    chosen = Selection(lot=market.lots[0], first_serial=0)
    again = sale(market.accounts[1], market.accounts[2], 3, chosen)
    with opened(database.app, session="other") as other:
        for number in range(ROUNDS):
            journal = sold(registry, market)
            processes = (registry, other) if number % 2 else (other, registry)
            back = reversal_of(registry, processes[0], journal)
            resale = processes[1].asked(market.clerk, again)
            answers = at_once([partial(processes[0].put, back), partial(processes[1].put, resale)])

            codes = [code_of(answer) for answer in answers]
            assert codes in (["reversal_too_late", None], [None, "serials_not_available"])
            undone = [journal_of(answers[1]), journal] if codes[1] is None else []
            for each in undone:
                registry.put(reversal_of(registry, registry, each))
    assert units(database)[market.accounts[0]] == 210
    assert examine(database.owner, NAME) == []
