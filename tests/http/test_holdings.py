"""What an account holds, told now and as of then; the three views agree."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, decode_id, encode_id
from tests.http.doors import As, Door, Json
from tests.http.test_paging import walk

MONTHS = (date(2025, 8, 1), date(2025, 9, 1), date(2025, 10, 1))


@pytest.fixture
def owner(door: Door) -> tuple[Door, As, str]:
    """Issue thirty certificates of three months to an account, an hour apart."""
    registry = door.registry
    registry.adopt_shipped()
    party = registry.party("generator")
    account = registry.account(party, "generator")
    plant = registry.plant(party, capacity_kw=10_000)
    for month in MONTHS:
        registry.issue(plant, month, 10)
        registry.clock.advance(timedelta(hours=1))
    person = door.person("generator", encode_id(IdPrefix.PARTY, party))
    return door, person, encode_id(IdPrefix.ACCOUNT, account)


def test_balances_are_told_now_and_as_of_then(owner: tuple[Door, As, str]) -> None:
    """By instant and by number, the same figures as stood then."""
    door, person, account = owner
    address = f"/v1/accounts/{account}/balances"
    now = person.get(address).json()
    lines = walk(person, f"/v1/accounts/{account}/statement", 500)

    expected = {"instrument": "GEC", "unit": "MWh", "posted": 30, "held": 0, "available": 30}
    assert now["items"] == [expected]
    for line in lines:
        seq = decode_id(IdPrefix.JOURNAL, line["journal_id"])
        by_number = person.get(address, as_of_seq=seq).json()
        by_instant = person.get(address, as_of=line["at"]).json()
        assert [item["posted"] for item in by_number["items"]] == [line["balance"]]
        assert by_instant["items"] == by_number["items"]
    assert person.get(address, as_of_seq=0).json() == {"items": [], "as_of_seq": 0}
    assert person.get(address, as_of_seq=10**18).json() == now
    later = instant_text(door.registry.clock() + timedelta(days=1))
    assert person.get(address, as_of=later).json() == now


def test_a_statement_adds_up_to_the_balance(owner: tuple[Door, As, str]) -> None:
    """Latest first; every line has the balance after it."""
    _, person, account = owner
    for limit in (1, 2, 500):
        lines = walk(person, f"/v1/accounts/{account}/statement", limit)
        assert [line["balance"] for line in lines] == [30, 20, 10]
        assert sum(line["amount"] for line in lines) == 30
    assert walk(person, f"/v1/accounts/{account}/statement", 5, instrument="CNY") == []


def test_parcels_add_up_to_the_balance(owner: tuple[Door, As, str]) -> None:
    """Earliest expiry first, in pages of any size."""
    _, person, account = owner
    for limit in (1, 2, 500):
        parcels = walk(person, f"/v1/accounts/{account}/parcels", limit)
        assert [parcel["count"] for parcel in parcels] == [10, 10, 10]
        assert [parcel["production_month"] for parcel in parcels] == [
            "2025-08",
            "2025-09",
            "2025-10",
        ]


def test_the_parcels_of_one_lot_are_told_alone(owner: tuple[Door, As, str]) -> None:
    """A filter leaves the rest out."""
    _, person, account = owner
    address = f"/v1/accounts/{account}/parcels"
    second = walk(person, address, 5)[1]

    assert walk(person, address, 5, lot_id=second["lot_id"]) == [second]


@pytest.mark.parametrize("view", ["balances", "statement", "parcels"])
def test_anothers_holdings_are_not_there(owner: tuple[Door, As, str], view: str) -> None:
    """As if the account did not exist."""
    door, _, account = owner
    stranger = door.person("enterprise")
    missing = encode_id(IdPrefix.ACCOUNT, 2**40)
    answers = [stranger.get(f"/v1/accounts/{name}/{view}") for name in (account, missing)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {**answers[0].json(), "instance": ""} == {**answers[1].json(), "instance": ""}


@pytest.mark.parametrize(
    ("view", "query", "pointer"),
    [
        ("balances", {"as_of": "yesterday"}, "?as_of"),
        ("balances", {"as_of_seq": -1}, "?as_of_seq"),
        ("balances", {"as_of_seq": 2**63}, "?as_of_seq"),
        ("balances", {"as_of_seq": 1, "as_of": "2026-01-01T00:00:00Z"}, "?as_of_seq"),
        ("statement", {"instrument": "GOLD"}, "?instrument"),
        ("parcels", {"lot_id": "lot_1"}, "?lot_id"),
        ("parcels", {"cursor": "AAAA"}, "?cursor"),
    ],
)
def test_a_question_that_cannot_be_is_told(
    shared_door: Door, view: str, query: Json, pointer: str
) -> None:
    """400, with the parameter named."""
    account = shared_door.account(shared_door.party(), "user")
    answer = shared_door.operator.get(f"/v1/accounts/{account}/{view}", **query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
