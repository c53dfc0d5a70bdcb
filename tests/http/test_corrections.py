"""Corrections through the doors: objected to, revoked, taken back; and who may issue what for whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.databases import Clones
from tests.http.doors import As, Json
from tests.http.market import Market, at, market_at, refusal, runs
from tests.http.test_allowances import Carbon, carbon_at

NOWHERE = encode_id(IdPrefix.JOURNAL, 2**40)
DOCUMENT_NO = "国能资质〔2026〕12号"


@pytest.fixture(scope="module")
def late(clones: Clones) -> Iterator[Market]:
    """Open a market in which objections are regulated: the end of January 2026."""
    with clones.fresh() as urls, market_at(urls.app, "2026-01-31T04:00:00Z") as opened:
        yield opened


@pytest.fixture(scope="module")
def carbon(clones: Clones) -> Iterator[Carbon]:
    """Open a registry with allowances of 2025."""
    with clones.fresh() as urls, carbon_at(urls) as opened:
        yield opened


def colleague(market: Market) -> As:
    """Give a second person of the issuer a key."""
    return market.door.person("issuer", market.issuer.party)


def reversal(journal: str, **changes: Any) -> Json:
    """Write a reversal."""
    return {"journal_id": journal, "reason": "重复划转", "document_no": DOCUMENT_NO, **changes}


def revocation(lot: Json, **changes: Any) -> Json:
    """Write a revocation."""
    return {"lot_id": lot["lot_id"], "cause": "error", "document_no": DOCUMENT_NO, **changes}


def evidence(one: As) -> str:
    """Put a document on file."""
    answer = one.raw(f"/v1/documents?title={one.person}", one.person.encode(), "application/pdf")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["document_id"])


def test_a_transfer_is_taken_back_by_two_persons_and_says_so(late: Market) -> None:
    """The same serials are the seller's again; the reversal is told to both sides."""
    lot = late.lot(20)
    sold = late.seller.must("/v1/transfers", late.sale(7, lot))
    maker, checker = late.issuer, colleague(late)
    waiting = maker.must("/v1/reversals", reversal(sold["transfer_id"]))
    back = late.door.decided(checker, waiting)

    assert (back["act_id"], back["kind"]) == (sold["transfer_id"], "transfer.listing")
    told = late.buyer.get(f"/v1/reversals/{back['reversal_id']}").json()
    assert (told["journal_id"], told["reason"]) == (sold["transfer_id"], "重复划转")
    assert told["document_no"] == DOCUMENT_NO
    listed = late.seller.get("/v1/reversals").json()["items"]
    assert told in listed
    transfer = late.buyer.get(f"/v1/transfers/{sold['transfer_id']}").json()
    assert transfer["reversed_by"] == back["reversal_id"]
    again = late.seller.must("/v1/transfers", late.sale(20, lot))
    assert runs(again) == [(0, 20)]
    assert refusal(maker.post("/v1/reversals", reversal(sold["transfer_id"]))) == (
        409,
        "already_reversed",
    )
    assert refusal(maker.post("/v1/reversals", reversal(back["reversal_id"]))) == (
        422,
        "not_reversible",
    )


def test_what_the_buyer_used_up_is_not_taken_back(late: Market) -> None:
    """It may happen between request and approval: the judge has the last word."""
    lot = late.lot(20)
    sold = late.seller.must("/v1/transfers", late.sale(7, lot))
    waiting = late.issuer.must("/v1/reversals", reversal(sold["transfer_id"]))
    late.buyer.must("/v1/retirements", late.retirement(1, lot))
    checker = colleague(late)
    answer = checker.bare(f"/v1/approvals/{waiting['approval_id']}/approve")

    assert refusal(answer) == (422, "reversal_too_late")
    assert answer.json()["facts"]["count"] == 7


def test_a_retirement_is_taken_back_by_regulators_alone(late: Market) -> None:
    """The issuer is refused, and so is whoever names a journal that is not there."""
    lot = late.lot(5)
    late.seller.must("/v1/transfers", late.sale(5, lot))
    retired = late.buyer.must("/v1/retirements", late.retirement(5, lot))
    maker, checker = late.door.pair("regulator")

    assert refusal(late.issuer.post("/v1/reversals", reversal(retired["journal_id"]))) == (
        403,
        "forbidden",
    )
    assert refusal(maker.post("/v1/reversals", reversal(NOWHERE))) == (404, "not_found")
    assert refusal(late.buyer.post("/v1/reversals", reversal(retired["journal_id"])))[0] == 403
    waiting = maker.must("/v1/reversals", reversal(retired["journal_id"]))
    back = late.door.decided(checker, waiting)
    told = late.buyer.get(f"/v1/retirements/{retired['retirement_id']}").json()
    assert told["reversed_by"] == back["reversal_id"]
    assert late.buyer.post("/v1/retirements", late.retirement(5, lot)).status_code == 201


def test_a_surrender_taken_back_is_due_again(carbon: Carbon) -> None:
    """The obligation counts what stands."""
    assert carbon.allocate(100).status_code == 201
    assert carbon.verify(80).status_code == 201
    handed = carbon.surrender(50).json()
    maker, checker = carbon.door.pair("regulator")
    waiting = maker.must("/v1/reversals", reversal(handed["journal_id"]))
    back = carbon.door.decided(checker, waiting)

    stands = carbon.obligation()
    assert (stands["surrendered"], stands["due"]) == (0, 80)
    told = carbon.emitter.get(f"/v1/surrenders/{handed['surrender_id']}").json()
    assert told["reversed_by"] == back["reversal_id"]


def test_over_issued_certificates_are_revoked_by_two_persons(late: Market) -> None:
    """What the seller still has goes; what it sold is the plant's debt."""
    plant = late.plant()
    lot = late.lot(10, plant)
    late.seller.must("/v1/transfers", late.sale(8, lot))
    late.read(plant, 5_000, version=2)
    waiting = late.issuer.must("/v1/revocations", revocation(lot, cause="over_issuance"))
    gone = late.door.decided(colleague(late), waiting)

    assert (gone["revoked"], gone["debt_kwh"], gone["unit"]) == (2, 3_000, "MWh")
    assert runs(gone) == [(0, 2)]
    told = late.seller.get(f"/v1/revocations/{gone['revocation_id']}").json()
    assert (told["cause"], told["revoked"], told["debt_kwh"]) == ("over_issuance", 2, 3_000)
    assert runs(told) == [(0, 2)]
    assert late.seller.get("/v1/revocations").json()["items"][-1]["lot_id"] == lot["lot_id"]
    assert refusal(late.issuer.post("/v1/revocations", revocation(lot))) == (
        422,
        "not_with_first_holder",
    )
    other = late.lot(3)
    refused = late.issuer.post("/v1/revocations", revocation(other, cause="over_issuance"))
    assert refusal(refused) == (422, "not_over_issued")
    assert refusal(late.seller.post("/v1/revocations", revocation(other)))[0] == 403
    malformed = late.issuer.post("/v1/revocations", revocation(other, first_serial=0))
    assert malformed.status_code == 400


def test_a_party_objects_and_two_persons_of_the_issuer_decide(late: Market) -> None:
    """The objection tells its outcome, and a revocation may name it."""
    lot = late.lot(4)
    sold = late.seller.must("/v1/transfers", late.sale(1, lot))
    body = {
        "journal_id": sold["transfer_id"],
        "reason": "数量有误",
        "document_ids": [evidence(late.buyer)],
    }
    filed = late.buyer.must("/v1/objections", body)
    path = f"/v1/objections/{filed['objection_id']}"
    assert late.buyer.get(path).json()["outcome"] is None
    ruling = {"outcome": "upheld", "document_no": DOCUMENT_NO, "note": "核实"}
    waiting = [late.issuer.must(f"{path}/decide", ruling) for _ in range(2)]
    checker = colleague(late)
    late.door.decided(checker, waiting[0])

    second = checker.bare(f"/v1/approvals/{waiting[1]['approval_id']}/approve")
    assert refusal(second) == (409, "objection_decided")
    told = late.buyer.get(path).json()
    assert (told["outcome"], told["document_no"]) == ("upheld", DOCUMENT_NO)
    assert told["document_ids"] == body["document_ids"]
    assert [row["objection_id"] for row in late.buyer.get("/v1/objections").json()["items"]] == [
        filed["objection_id"]
    ]
    assert refusal(late.seller.get(path)) == (404, "not_found")
    assert refusal(late.buyer.post(f"{path}/decide", ruling))[0] == 403
    named = revocation(lot, quantity=1, objection_id=filed["objection_id"])
    gone = late.door.decided(checker, late.issuer.must("/v1/revocations", named))
    told = late.issuer.get(f"/v1/revocations/{gone['revocation_id']}").json()
    assert told["objection_id"] == filed["objection_id"]


def test_an_objection_is_for_parties_for_certificates_and_in_time(late: Market) -> None:
    """Three months after the result, its last day included; the issuer may object to any act."""
    lot = late.lot(4)
    province = late.door.person("province", late.door.party("province", province="15"))
    paper = {one.key: evidence(one) for one in (late.seller, province, late.issuer)}

    def objecting(one: As, journal: str) -> Any:
        body = {"journal_id": journal, "reason": "存疑", "document_ids": [paper[one.key]]}
        return one.post("/v1/objections", body)

    assert refusal(objecting(province, lot["issuance_id"])) == (422, "not_part_of_act")
    assert objecting(late.issuer, lot["issuance_id"]).status_code == 201
    assert refusal(objecting(late.seller, NOWHERE)) == (404, "not_found")
    reading = late.seller.get("/v1/meter-readings").json()["items"][-1]["journal_id"]
    assert refusal(objecting(late.seller, reading)) == (422, "not_objectionable")
    clock = late.door.registry.clock
    kept = clock.now
    try:
        clock.now = at("2026-04-30T15:59:59Z")
        assert objecting(late.seller, lot["issuance_id"]).status_code == 201
        clock.now = at("2026-04-30T16:00:00Z")
        late_one = objecting(late.seller, lot["issuance_id"])
    finally:
        clock.now = kept
    assert refusal(late_one) == (422, "objection_too_late")
    assert late_one.json()["facts"]["last_day"] == "2026-04-30"


def test_before_objections_are_regulated_there_are_none(market: Market) -> None:
    """The rules of January 2026 are not in force yet."""
    lot = market.lot(1)
    body = {
        "journal_id": lot["issuance_id"],
        "reason": "存疑",
        "document_ids": [evidence(market.seller)],
    }

    assert refusal(market.seller.post("/v1/objections", body)) == (422, "rule_not_in_force")


def test_an_owner_without_an_account_of_its_own_gets_certificates_with_its_agent(
    late: Market,
) -> None:
    """They are the agent's to see, for the owner; with an account of its own it gets them itself."""
    owner = late.door.person("generator")
    agent = late.door.person("enterprise", late.door.party("agent"))
    kept, late.seller = late.seller, owner
    try:
        plant = late.plant()
        account = late.door.account(agent.party, "agent", on_behalf_of=owner.party)
        lot = late.lot(3, plant)
        held = agent.get(f"/v1/accounts/{account}/parcels").json()["items"]
        assert [(row["lot_id"], row["count"]) for row in held] == [(lot["lot_id"], 3)]
        own = late.door.account(owner.party, "generator")
        late.lot(4, plant, month="2025-11")
        assert owner.get(f"/v1/accounts/{own}/parcels").json()["items"][0]["count"] == 4
    finally:
        late.seller = kept


def test_who_recorded_energy_by_hand_does_not_issue_for_it(late: Market) -> None:
    """A second person of the issuer does; a grid's push needs none."""
    plant = late.plant()
    late.read(plant, 3_000, source="estimate")
    pushed = late.read(plant, 2_000, "2025-11", source="exchange")
    body = {"reading_ids": [pushed]}
    told = late.issuer.post("/v1/issuances", body).json()

    assert [row["code"] for row in told["results"]] == ["recorder_may_not_issue"]
    other = colleague(late).must("/v1/issuances", body)
    assert other["certificates"] == 5
