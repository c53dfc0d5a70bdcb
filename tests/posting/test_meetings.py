"""Commands that meet in one batch: each is answered as if the others had come before or after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import psycopg
import pytest

from ledger.database import Urls
from ledger.model.command import Actor
from ledger.posting import needs, wants
from ledger.posting.answers import Answer
from ledger.posting.batch import Engine, RuleCache
from ledger.posting.wire import Wire
from settlement.retirement import RetirementOrder, retire
from settlement.standing import obligation
from settlement.transfers import (
    HoldOrder,
    Selection,
    SettleOrder,
    TransferOrder,
    place_hold,
    release_hold,
    settle_hold,
    transfer,
)
from tests.carbon import verifying
from tests.races.books import check_books
from tests.registry import OPERATOR, Asked, Registry, code_of, opened, rows

MONTH = date(2025, 6, 1)


@dataclass
class Market:
    """A generator with forty certificates, and two users."""

    registry: Registry
    url: str
    app: str
    seller: Actor
    giver: int
    takers: tuple[int, int]
    lot: int

    def sale(self, amount: int, to: int = 0, select: Selection | None = None) -> Asked:
        """Sell."""
        order = TransferOrder(
            self.giver, self.takers[to], "GEC", amount, "listing", select or Selection(), 5
        )

        def decide(read: object, actor: object) -> object:
            return transfer(read, actor, [order])[0]  # type: ignore[arg-type]

        return self.registry.asked(self.seller, decide)  # type: ignore[arg-type]

    def hold(self, amount: int, select: Selection | None = None) -> int:
        """Set units aside for the seller itself to deliver."""
        order = HoldOrder(self.giver, "GEC", amount, "order 1", select or Selection())
        return self.registry.must(self.seller, lambda r, a: place_hold(r, a, order), "hold_id")

    def delivery(self, hold: int, amount: int, *, close: bool) -> Asked:
        """Deliver out of a hold."""
        order = SettleOrder(hold, self.takers[0], amount, "listing", 5, close=close)
        return self.registry.asked(self.seller, lambda r, a: settle_hold(r, a, order))


@pytest.fixture(autouse=True, params=[1, needs.ACTS_OF_A_PART], ids=["apart", "together"])
def _part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that meet share a part of the batch, or have each one of its own."""
    monkeypatch.setattr(needs, "ACTS_OF_A_PART", request.param)


@pytest.fixture
def market(database: Urls) -> Iterator[Market]:
    """Furnish a registry."""
    with opened(database.app) as registry:
        registry.adopt_shipped()
        party = registry.party("enterprise")
        giver = registry.account(party, "generator")
        takers = (
            registry.account(registry.party("enterprise"), "user"),
            registry.account(registry.party("enterprise"), "user"),
        )
        lot = registry.issue(registry.plant(party), MONTH, 40)
        yield Market(
            registry, database.owner, database.app, Actor(party, "clerk", 9), giver, takers, lot
        )


def test_a_sale_by_criteria_finds_what_exact_sales_of_the_batch_left(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Crumbs named by serial go first; the sale after them must reach the crumbs behind."""
    monkeypatch.setattr(wants, "_ASKED_MIN", 1)
    for at in range(0, 40, 2):  # twenty crumbs of one, each with a sold one behind it
        answer = market.registry.put(market.sale(1, 1, Selection(market.lot, at + 1)))
        assert code_of(answer) is None
    named = [market.sale(1, 0, Selection(market.lot, at)) for at in range(0, 32, 2)]
    answers = market.registry.together([*named, market.sale(4)])

    assert [code_of(answer) for answer in answers] == [None] * 17


def test_sales_by_criteria_do_not_count_on_what_the_sale_before_them_took(market: Market) -> None:
    """The crumbs that a part was told of ahead may be sold by then, or under a hold."""
    for at in range(0, 40, 2):
        answer = market.registry.put(market.sale(1, 1, Selection(market.lot, at + 1)))
        assert code_of(answer) is None
    held = market.registry.asked(
        market.seller,
        lambda r, a: place_hold(r, a, HoldOrder(market.giver, "GEC", 3, "order 3")),
    )
    some = [
        market.sale(3),
        held,
        *(market.sale(3) for _ in range(4)),
        market.sale(3),
        market.sale(2),
    ]
    answers = market.registry.together(some)

    assert [code_of(answer) for answer in answers] == [*[None] * 6, "units_short", None]
    assert rows(market.url, f"SELECT posted, held FROM balance WHERE account = {market.giver}") == [
        (3, 3)
    ]
    check_books(market.url)


def test_a_sale_of_more_than_there_can_be_disturbs_no_other_of_the_batch(market: Market) -> None:
    """It is refused for what the balance says; what the others need is looked up all the same."""
    asked = [market.sale(10**9), market.sale(15), market.sale(26), market.sale(25)]
    answers, _ = market.registry.in_one_batch(asked)

    assert sorted(map(str, map(code_of, answers))) == ["None", "None", "units_short", "units_short"]


def test_a_delivery_that_takes_the_rest_closes_its_hold_though_another_came_before(
    market: Market,
) -> None:
    """Two of five out of ten, the second with `close`: nothing is left to give back, and that is fine."""
    hold = market.hold(10)
    pair = [market.delivery(hold, 5, close=False), market.delivery(hold, 5, close=True)]
    answers = market.registry.together(pair)

    assert [code_of(answer) for answer in answers] == [None, None]
    assert rows(market.url, "SELECT remaining FROM hold") == [(0,)]


def test_a_release_and_a_sale_of_what_it_freed_share_a_batch(market: Market) -> None:
    """The freed run melts into its neighbour, and the whole of it is sold; one transaction does it."""
    hold = market.hold(10)
    answers = released_and_sold(market, hold, market.sale(40))

    assert [code_of(answer) for answer in answers] == [None, None]
    parcels = rows(market.url, "SELECT lo, account FROM parcel ORDER BY lo")
    assert parcels == [(0, market.takers[0])]


def test_a_release_and_a_sale_across_its_old_edge_share_a_batch(market: Market) -> None:
    """What was freed melted into both neighbours, and is sold as a piece of the run they are now."""
    hold = market.hold(10, Selection(market.lot, 10))
    answers = released_and_sold(market, hold, market.sale(10, 0, Selection(market.lot, 15)))

    assert [code_of(answer) for answer in answers] == [None, None]
    parcels = rows(market.url, "SELECT lo, account FROM parcel ORDER BY lo")
    assert parcels == [(0, market.giver), (15, market.takers[0]), (25, market.giver)]


def test_a_run_that_melted_and_went_is_not_there_again(market: Market) -> None:
    """The third part is told of it as it was before the first, which freed, melted and sold all of it."""
    market.registry.issue(market.registry.plant(market.seller.party), MONTH, 40)
    hold = market.hold(10, Selection(market.lot, 10))
    with market.registry.desk.reader() as read:
        release, everything, one, gone = (
            asked.command(read)
            for asked in (
                market.registry.asked(market.seller, lambda r, a: release_hold(r, a, hold, None)),
                market.sale(40),
                market.sale(1),
                market.sale(5, 0, Selection(market.lot)),
            )
        )
    first = replace(everything, acts=(*release.acts, *everything.acts))
    answers = market.registry.desk.writer.submit([first, one, gone])

    assert [code_of(answer) for answer in answers] == [None, None, "too_few_eligible"]
    check_books(market.url)


def released_and_sold(market: Market, hold: int, sale: Asked) -> list[Answer]:
    """Post the release of a hold and a sale in one batch, in this order."""
    release = market.registry.asked(market.seller, lambda r, a: release_hold(r, a, hold, None))
    with market.registry.desk.reader() as read:
        commands = [asked.command(read) for asked in (release, sale)]
    with psycopg.connect(market.app, autocommit=True, options="-c search_path=registry") as conn:
        engine = Engine("registry", RuleCache())
        return engine.process(Wire(conn), commands, market.registry.clock(), keep=True)


def test_what_a_command_of_a_batch_did_the_next_finds_done(market: Market) -> None:
    """Bought and retired, set aside and given back, bought twice under one key, and too much at last."""
    taker = Actor(market.registry.party("enterprise"), "clerk", 9)
    user = market.registry.account(taker.party, "user")
    market.takers = (user, market.takers[1])
    bought, held = (
        market.sale(10),
        market.registry.asked(
            market.seller,
            lambda r, a: place_hold(r, a, HoldOrder(market.giver, "GEC", 20, "order 2")),
        ),
    )
    again = Asked(bought.actor, bought.decide, bought.key)
    order = RetirementOrder(user, 10, "", "", "green_power_claim", consumption_year=2025)
    retired = market.registry.asked(taker, lambda r, a: retire(r, a, order))
    before = version_of(market)
    answers = market.registry.together(
        [bought, held, again, retired, market.sale(11), market.sale(10), market.sale(1)]
    )

    codes = [code_of(answer) for answer in answers]
    assert codes == [None, None, None, None, "units_short", None, "units_short"]
    assert answers[2].replayed
    assert answers[2].outcome == answers[0].outcome
    assert version_of(market) == before + 3  # the balance was written once, and counts each journal
    assert rows(market.url, "SELECT sum(quantity)::int FROM retirement") == [(10,)]
    check_books(market.url)


def version_of(market: Market) -> int:
    """Read how many journals touched the seller's certificates."""
    found = rows(market.url, f"SELECT version FROM balance WHERE account = {market.giver}")
    return int(found[0][0])


def test_the_first_duties_of_two_years_share_a_batch(market: Market) -> None:
    """Each opens the duty account; the second decides again and finds it open."""
    party = market.registry.party("enterprise")

    def duty(year: int) -> Asked:
        decide = verifying(market.registry, party, year, 10)
        return market.registry.asked(market.seller, decide)

    answers, order = market.registry.in_one_batch([duty(2025), duty(2026)])

    assert [code_of(answer) for answer in answers] == [None, None]
    assert order == [0, 1]
    assert rows(market.url, "SELECT count(*) FROM account WHERE class = 'duty'") == [(1,)]


def test_a_desk_with_one_connection_can_number_what_it_decides(database: Urls) -> None:
    """Whoever decides holds a connection, and must not wait for another to draw an id."""
    with opened(database.app, pool=1) as registry:
        registry.adopt_shipped()
        party = registry.party("enterprise")
        giver = registry.account(party, "generator")
        order = HoldOrder(giver, "GEC", 1, "order 1")
        answer = registry.ask(Actor(party, "clerk", 9), lambda r, a: place_hold(r, a, order))

    assert code_of(answer) == "units_short"


def test_two_corrections_of_emissions_in_one_batch_are_each_decided_on_the_other(
    database: Urls,
) -> None:
    """The second rests on the version the first wrote, and is not refused for what is past."""
    with opened(database.app) as registry:
        registry.adopt_shipped()
        emitter = registry.party("emitter")

        def verified(tonnes: int) -> Asked:
            return registry.asked(OPERATOR, verifying(registry, emitter, 2025, tonnes))

        assert code_of(registry.put(verified(30))) is None
        answers, _ = registry.in_one_batch([verified(1), verified(1)])
        with registry.desk.reader() as read:
            stands = obligation(read, emitter, 2025)

    assert [code_of(answer) for answer in answers] == [None, None]
    assert (stands.verified, stands.due) == (1, 1)
