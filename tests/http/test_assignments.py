"""Certificates that move by rule through the doors: on evidence, without a price, by who may."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.kinds import TRANSFER_MODES
from schemas.wire.transfers import TransferBody
from tests.http.doors import As, Json
from tests.http.market import Market, market_of, refusal, runs

PATH = "/v1/transfers"
OLD_HYDRO = {"energy": "hydro", "technology": "conventional", "commissioned_on": "2015-01-01"}
ROOF = {"energy": "solar", "technology": "distributed", "grid_connection": "self_use"}
PLAN = {"plan_id": "川能源〔2026〕7号", "filing_id": "国能备-7"}


@pytest.fixture
def mine(market: Market) -> Market:
    """Give one test parties of its own."""
    return market_of(market.door)


def settled(kwh: int) -> Json:
    """Write what settled energy rests on."""
    return {"contract_no": "购售电-1", "settled_kwh": kwh}


def assigned(market: Market, mode: str, quantity: int, evidence: Json, **changes: Any) -> Json:
    """Write an assignment of the seller's to the buyer."""
    facts = {"price_fen_per_unit": None, "evidence": evidence, **changes}
    return market.sale(quantity, mode=mode, **facts)


def province(market: Market) -> tuple[As, str]:
    """Give a person of a province, and its account."""
    office = market.door.person("province")
    return office, market.door.account(office.party, "province")


def paper(market: Market) -> str:
    """Put a proof of payment on file for the seller; give its id."""
    content = f"paid {market.generator}".encode()
    told = market.seller.raw("/v1/documents?title=paid", content, "text/plain")
    return str(told.json()["document_id"])


def test_the_modes_on_the_wire_are_the_kinds_of_the_ledger() -> None:
    """None is promised that is not carried out, none is carried out that cannot be asked."""
    told = TransferBody.model_json_schema()["properties"]["mode"]["enum"]
    assert set(told) == set(TRANSFER_MODES)


def test_stock_hydro_follows_the_power_that_was_settled(mine: Market) -> None:
    """To the buyer or to the province; criteria pick stock hydro alone, up to what was settled."""
    mine.lot(5, mine.plant())
    lot = mine.lot(100, mine.plant(**OLD_HYDRO))
    told = mine.seller.must(PATH, assigned(mine, "hydro_assignment", 40, settled(40_999)))
    assert (runs(told), told["serials"][0]["lot_id"]) == ([(60, 40)], lot["lot_id"])
    kept = mine.buyer.get(f"{PATH}/{told['transfer_id']}").json()
    assert (kept["evidence"], kept["price_fen_per_unit"]) == (settled(40_999), None)

    _, pool = province(mine)
    body = assigned(mine, "hydro_assignment", 10, settled(10_000), to_account=pool)
    assert mine.issuer.must(PATH, body)["to_account"] == pool
    much = assigned(mine, "hydro_assignment", 41, settled(40_999))
    assert refusal(mine.seller.post(PATH, much)) == (422, "settled_energy_short")
    short = assigned(mine, "hydro_assignment", 51, settled(51_000))
    assert refusal(mine.seller.post(PATH, short)) == (422, "too_few_eligible")


def test_energy_under_the_price_mechanism_goes_to_the_province(mine: Market) -> None:
    """And not to a user; energy outside the mechanism does not go this way."""
    _, pool = province(mine)
    plain = mine.lot(5)
    lot = mine.lot(10, mechanism=True)
    evidence = {"settled_kwh": 10_000}
    body = assigned(mine, "mechanism_assignment", 4, evidence, to_account=pool)
    told = mine.issuer.must(PATH, body)

    assert told["serials"][0]["lot_id"] == lot["lot_id"]
    odd = mine.issuer.post(PATH, body | {"select": {"lot_id": plain["lot_id"]}})
    assert refusal(odd) == (422, "not_assignable")
    astray = mine.issuer.post(PATH, body | {"to_account": mine.user})
    assert refusal(astray) == (422, "movement_not_allowed")


@pytest.mark.parametrize("mode", ["self_use", "off_grid"])
def test_the_issuer_reviews_what_moves_on_papers_alone(mine: Market, mode: str) -> None:
    """No person of the generator decides, nor does the issuer ask for it itself."""
    connection = {"self_use": "self_use", "off_grid": "off_grid"}[mode]
    plant = mine.plant(**ROOF | {"grid_connection": connection})
    lot = mine.lot(20, plant, category=mode)
    evidence = {"contract_no": "EMC-1", "document_ids": [paper(mine)]}
    body = assigned(mine, mode, 8, evidence)
    waiting = mine.seller.must(PATH, body)
    address = f"/v1/approvals/{waiting['approval_id']}/approve"
    second = mine.door.person("generator", mine.seller.party)

    assert refusal(second.bare(address)) == (403, "forbidden")
    assert refusal(mine.door.person("regulator").bare(address)) == (403, "forbidden")
    told = mine.door.decided(mine.issuer, waiting)
    assert (runs(told), told["serials"][0]["lot_id"]) == ([(12, 8)], lot["lot_id"])
    kept = mine.buyer.get(f"{PATH}/{told['transfer_id']}").json()
    assert (kept["mode"], kept["evidence"]) == (mode, evidence)
    assert refusal(mine.issuer.post(PATH, body)) == (403, "forbidden")
    batch = {"mode": "independent", "transfers": [body]}
    assert mine.seller.must(f"{PATH}/batch", batch)["results"][0]["code"] == "approval_needed"


def test_a_province_allocates_by_its_filed_plan_and_from_its_own_account_alone(
    mine: Market,
) -> None:
    """Another person of the province decides; what it merely sees is not its to give."""
    office, pool = province(mine)
    second = mine.door.person("province", office.party)
    mine.lot(30, mine.plant(**OLD_HYDRO))
    body = assigned(mine, "hydro_assignment", 30, settled(30_000), to_account=pool)
    mine.seller.must(PATH, body)
    given = assigned(mine, "allocation", 10, PLAN, from_account=pool)
    waiting = office.must(PATH, given)

    answer = mine.issuer.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    assert refusal(answer) == (403, "forbidden")
    assert mine.door.decided(second, waiting)["quantity"] == 10
    bare = given | {"evidence": {"plan_id": "x"}}
    assert refusal(office.post(PATH, bare)) == (422, "evidence_missing")
    foreign = given | {"from_account": mine.generator}
    assert office.get(f"/v1/accounts/{mine.generator}").status_code == 200
    assert refusal(office.post(PATH, foreign)) == (404, "not_found")
    for mode, status in (("atomic", 404), ("independent", 200)):
        batch = office.post(f"{PATH}/batch", {"mode": mode, "transfers": [foreign]})
        assert batch.status_code == status or batch.json()["results"][0]["status"] == 404
    claim = mine.retirement(10)
    assert mine.buyer.must("/v1/retirements", claim)["quantity"] == 10


def test_green_power_names_its_contract_and_the_energy_settled(mine: Market) -> None:
    """Settled out of an exchange's hold as well; what came with it is not sold again."""
    lot = mine.lot(10)
    exchange = mine.door.person("exchange")
    code = mine.door.operator.get(f"/v1/parties/{exchange.party}").json()["credit_code"]
    hold = mine.seller.must("/v1/holds", mine.order(10, lot, controller=code))["hold_id"]
    path = f"/v1/holds/{hold}/settle"
    body = {"to_account": mine.user, "quantity": 6, "mode": "green_power"}
    priced = body | {"price_fen_per_unit": 400}

    assert refusal(exchange.post(path, priced)) == (422, "evidence_missing")
    assert refusal(exchange.post(path, body | {"evidence": settled(6_000)})) == (
        422,
        "price_missing",
    )
    short = exchange.post(path, priced | {"evidence": settled(5_999)})
    assert refusal(short) == (422, "settled_energy_short")
    told = exchange.must(path, priced | {"evidence": settled(6_000)})
    kept = mine.buyer.get(f"{PATH}/{told['transfer_id']}").json()
    assert (kept["evidence"], kept["hold_id"]) == (settled(6_000), hold)
    papers = settled(4_000) | {"document_ids": []}
    other = exchange.post(path, body | {"mode": "allocation", "quantity": 4, "evidence": papers})
    assert refusal(other) == (422, "evidence_missing")
    off_plan = exchange.post(path, body | {"mode": "allocation", "quantity": 4, "evidence": PLAN})
    assert refusal(off_plan) == (422, "approval_needed")
    third = mine.door.account(mine.door.person("enterprise").party, "user")
    resale = mine.sale(1, lot, from_account=mine.user, to_account=third)
    assert refusal(mine.buyer.post(PATH, resale)) == (422, "green_power_not_resold")


def test_what_is_over_is_not_assigned(mine: Market) -> None:
    """A lot of stock hydro named outright, after its validity and before it is written off."""
    clock, lot = mine.door.registry.clock, mine.lot(5, mine.plant(**OLD_HYDRO))
    now = clock.now
    fresh = mine.door.person("issuer", mine.issuer.party)
    body = assigned(mine, "hydro_assignment", 1, settled(1_000), select={"lot_id": lot["lot_id"]})
    clock.now = now.replace(year=2027, month=10)
    try:
        key = mine.door.person("issuer", fresh.party)
        answer = key.post(PATH, body)
    finally:
        clock.now = now

    assert refusal(answer) == (422, "certificate_expired")
