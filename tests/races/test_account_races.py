"""Accounts closed, and mandates ended, while others are at them: whatever the order, nothing slips by."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial

from ledger.database import Urls
from settlement.accounts import close_account
from settlement.mandates import MandateOrder, end_mandate, grant_mandate
from settlement.registration import AccountOrder, open_account
from tests.carbon import created, creating, giving
from tests.races.books import check_books
from tests.races.market import open_market, sale
from tests.races.test_races import at_once, deadlocks
from tests.registry import OPERATOR, Decide, Registry, code_of, opened, rows
from tests.settlement.mill import two_persons

ROUNDS = 12


def closing(account: int) -> Decide:
    """Close."""
    return lambda read, actor: close_account(read, actor, account)


def test_a_closing_and_a_first_transfer_of_an_instrument_meet(database: Urls) -> None:
    """Over two writers: the transfer finds the account closed, or the closing finds it not empty."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        registry.adopt_shipped()
        gives = registry.account(registry.party("province"), "province")
        created(registry, gives, 2025, 1000)
        outcomes: set[tuple[str | None, ...]] = set()
        for _ in range(ROUNDS):
            takes = registry.account(registry.party("emitter"), "cea_registry")
            asked = [
                partial(registry.ask, OPERATOR, closing(takes)),
                partial(other.ask, OPERATOR, giving(registry, gives, takes, 2025, 1)),
            ]
            outcomes.add(tuple(map(code_of, at_once(asked))))

    assert outcomes <= {(None, "account_closed"), ("account_not_empty", None)}
    check_books(database.owner)
    assert deadlocks(database.owner) == 0


def test_a_closing_and_the_units_of_a_vintage_just_opened_meet(database: Urls) -> None:
    """The instrument itself is new: the account is closed, or it has them."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        registry.adopt_shipped()
        outcomes: set[tuple[str | None, ...]] = set()
        for n in range(ROUNDS):
            takes = registry.account(registry.party("province"), "province")
            asked = [
                partial(registry.ask, OPERATOR, closing(takes)),
                partial(two_persons, other, creating(takes, 2030 + n, 10)),
            ]
            outcomes.add(tuple(map(code_of, at_once(asked))))

    assert outcomes <= {(None, "account_closed"), ("account_not_empty", None)}
    check_books(database.owner)
    assert deadlocks(database.owner) == 0


def test_closings_and_deliveries_to_an_account_wait_in_line(database: Urls) -> None:
    """Certificates come to an account that others try to close, and never in a circle."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        market = open_market(registry)
        gives, takes = market.pair
        asked = [partial(registry.ask, market.clerk, sale(gives, takes, 1)) for _ in range(20)]
        asked += [partial(other.ask, OPERATOR, closing(takes)) for _ in range(20)]
        codes = Counter(map(code_of, at_once(asked)))

    if codes[None] == 20:  # all were delivered
        assert codes["account_not_empty"] == 20
    else:  # a closing was first
        assert codes == {None: 1, "account_closed": 39}
    check_books(database.owner)
    assert deadlocks(database.owner) == 0


def agent_of(registry: Registry, owner: int) -> int:
    """Open an agent's account for an owner."""
    order = AccountOrder(registry.party("agent"), "agent", owner)
    return registry.must(OPERATOR, lambda r, a: open_account(r, a, order), "account_id")


def test_a_mandate_ended_and_a_sale_meet(database: Urls) -> None:
    """Over two writers: by the journals' order, no sale comes after the end."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        market = open_market(registry)
        gives, takes = market.pair
        agent = agent_of(registry, market.party)
        registry.must_do(market.clerk, sale(gives, agent, 60))
        order = MandateOrder(agent, ("sell",), date(2025, 1, 1), date(2026, 12, 31), "doc")
        for _ in range(ROUNDS // 3):
            number = registry.must(OPERATOR, lambda r, a: grant_mandate(r, a, order), "mandate_id")
            asked = [partial(registry.ask, market.clerk, sale(agent, takes, 1)) for _ in range(10)]
            asked += [partial(other.ask, OPERATOR, ending(number)) for _ in range(2)]
            *sales, one, two = map(code_of, at_once(asked))
            assert set(sales) <= {None, "mandate_missing"}
            assert {one, two} == {None, "mandate_ended"}
        assert code_of(registry.ask(market.clerk, sale(agent, takes, 1))) == "mandate_missing"

    sold = rows(
        database.owner,
        "SELECT count(*) FROM posting WHERE debit = %s AND NOT EXISTS (SELECT FROM mandate AS m "
        "LEFT JOIN mandate_end AS e ON e.mandate = m.id WHERE m.journal < posting.journal "
        "AND (e.journal IS NULL OR e.journal > posting.journal))",
        agent,
    )
    assert sold == [(0,)]
    check_books(database.owner)
    assert deadlocks(database.owner) == 0


def ending(number: int) -> Decide:
    """End a mandate."""
    return lambda read, actor: end_mandate(read, actor, number, None)
