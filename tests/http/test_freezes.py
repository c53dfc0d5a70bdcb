"""Freezes through the doors: out of orders too, by two persons, until a decision ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.carbon import created_at, given_at
from tests.http.doors import As, Json
from tests.http.market import Market, market_of, refusal, runs
from tests.http.test_holds import settlement
from tests.http.test_paging import walk

PATH = "/v1/freezes"
ORDER = "（2026）京01执1号"


@dataclass(slots=True)
class Court:
    """A market, and two persons of one regulator."""

    market: Market
    maker: As
    checker: As

    def body(self, **changes: Any) -> Json:
        """Write a freeze of all certificates of the seller."""
        return {
            "account": self.market.generator,
            "instrument": "GEC",
            "cause": "court_order",
            "document_no": ORDER,
            **changes,
        }

    def frozen(self, **changes: Any) -> Json:
        """Have two persons freeze."""
        return self.decided(PATH, self.body(**changes))

    def decided(self, path: str, body: Json) -> Json:
        """Have two persons do something."""
        return self.market.door.decided(self.checker, self.maker.must(path, body))

    def refused(self, path: str, body: Json) -> tuple[int, str]:
        """Tell why it is refused."""
        return refusal(self.maker.post(path, body))

    def available(self) -> tuple[int, int]:
        """Tell what the seller has free, and what is set aside."""
        path = f"/v1/accounts/{self.market.generator}/balances"
        items = self.market.seller.get(path).json()["items"]
        found = next(item for item in items if item["instrument"] == "GEC")
        return found["available"], found["held"]


@pytest.fixture
def court(market: Market) -> Court:
    """Give one test parties of its own, and a regulator's two persons."""
    return Court(market_of(market.door), *market.door.pair("regulator"))


def test_a_freeze_takes_free_units_first_and_then_those_of_orders(court: Court) -> None:
    """What was placed for an order is not delivered; what is frozen is told to its holder."""
    mine = court.market
    lot = mine.lot(100)
    hold = mine.seller.must("/v1/holds", mine.order(30, lot))["hold_id"]
    told = court.frozen(quantity=80)

    assert (runs(told), told["quantity"], told["unit"]) == ([(0, 70), (90, 10)], 80, "MWh")
    assert court.available() == (0, 100)
    filled = mine.seller.post(f"/v1/holds/{hold}/settle", settlement(mine, 30))
    assert refusal(filled) == (422, "hold_too_small")
    assert mine.seller.must(f"/v1/holds/{hold}/settle", settlement(mine, 20))["quantity"] == 20
    kept = mine.seller.get(f"{PATH}/{told['hold_id']}").json()
    assert (kept["kind"], kept["cause"], kept["document_no"]) == ("judicial", "court_order", ORDER)
    assert (kept["controller_id"], kept["remaining"]) == (court.maker.party, 80)
    assert runs(kept) == [(0, 70), (90, 10)]
    listed = walk(mine.seller, PATH, 5, account=mine.generator, state="open")
    assert [{**row, "serials": kept["serials"]} for row in listed] == [kept]
    assert refusal(mine.buyer.get(f"{PATH}/{told['hold_id']}")) == (404, "not_found")
    assert walk(mine.buyer, PATH, 5) == []


def test_frozen_units_are_spent_by_no_verb(court: Court) -> None:
    """Not sold, set aside, retired, settled or released, by whoever controls them."""
    mine = court.market
    lot = mine.lot(10)
    name = court.frozen()["hold_id"]
    for path, body in [
        ("/v1/transfers", mine.sale(1, lot)),
        ("/v1/holds", mine.order(1, lot)),
        ("/v1/retirements", mine.retirement(1, lot, account=mine.generator)),
    ]:
        assert mine.seller.post(path, body).json()["code"] in {"units_short", "too_few_eligible"}
    settled = mine.seller.post(f"/v1/holds/{name}/settle", settlement(mine, 1))
    assert refusal(settled) == (409, "units_frozen")
    assert refusal(mine.seller.post(f"/v1/holds/{name}/release", {})) == (409, "units_frozen")
    assert court.refused(PATH, court.body()) == (422, "units_short")


def test_only_who_froze_lifts_and_the_rest_stays_frozen(court: Court) -> None:
    """In part, then whole; then nothing is left to lift."""
    lot = court.market.lot(50)
    name = court.frozen(lots=[lot["lot_id"]])["hold_id"]
    other = court.market.door.person("regulator")
    body = {"document_no": "解除-1"}

    part = court.decided(f"{PATH}/{name}/lift", body | {"quantity": 20})
    assert (part["quantity"], court.available()) == (20, (20, 30))
    assert refusal(other.post(f"{PATH}/{name}/lift", body)) == (422, "not_the_controller")
    much = court.maker.must(f"{PATH}/{name}/lift", body | {"quantity": 31})
    late = court.checker.bare(f"/v1/approvals/{much['approval_id']}/approve")
    assert refusal(late) == (422, "hold_too_small")
    court.decided(f"{PATH}/{name}/lift", body)
    assert court.available() == (50, 0)
    assert court.refused(f"{PATH}/{name}/lift", body) == (409, "hold_closed")
    assert court.maker.get(f"{PATH}/{name}").json()["state"] == "closed"


def test_a_court_moves_what_it_had_frozen_and_histories_stay(court: Court) -> None:
    """The receiver may sell what was not sold yet; other freezes are not moved."""
    mine = court.market
    lot = mine.lot(20)
    serials = {"lot_id": lot["lot_id"], "first_serial": 5}
    name = court.frozen(select=serials, quantity=10)["hold_id"]
    body = {"to_account": mine.user, "quantity": 4, "document_no": "执行-1"}
    told = court.decided(f"{PATH}/{name}/transfer", body)

    assert (runs(told), told["quantity"]) == ([(11, 4)], 4)
    parcels = mine.buyer.get(f"/v1/accounts/{mine.user}/parcels").json()["items"]
    assert [(p["origin"], p["trades"], p["count"]) for p in parcels] == [("issued", 0, 4)]
    objected = court.frozen(select={**serials, "first_serial": 0}, quantity=2, cause="objection")
    waiting = court.maker.must(f"{PATH}/{objected['hold_id']}/transfer", body | {"quantity": 1})
    answer = court.checker.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    assert refusal(answer) == (409, "units_frozen")
    astray = {**body, "to_account": encode_id(IdPrefix.ACCOUNT, 2**40)}
    assert court.refused(f"{PATH}/{name}/transfer", astray) == (404, "not_found")


def test_units_of_a_frozen_account_are_frozen_too(court: Court) -> None:
    """A freeze of the account is another thing: lifting one leaves the other."""
    mine, address = court.market, f"/v1/accounts/{court.market.generator}"
    lot = mine.lot(10)
    court.decided(f"{address}/freeze", {"document_no": "1"})
    name = court.frozen(quantity=4)["hold_id"]
    assert refusal(mine.seller.post("/v1/transfers", mine.sale(1, lot))) == (409, "account_frozen")
    court.decided(f"{address}/unfreeze", {"document_no": "2"})
    assert mine.seller.must("/v1/transfers", mine.sale(6, lot))["quantity"] == 6
    assert mine.seller.get(f"{PATH}/{name}").json()["remaining"] == 4


def test_the_issuer_freezes_certificates_and_its_own_second_person_decides(court: Court) -> None:
    """Not allowances; holders and exchanges freeze nothing."""
    mine = court.market
    mine.lot(5)
    second = mine.door.person("issuer", mine.issuer.party)
    body = court.body(cause="suspected_data")
    waiting = mine.issuer.must(PATH, body)
    assert refusal(mine.issuer.bare(f"/v1/approvals/{waiting['approval_id']}/approve")) == (
        422,
        "maker_is_checker",
    )
    told = mine.door.decided(second, waiting)
    assert second.get(f"{PATH}/{told['hold_id']}").json()["kind"] == "freeze"
    assert refusal(mine.issuer.post(PATH, body | {"instrument": "CEA-2025"})) == (403, "forbidden")
    for role in ("exchange", "province", "operator"):
        assert refusal(mine.door.person(role).post(PATH, body)) == (403, "forbidden")
    assert refusal(mine.seller.post(PATH, body)) == (403, "forbidden")


def test_serials_that_are_frozen_or_elsewhere_are_not_frozen_again(court: Court) -> None:
    """All of the run must be there; more than there is, or what is no unit, is refused."""
    lot = court.market.lot(10)
    named = {"lot_id": lot["lot_id"], "first_serial": 4}
    court.frozen(select=named, quantity=3)

    again = court.body(select={**named, "first_serial": 6}, quantity=2)
    assert court.refused(PATH, again) == (422, "serials_not_available")
    assert court.refused(PATH, court.body(quantity=8)) == (422, "units_short")
    odd = court.body(instrument="KWH-on_grid")
    assert court.refused(PATH, odd) == (422, "instrument_unknown")
    assert court.refused(PATH, court.body(lots=[encode_id(IdPrefix.LOT, 2**50)])) == (
        404,
        "not_found",
    )
    order = court.market.seller.must("/v1/holds", court.market.order(1, lot))["hold_id"]
    assert court.refused(f"{PATH}/{order}/lift", {"document_no": "1"}) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"instrument": "CEA-2025", "cause": "ccer"}, "select_without_serials"),
        ({"lots": []}, None),
        ({"cause": "whim"}, "literal_error"),
        ({"document_no": ""}, None),
        ({"document_no": None}, None),
        ({"select": {"lot_id": encode_id(IdPrefix.LOT, 1), "first_serial": 0}}, "go_together"),
        ({"lots": "both"}, "one_of_two"),
    ],
)
def test_a_freeze_that_cannot_be_is_named(court: Court, changes: Json, code: str | None) -> None:
    """Nothing of it is stored."""
    lot = encode_id(IdPrefix.LOT, 1)
    if changes.get("lots") == "both":
        changes = {"lots": [lot], "select": {"lot_id": lot, "first_serial": 0}, "quantity": 1}
    answer = court.maker.post(PATH, court.body(**changes))

    assert refusal(answer) == (400, "validation_failed")
    assert code in (None, answer.json()["errors"][0]["code"])


def test_what_an_approval_holds_gives_way_and_the_approval_fails(court: Court) -> None:
    """A sale that waited for a second person is not done with frozen units."""
    door = court.market.door
    mine = market_of(door, approval_above=10)
    court.market = mine
    lot = mine.lot(20)
    second = door.person("generator", mine.seller.party)
    waiting = mine.seller.must("/v1/transfers", mine.sale(20, lot))
    court.frozen(quantity=15)

    answer = second.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    assert refusal(answer) == (422, "hold_too_small")
    assert second.bare(f"/v1/approvals/{waiting['approval_id']}/reject").status_code == 200
    assert court.available() == (5, 15)


def test_allowances_are_frozen_by_amount_and_the_newest_order_gives_way_first(court: Court) -> None:
    """Of 100 t, 40 are free; 70 take those and the whole of the later order."""
    door = court.market.door
    office, emitter = door.person("province"), door.person("emitter")
    pool = door.account(office.party, "province")
    account = door.account(emitter.party, "cea_registry")
    created_at(door, court.maker, pool, 2026, 100)
    given_at(door, office, account, 2026, 100)
    order = {"account": account, "instrument": "CEA-2026", "quantity": 30}
    first, second = (
        emitter.must("/v1/holds", order | {"reference": name})["hold_id"] for name in "ab"
    )

    wanted = court.body(account=account, instrument="CEA-2026")
    assert court.refused(PATH, wanted | {"quantity": 101}) == (422, "units_short")
    told = court.decided(PATH, wanted | {"quantity": 70})
    assert (told["quantity"], told["unit"], told["serials"]) == (70, "tCO2e", [])
    left = [emitter.get(f"/v1/holds/{name}").json()["remaining"] for name in (first, second)]
    assert left == [30, 0]
    rest = court.decided(PATH, wanted)
    assert rest["quantity"] == 30
    assert emitter.get(f"{PATH}/{told['hold_id']}").json()["kind"] == "judicial"


# CCER


def test_what_is_frozen_for_ccer_is_cancelled_once(court: Court) -> None:
    """V-15: 10,000 issued, 4,000 traded, 6,000 frozen; 6,001 is refused, 6,000 cancelled."""
    mine = court.market
    lot = mine.lot(10_000, mine.plant(energy="solar", technology="tower"), month="2025-07")
    mine.seller.must("/v1/transfers", mine.sale(4_000, lot))
    frozen = court.frozen(cause="ccer")
    assert frozen["quantity"] == 6_000
    body = {
        "account": mine.generator,
        "hold_id": frozen["hold_id"],
        "quantity": 6_001,
        "project": "CCER-2026-001",
        "document_no": "减排量登记-1",
    }
    second = mine.door.person("issuer", mine.issuer.party)
    waiting = mine.issuer.must("/v1/ccer/claims", body)
    much = second.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    waiting = mine.issuer.must("/v1/ccer/claims", body | {"quantity": 6_000})
    told = mine.door.decided(second, waiting)

    assert refusal(much) == (422, "hold_too_small")
    assert (runs(told), told["project"]) == ([(0, 6_000)], "CCER-2026-001")
    assert court.available() == (0, 0)
    kept = mine.seller.get(f"/v1/ccer/claims/{told['claim_id']}").json()
    assert (kept["quantity"], kept["account"], kept["hold_id"]) == (
        6_000,
        mine.generator,
        frozen["hold_id"],
    )
    assert (kept["project"], runs(kept)) == ("CCER-2026-001", [(0, 6_000)])
    listed = walk(mine.seller, "/v1/ccer/claims", 5, account=mine.generator)
    assert [row["claim_id"] for row in listed] == [told["claim_id"]]
    assert refusal(mine.issuer.post("/v1/ccer/claims", body)) == (409, "hold_closed")


def test_only_what_is_frozen_for_ccer_and_untraded_is_cancelled_for_it(court: Court) -> None:
    """A court's freeze is not a project's; what was sold is the buyer's; an order is no freeze."""
    mine = court.market
    lot = mine.lot(10)
    mine.seller.must("/v1/transfers", mine.sale(5, lot))
    body = {
        "account": mine.generator,
        "quantity": 1,
        "project": "CCER-2026-002",
        "document_no": "减排量登记-2",
    }
    second = mine.door.person("issuer", mine.issuer.party)
    name = court.frozen(quantity=2)["hold_id"]
    waiting = mine.issuer.must("/v1/ccer/claims", body | {"hold_id": name})
    answer = second.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    assert refusal(answer) == (409, "units_frozen")
    bought = court.body(account=mine.user, cause="ccer")
    assert court.refused(PATH, bought) == (422, "units_short")
    order = mine.seller.must("/v1/holds", mine.order(1, lot))["hold_id"]
    odd = mine.issuer.post("/v1/ccer/claims", body | {"hold_id": order})
    assert refusal(odd) == (404, "hold_unknown")
    assert refusal(mine.seller.post("/v1/ccer/claims", body | {"hold_id": name})) == (
        403,
        "forbidden",
    )
