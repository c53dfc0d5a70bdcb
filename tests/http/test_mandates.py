"""Mandates through the doors: owners, their agents, and what is beyond a mandate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.http.cutover import stock
from tests.http.doors import As, Json
from tests.http.market import Market, refusal


@dataclass(slots=True)
class Agency:
    """An agent with two owners' accounts; the first one holds certificates."""

    market: Market
    agent: As
    owner: As
    account: str
    other: str

    def grant(self, by: As | None = None, **changes: Any) -> Any:
        """Ask for a mandate to sell, by the owner unless told."""
        body = {
            "agent_account": self.account,
            "scopes": ["sell"],
            "valid_from": "2025-01-01",
            "valid_to": "2026-12-31",
            "document_no": "授权 1 号",
        }
        return (by or self.owner).post("/v1/mandates", body | changes)

    def sale(self, quantity: int = 1, **changes: Any) -> Any:
        """Let the agent sell to the market's buyer."""
        body = self.market.sale(quantity, from_account=self.account, **changes)
        return self.agent.post("/v1/transfers", body)


@pytest.fixture
def agency(market: Market) -> Agency:
    """Open an agency; what it holds came in at cut-over, and was never sold."""
    door = market.door
    agent, owner, second = (door.person(r) for r in ("enterprise", "generator", "generator"))
    account, other = (
        door.account(agent.party, "agent", on_behalf_of=of.party) for of in (owner, second)
    )
    stock(market, account, 9)
    return Agency(market, agent, owner, account, other)


def claim(agency: Agency) -> Json:
    """Write a retirement of the agent's for the buyer."""
    return agency.market.retirement(1) | {"account": agency.account}


def test_an_agent_does_what_its_mandate_says_and_nothing_else(agency: Agency) -> None:
    """Without one nothing; with one to retire it retires, and still does not sell."""
    bare = agency.agent.post("/v1/retirements", claim(agency))
    made = agency.grant(scopes=["retire"])
    retired = agency.agent.post("/v1/retirements", claim(agency))
    order = agency.agent.post("/v1/holds", agency.market.order(1) | {"account": agency.account})

    assert refusal(bare) == (422, "mandate_missing")
    assert made.status_code == 201, made.text
    assert retired.status_code == 201, retired.text
    assert refusal(order) == (422, "mandate_missing")
    assert order.json()["facts"] == {
        "account": agency.account,
        "scope": "sell",
        "day": "2026-01-05",
    }


@pytest.mark.parametrize(
    "days", [("2025-01-01", "2026-01-04"), ("2026-01-06", "2026-12-31")], ids=["over", "not yet"]
)
def test_a_mandate_of_other_days_is_none(agency: Agency, days: tuple[str, str]) -> None:
    """First and last day are included, no other."""
    assert agency.grant(valid_from=days[0], valid_to=days[1]).status_code == 201

    assert refusal(agency.sale()) == (422, "mandate_missing")


def test_what_is_ended_is_ended_once_and_an_order_placed_before_is_delivered(
    agency: Agency,
) -> None:
    """The agent's next act is refused; whoever waits for its order gets it."""
    told = agency.grant().json()
    sold = agency.market.sale(2, from_account=agency.account)
    hold = agency.agent.must("/v1/holds", agency.market.order(2) | {"account": agency.account})
    address = f"/v1/mandates/{told['mandate_id']}"
    before = agency.owner.get(address).json()
    ended = agency.owner.post(f"{address}/end", {"document_no": "撤销 1 号"})
    again = agency.owner.post(f"{address}/end")

    assert before == {name: told[name] for name in before if name != "ended"} | {"ended": False}
    assert (ended.status_code, ended.json()["ended"]) == (201, True)
    assert refusal(again) == (409, "mandate_ended")
    assert agency.owner.get(address).json() == before | {"ended": True}
    assert refusal(agency.agent.post("/v1/transfers", sold)) == (422, "mandate_missing")
    settle = {"to_account": agency.market.user, "quantity": 2, "mode": "listing"}
    delivered = agency.agent.post(
        f"/v1/holds/{hold['hold_id']}/settle", settle | {"price_fen_per_unit": 5}
    )
    assert delivered.status_code == 201, delivered.text


def test_only_the_owner_and_the_operator_give_a_mandate(agency: Agency) -> None:
    """The agent may not give itself one, and a stranger does not see the account."""
    stranger = agency.market.door.person("enterprise")

    assert refusal(agency.grant(agency.agent)) == (403, "forbidden")
    assert refusal(agency.grant(stranger)) == (404, "not_found")
    assert agency.grant(agency.market.door.operator).status_code == 201


def test_a_mandate_is_seen_by_owner_and_agent(agency: Agency) -> None:
    """Each lists it; nobody else finds or ends it."""
    number = agency.grant().json()["mandate_id"]
    stranger = agency.market.door.person("enterprise")

    for person in (agency.owner, agency.agent):
        listed = person.get("/v1/mandates", agent_account=agency.account).json()["items"]
        assert [item["mandate_id"] for item in listed] == [number]
    assert stranger.get("/v1/mandates").json()["items"] == []
    assert refusal(stranger.get(f"/v1/mandates/{number}")) == (404, "not_found")
    assert refusal(stranger.post(f"/v1/mandates/{number}/end")) == (404, "not_found")


def test_a_mandate_is_on_an_agent_s_account_for_an_owner(agency: Agency) -> None:
    """A user's account needs none, nor an agent's own."""
    operator, door = agency.market.door.operator, agency.market.door
    own = door.account(agency.agent.party, "agent")

    for account in (agency.market.user, own):
        answer = agency.grant(operator, agent_account=account)
        assert refusal(answer) == (422, "agent_account_needed")


def test_a_mandate_does_not_end_before_it_begins(agency: Agency) -> None:
    """The days are told to be the wrong way round."""
    answer = agency.grant(valid_from="2026-02-01", valid_to="2026-01-31")

    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == ["days_reversed"]


def test_an_agent_acts_for_each_owner_by_that_owner_s_mandate(agency: Agency) -> None:
    """What one owner let it do says nothing about another's account."""
    agency.grant()
    market = agency.market
    stock(market, agency.other, 1)
    body = market.sale(1, from_account=agency.other)

    assert refusal(agency.agent.post("/v1/transfers", body)) == (422, "mandate_missing")
    assert agency.sale().status_code == 201
    again = market.door.operator.post(
        "/v1/accounts",
        {"party_id": agency.agent.party, "class": "agent", "on_behalf_of": agency.owner.party},
    )
    assert refusal(again) == (422, "account_exists")
