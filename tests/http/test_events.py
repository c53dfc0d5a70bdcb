"""`/v1/events`: the sealed log as a feed, to each what it may see."""

from __future__ import annotations

from api.roles import ROLES
from ledger.database import Urls
from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import As, Door, party_body
from tests.http.market import Market, refusal
from tests.http.sealed import seal
from tests.http.world import World
from tests.registry import rows


def read_on(person: As, after: int = -1, limit: int = 37) -> list[tuple[int, str]]:
    """Read the feed page by page, as (index, journal)."""
    found = list[tuple[int, str]]()
    while True:
        told = person.get("/v1/events", after=after, limit=limit).json()
        found += [(event["index"], event["journal_id"]) for event in told["items"]]
        if not told["items"]:
            return found
        after = told["next_after"]


def test_everyone_is_told_exactly_what_its_key_opens(world: World) -> None:
    """Event by event and journal by journal: the feed and `/v1/journals` agree, for every role."""
    sealed = rows(world.url, "SELECT idx, seq FROM log_leaf ORDER BY idx")
    names = [(index, encode_id(IdPrefix.JOURNAL, seq)) for index, seq in sealed]
    for role in ROLES:
        person = world.people[role]
        opened = [
            (index, name)
            for index, name in names
            if world.sees_foreign(role) or person.get(f"/v1/journals/{name}").status_code == 200
        ]
        assert read_on(person) == opened, role
        if not world.sees_foreign(role):
            assert 0 < len(opened) < len(names), role


def test_an_event_names_a_journal_and_its_kind(fair: Market, urls: Urls) -> None:
    """A sale is told to both sides and to nobody else; sealed first, in the order of the log."""
    lot = fair.lot(9)
    before = fair.buyer.get("/v1/events").json()["next_after"]
    sold = fair.seller.must("/v1/transfers", fair.sale(9, lot))
    unsealed = fair.buyer.get("/v1/events", after=before).json()["items"]
    size = seal(urls, fair.door.home)
    [event] = fair.buyer.get("/v1/events", after=before).json()["items"]
    stranger = fair.door.person("enterprise")

    assert unsealed == []
    assert (event["type"], event["journal_id"]) == ("transfer.listing", sold["journal_id"])
    assert event["index"] < size
    assert fair.buyer.get(event["links"]["proof"]).status_code == 200
    assert event in fair.seller.get("/v1/events", limit=500).json()["items"]
    assert read_on(stranger) == []


def test_an_exchange_is_told_of_orders_it_controls_and_settles(fair: Market, urls: Urls) -> None:
    """Though it holds nothing itself."""
    exchange = fair.door.person("exchange")
    order = fair.order(3, fair.lot(3), controller=fair.code(exchange))
    hold = fair.seller.must("/v1/holds", order)["hold_id"]
    settled = {"to_account": fair.user, "quantity": 2, "mode": "listing", "price_fen_per_unit": 1}
    exchange.must(f"/v1/holds/{hold}/settle", settled)
    exchange.must(f"/v1/holds/{hold}/release", {"quantity": 1})
    seal(urls, fair.door.home)
    kinds = [event["type"] for event in exchange.get("/v1/events").json()["items"]]

    assert kinds == ["hold.open", "transfer.listing", "hold.release"]


def test_a_place_that_is_none_is_malformed(shared_door: Door) -> None:
    """Below -1, beyond any log, or no number; and a page without end."""
    for query in ({"after": -2}, {"after": 2**63}, {"after": "x"}, {"limit": 0}, {"limit": 501}):
        answer = shared_door.operator.get("/v1/events", **query)
        assert refusal(answer) == (400, "validation_failed"), query
    assert shared_door.operator.get("/v1/events", after=2**63 - 1).json()["items"] == []


def test_an_empty_feed_tells_where_to_go_on(door: Door, database: Urls) -> None:
    """The next question is the same until something is sealed: the operator's key, and a party."""
    first = door.operator.get("/v1/events").json()
    door.operator.must("/v1/parties", party_body())
    seal(database, door.home)
    then = door.operator.get("/v1/events", after=first["next_after"]).json()

    assert first == {"items": [], "next_after": -1, "size": 0}
    assert [event["type"] for event in then["items"]] == ["client.create", "party.register"]
    assert (then["next_after"], then["size"]) == (1, 2)
