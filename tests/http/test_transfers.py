"""Transfers through the doors, one at a time: what moves, for whom, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import Json
from tests.http.market import Market, market_of, refusal, runs
from tests.http.test_paging import walk

PATH = "/v1/transfers"
NOWHERE = encode_id(IdPrefix.ACCOUNT, 2**40)
SETTLED = {"contract_no": "C-1", "settled_kwh": 1000}
PLAN = {"plan_id": "P-1", "filing_id": "F-1"}
NO_LOT = encode_id(IdPrefix.LOT, 2**50)


def test_a_transfer_moves_the_high_end_and_tells_it_again(market: Market) -> None:
    """Under the same key the same answer, byte for byte, and nothing moves twice."""
    lot = market.lot(100)
    body = market.sale(30, lot, reference="T-1", evidence={"contract_no": "C-1"})
    first = market.seller.post(PATH, body, idem="sale")
    again = market.seller.post(PATH, body, idem="sale")
    other = market.seller.post(PATH, {**body, "quantity": 31}, idem="sale")
    told = first.json()

    assert (first.status_code, first.content) == (201, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert (runs(told), told["unit"], told["quantity"]) == ([(70, 30)], "MWh", 30)
    assert told["links"]["proof"] == f"/v1/journals/{told['transfer_id']}/proof"
    assert told["sealed"] is False
    assert refusal(other) == (422, "idempotency_key_reused")
    assert other.json()["conflicting_fields"] == ["quantity"]
    kept = market.buyer.get(f"{PATH}/{told['transfer_id']}").json()
    assert (kept["mode"], kept["reference"], kept["evidence"]) == (
        "listing",
        "T-1",
        {"contract_no": "C-1"},
    )
    assert (runs(kept), kept["price_fen_per_unit"]) == ([(70, 30)], 500)
    listed = walk(market.seller, PATH, 3, account=market.user, mode="listing")
    assert {**listed[-1], "serials": kept["serials"]} == kept


def test_serials_are_named_or_picked(market: Market) -> None:
    """Exact serials are cut out of the middle; held and foreign ones are not available."""
    lot = market.lot(100)
    exact = {"lot_id": lot["lot_id"], "first_serial": 40}
    told = market.seller.must(PATH, market.sale(10, select=exact))
    again = market.seller.post(PATH, market.sale(10, select=exact))
    beyond = market.seller.post(PATH, market.sale(10, select={**exact, "first_serial": 95}))
    short = market.seller.post(PATH, market.sale(91, lot))

    assert runs(told) == [(40, 10)]
    assert refusal(again) == (422, "serials_not_available")
    assert refusal(beyond) == (422, "serials_not_available")
    assert refusal(short) in {(422, "units_short"), (422, "too_few_eligible")}


def test_criteria_pick_the_earliest_expiry(market: Market) -> None:
    """By month and energy; what does not fit is told apart from what is not there."""
    mine = market_of(market.door)
    solar = mine.lot(10, mine.plant(energy="solar", technology="tower"), month="2025-09")
    wind = mine.lot(10, month="2025-08")
    first = mine.seller.must(PATH, mine.sale(3))
    chosen = mine.seller.must(PATH, mine.sale(3, select={"energy": "solar"}))
    month = mine.seller.post(PATH, mine.sale(1, select={"production_month": "2025-07"}))
    short = mine.seller.post(PATH, mine.sale(15))

    assert first["serials"][0]["lot_id"] == wind["lot_id"]
    assert chosen["serials"][0]["lot_id"] == solar["lot_id"]
    assert refusal(month) == (422, "too_few_eligible")
    assert refusal(short) == (422, "units_short")
    assert short.json()["facts"]["available"] == 14


def test_a_dry_run_moves_nothing(market: Market) -> None:
    """It tells what would move."""
    lot = market.lot(10)
    told = market.seller.must(PATH, market.sale(4, lot), dry_run="true")

    assert (told["dry_run"], told["transfer_id"], runs(told)) == (True, None, [(6, 4)])
    assert runs(market.seller.must(PATH, market.sale(10, lot))) == [(0, 10)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price_fen_per_unit": None}, "price_missing"),
        ({"mode": "green_power"}, "evidence_missing"),
        ({"mode": "self_use"}, "evidence_missing"),
        ({"mode": "allocation", "evidence": PLAN}, "price_not_allowed"),
        ({"mode": "hydro_assignment", "evidence": SETTLED}, "price_not_allowed"),
        (
            {"mode": "hydro_assignment", "evidence": SETTLED, "price_fen_per_unit": None},
            "not_assignable",
        ),
        (
            {"mode": "green_power", "evidence": SETTLED | {"settled_kwh": 999}},
            "settled_energy_short",
        ),
        ({"instrument": "GOLD", "select": {}}, "instrument_unknown"),
        ({"instrument": "CEA-2031", "select": {}}, "movement_not_allowed"),
        ({"instrument": "KWH-on_grid", "select": {}}, "movement_not_allowed"),
    ],
)
def test_what_the_rules_refuse_has_its_code(market: Market, changes: Json, code: str) -> None:
    """A refusal is stored: asked again under its key, it is the same."""
    body = market.sale(1, market.lot(1), **changes)
    key = f"refused {code} {changes}"
    answers = [market.seller.post(PATH, body, idem=key) for _ in range(2)]

    assert [refusal(answer) for answer in answers] == [(422, code)] * 2
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_nobody_sells_to_itself(market: Market) -> None:
    """Two accounts are needed, of the right classes."""
    lot = market.lot(1)
    same = market.seller.post(PATH, market.sale(1, lot, to_account=market.generator))
    energy = market.seller.get("/v1/accounts?class=plant").json()["items"][0]
    astray = market.seller.post(PATH, market.sale(1, lot, to_account=energy["account_id"]))

    assert refusal(same) == (422, "same_account")
    assert refusal(astray) == (422, "movement_not_allowed")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"quantity": 0}, "/quantity", "greater_than_equal"),
        ({"quantity": -1}, "/quantity", "greater_than_equal"),
        ({"quantity": "1"}, "/quantity", "int_type"),
        ({"quantity": True}, "/quantity", "int_type"),
        ({"quantity": 2**62}, "/quantity", "less_than_equal"),
        ({"price_fen_per_unit": -1}, "/price_fen_per_unit", "greater_than_equal"),
        ({"price_fen_per_unit": "5"}, "/price_fen_per_unit", "int_type"),
        ({"mode": "gift"}, "/mode", "literal_error"),
        ({"from_account": "acc_1"}, "/from_account", "id_invalid"),
        ({"select": {"first_serial": 1}}, "/select", "serial_without_lot"),
        ({"select": {"lot_id": NO_LOT, "first_serial": -1}}, "/select/first_serial", None),
        ({"select": {"production_month": "2025-13"}}, "/select/production_month", "month_invalid"),
        ({"select": {"energy": "coal"}}, "/select/energy", "literal_error"),
        ({"select": None}, "/select", None),
        ({"instrument": "CEA-2025", "select": {"energy": "wind"}}, "", "select_without_serials"),
        ({"reference": "a\nb"}, "/reference", "control"),
        ({"evidence": {"contract": 1}}, "/evidence/contract", "extra_forbidden"),
    ],
)
def test_a_field_that_cannot_be_is_named(
    market: Market, changes: Json, pointer: str, code: str | None
) -> None:
    """Nothing of it is stored."""
    answer = market.seller.post(PATH, {**market.sale(1), **changes})
    told = answer.json()

    assert refusal(answer) == (400, "validation_failed"), told
    assert told["errors"][0]["pointer"] == pointer
    assert code in (None, told["errors"][0]["code"])


@pytest.mark.parametrize("number", ["1.0", "0.5", "9223372036854775808"])
def test_a_quantity_that_is_not_whole_is_malformed(market: Market, number: str) -> None:
    """In the bytes themselves, 2⁶³ included."""
    raw = json.dumps(market.sale(7)).replace('"quantity": 7', f'"quantity": {number}').encode()

    assert refusal(market.seller.raw(PATH, raw)) == (400, "malformed_json")


def _bodies(market: Market, lot: Json) -> dict[str, tuple[Json, Json]]:
    """Pair what is another's with what is not there, for each thing a transfer names."""
    own = market.door.account(market.buyer.party, "agent")
    base = market.sale(1, from_account=own, to_account=market.generator)
    bytes_ = market.seller.raw("/v1/documents?title=x", b"paper", "text/plain").json()
    missing = encode_id(IdPrefix.DOCUMENT, 2**40)
    return {
        "giver": ({**base, "from_account": market.generator}, {**base, "from_account": NOWHERE}),
        "lot": (
            {**base, "select": {"lot_id": lot["lot_id"]}},
            {**base, "select": {"lot_id": NO_LOT}},
        ),
        "document": (
            {**base, "evidence": {"document_ids": [bytes_["document_id"]]}},
            {**base, "evidence": {"document_ids": [missing]}},
        ),
    }


def test_what_is_anothers_and_what_is_not_there_look_the_same(market: Market) -> None:
    """Account, lot, document: the same 404, alone and in a batch of either mode."""
    mine = market_of(market.door)
    for foreign, missing in _bodies(mine, mine.lot(5)).values():
        answers = [mine.buyer.post(PATH, body) for body in (foreign, missing)]
        assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 2
        assert answers[0].json() == answers[1].json()
        batches = [_batch(mine, body, mode) for body in (foreign, missing) for mode in MODES]
        assert batches[0].json() == batches[2].json()
        assert batches[1].json() == batches[3].json()
        assert batches[0].status_code == 404
        assert batches[1].json()["results"][0]["status"] == 404
    receiver = mine.seller.post(PATH, mine.sale(1, to_account=NOWHERE))
    assert refusal(receiver) == (404, "not_found")


MODES = ("atomic", "independent")


def _batch(market: Market, body: Json, mode: str) -> Any:
    return market.buyer.post(f"{PATH}/batch", {"mode": mode, "transfers": [body]})


def test_a_transfer_is_told_to_its_two_sides_and_to_authorities(market: Market) -> None:
    """Not to a third."""
    name = market.seller.must(PATH, market.sale(1, market.lot(1)))["transfer_id"]
    stranger = market.door.person("enterprise")

    for person in (market.seller, market.buyer, market.issuer):
        assert person.get(f"{PATH}/{name}").status_code == 200
    assert refusal(stranger.get(f"{PATH}/{name}")) == (404, "not_found")
    assert walk(stranger, PATH, 5) == []
    other = market.issuer.get("/v1/issuances").json()["items"][0]["issuance_id"]
    assert refusal(market.issuer.get(f"{PATH}/{other}")) == (404, "not_found")


def test_the_issuer_settles_green_power_and_nothing_else(market: Market) -> None:
    """For any account; an exchange moves nothing but what it holds."""
    lot = market.lot(10)
    green = market.sale(4, lot, mode="green_power", evidence=SETTLED | {"settled_kwh": 4000})
    told = market.issuer.must(PATH, green)

    assert told["mode"] == "green_power"
    assert refusal(market.issuer.post(PATH, market.sale(1, lot))) == (403, "forbidden")
    batch = {"mode": "independent", "transfers": [green, market.sale(1, lot)]}
    assert refusal(market.issuer.post(f"{PATH}/batch", batch)) == (403, "forbidden")
    exchange = market.door.person("exchange")
    assert refusal(exchange.post(PATH, market.sale(1, lot))) == (404, "not_found")
    regulator = market.door.person("regulator")
    assert refusal(regulator.post(PATH, market.sale(1, lot))) == (403, "forbidden")


def test_from_the_accounts_limit_on_a_second_person_decides(market: Market) -> None:
    """The units wait with the act; the answer in the end is the act's own; a batch refuses it."""
    mine = market_of(market.door, approval_above=10)
    lot = mine.lot(100)
    second = market.door.person("generator", mine.seller.party)
    asked = mine.seller.post(PATH, mine.sale(10, lot))
    waiting = asked.json()

    assert (asked.status_code, waiting["state"]) == (202, "pending")
    address = f"/v1/approvals/{waiting['approval_id']}/approve"
    assert refusal(mine.seller.bare(address)) == (422, "maker_is_checker")
    assert refusal(market.buyer.bare(address)) == (404, "not_found")
    done = second.bare(address)
    assert (done.status_code, runs(done.json())) == (201, [(90, 10)])
    assert done.json()["to_account"] == mine.user
    assert mine.seller.post(PATH, mine.sale(9, lot)).status_code == 201
    told = mine.seller.must(f"{PATH}/batch", {"mode": "independent", "transfers": [mine.sale(10)]})
    assert told["results"][0]["code"] == "approval_needed"
