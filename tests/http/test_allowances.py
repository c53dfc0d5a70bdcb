"""Allowances through the doors: opened, allocated, traded, surrendered; the duty told from postings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.database import Urls
from schemas.identifiers import IdPrefix, encode_id
from tests.carbon import created_at, entitled_at
from tests.databases import Clones
from tests.http.doors import As, Door, Json, door_at
from tests.http.market import at, refusal
from tests.http.signing import HeldKey, SigningParty, figures_signed
from tests.http.test_paging import walk

YEAR = 2025
NOWHERE = encode_id(IdPrefix.ACCOUNT, 2**40)


@dataclass(slots=True)
class Carbon:
    """A province, an emitter in it, a verifier, and a regulator."""

    door: Door
    regulator: As
    province: As
    emitter: As
    pool: str
    account: str
    verifier: str
    key: HeldKey
    owner: str  # the database, with its owner's rights

    def allocate(self, quantity: int, **changes: Any) -> Any:
        """Allocate to the emitter, within what is approved for it."""
        account = changes.get("account", self.account)
        if account != NOWHERE:
            entitled_at(self.door, account, changes.get("vintage", YEAR), quantity)
        body = {
            "account": self.account,
            "vintage": YEAR,
            "quantity": quantity,
            "stage": "auction",
            "document_no": "环办〔2026〕1号",
        }
        return self.province.post("/v1/allowances/allocations", body | changes)

    def move_to_trading(self, quantity: int) -> str:
        """Open the emitter's trading account and move allowances there."""
        trading = self.door.account(self.emitter.party, "cea_trading")
        body = {"from_account": self.account, "to_account": trading, "vintage": YEAR}
        self.emitter.must("/v1/allowances/moves", {**body, "quantity": quantity})
        return trading

    def verify(self, tco2e: int, **changes: Any) -> Any:
        """Have the emitter's emissions verified, and signed as the next version."""
        body = self.unsigned(tco2e)
        signed = {"key_id": self.key.key_id, "signature": self.signature(body | changes)}
        return self.province.post("/v1/verified-emissions", body | signed | changes)

    def unsigned(self, tco2e: int) -> Json:
        """Write verified emissions that nobody signed yet."""
        return {
            "party_id": self.emitter.party,
            "compliance_year": YEAR,
            "tco2e": tco2e,
            "verifier_id": self.verifier,
            "document_no": "核查-1",
        }

    def signature(self, body: Json) -> str:
        """Have the verifier sign what a body says, as the next version."""
        return figures_signed(self.door.operator, self.key, body)

    def surrender(self, quantity: int, vintage: int = YEAR, **changes: Any) -> Any:
        """Hand allowances in."""
        body = {
            "account": self.account,
            "compliance_year": YEAR,
            "allowances": [{"vintage": vintage, "quantity": quantity}],
        }
        return self.emitter.post("/v1/surrenders", body | changes)

    def obligation(self) -> Json:
        """Tell where the emitter stands."""
        answer = self.emitter.get(f"/v1/obligations/{self.emitter.party}/{YEAR}")
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told


@pytest.fixture
def carbon(database: Urls) -> Iterator[Carbon]:
    """Give one test a registry with a million allowances of 2025 in a province's account."""
    with carbon_at(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_carbon(clones: Clones) -> Iterator[Carbon]:
    """Give the tests that are refused anyway one such registry."""
    with clones.fresh() as urls, carbon_at(urls) as opened:
        yield opened


@contextmanager
def carbon_at(urls: Urls) -> Iterator[Carbon]:
    """Open a registry on a migrated database in August 2026, and make the units."""
    with door_at(urls.app) as door:
        door.registry.clock.now = at("2026-08-01T04:00:00Z")
        door.adopt_shipped()
        province, emitter = door.person("province"), door.person("emitter")
        pool = door.account(province.party, "province")
        account = door.account(emitter.party, "cea_registry")
        regulator = door.person("regulator")
        told = created_at(door, regulator, pool, YEAR, 1_000_000)
        made = (told["instrument"], told["unit"], told["quantity"])
        assert made == ("CEA-2025", "tCO2e", 1_000_000)
        verifier = door.person("verifier")
        key = SigningParty(verifier).registered()
        found = (door, regulator, province, emitter, pool, account, verifier.party, key)
        yield Carbon(*found, urls.owner)


def test_allocations_come_in_stages(carbon: Carbon) -> None:
    """Out of the province's account, named or not; both sides see them. No other stage than approved."""
    first = carbon.allocate(600_000)
    assert refusal(carbon.allocate(400_000, stage="true_up")) == (422, "stage_not_approved")
    carbon.allocate(400_000, province_account=carbon.pool)
    told = first.json()
    assert (first.status_code, told["quantity"], told["unit"]) == (201, 600_000, "tCO2e")
    assert told["province_account"] == carbon.pool
    kept = carbon.emitter.get(f"/v1/allowances/allocations/{told['allocation_id']}").json()
    assert (kept["stage"], kept["quantity"], kept["vintage"]) == ("auction", 600_000, YEAR)
    listed = walk(carbon.province, "/v1/allowances/allocations", 1, account=carbon.account)
    assert [row["quantity"] for row in listed] == [600_000, 400_000]


def test_emissions_verified_are_due(carbon: Carbon) -> None:
    """In versions: the last one counts, and the room for CCER goes with it."""
    assert carbon.obligation()["status"] == "NOT_VERIFIED"
    assert refusal(carbon.surrender(1)) == (422, "duty_missing")

    assert carbon.verify(900_000).json()["version"] == 1
    assert carbon.verify(900_007).json()["version"] == 2
    last = carbon.emitter.get(f"/v1/verified-emissions/{carbon.emitter.party}/{YEAR}").json()
    assert (last["version"], last["tco2e"], last["unit"]) == (2, 900_007, "tCO2e")
    assert [row["tco2e"] for row in walk(carbon.emitter, "/v1/verified-emissions", 1)] == [
        900_000,
        900_007,
    ]
    standing = carbon.obligation()
    assert (standing["due"], standing["ccer_room"], standing["status"]) == (900_007, 45_000, "DUE")
    assert (standing["deadline"], standing["ccer_share"]) == ("2026-12-31", "0.05")


def test_a_duty_is_met_in_parts(carbon: Carbon) -> None:
    """Complied when nothing is due, and never more than is due."""
    carbon.allocate(1_000_000)
    carbon.verify(900_007)
    assert refusal(carbon.surrender(900_008)) == (422, "surrender_above_duty")
    part = carbon.surrender(900_006).json()
    assert (part["surrendered"], part["due_left"], part["unit"]) == (900_006, 1, "tCO2e")
    assert carbon.obligation()["status"] == "DUE"
    rest = carbon.surrender(1).json()
    standing = carbon.obligation()
    assert (standing["surrendered"], standing["due"], standing["status"]) == (
        900_007,
        0,
        "COMPLIED",
    )
    told = carbon.emitter.get(f"/v1/surrenders/{rest['surrender_id']}").json()
    assert (told["surrendered"], told["compliance_year"]) == (1, YEAR)
    assert [row["surrendered"] for row in walk(carbon.emitter, "/v1/surrenders", 1)] == [900_006, 1]


def test_vintages_are_opened_and_told(carbon: Carbon) -> None:
    """Anyone may see which are open; units of one that is not cannot be allocated."""
    carbon.regulator.must("/v1/allowances/vintages", {"vintage": 2026, "document_no": "x"})
    told = carbon.emitter.get("/v1/allowances/vintages").json()["items"]

    assert [row["vintage"] for row in told] == [2025, 2026]
    assert carbon.emitter.get("/v1/allowances/vintages/2026").json() == told[1]
    for year in ("2031", "1999", "x", "9" * 30):
        answer = carbon.emitter.get(f"/v1/allowances/vintages/{year}")
        assert refusal(answer) == (404, "not_found")
    assert refusal(carbon.allocate(1, vintage=2031)) == (422, "instrument_unknown")
    assert refusal(carbon.allocate(1, vintage=2026)) == (422, "units_short")


def test_no_one_person_makes_allowances(carbon: Carbon) -> None:
    """They wait for a second regulator, and nothing is there before; a vintage alone waits for nobody."""
    body = {"vintage": 2026, "document_no": "x", "province_account": carbon.pool, "quantity": 7}
    asked = carbon.regulator.post("/v1/allowances/vintages", body)
    waiting = asked.json()
    address = f"/v1/approvals/{waiting['approval_id']}/approve"

    assert (asked.status_code, waiting["state"]) == (202, "pending")
    assert refusal(carbon.regulator.bare(address)) == (422, "maker_is_checker")
    assert refusal(carbon.allocate(1, vintage=2026)) == (422, "instrument_unknown")
    checker = carbon.door.person("regulator", carbon.regulator.party)
    told = carbon.door.decided(checker, waiting)
    assert (told["quantity"], told["province_account"]) == (7, carbon.pool)
    assert refusal(carbon.allocate(8, vintage=2026)) == (422, "units_short")
    assert carbon.allocate(7, vintage=2026).status_code == 201


def test_vintages_of_the_wrong_year_discharge_nothing(carbon: Carbon) -> None:
    """2023 may not clear 2025."""
    created_at(carbon.door, carbon.regulator, carbon.pool, 2023, 10)
    carbon.allocate(10, vintage=2023)
    carbon.verify(10)

    assert refusal(carbon.surrender(10, 2023)) == (422, "vintage_not_usable")


def test_allowances_are_traded_like_anything_else(carbon: Carbon) -> None:
    """At a price, for whole tonnes; a vintage nobody opened is refused."""
    carbon.allocate(100)
    seller = carbon.move_to_trading(100)
    other = carbon.door.person("emitter")
    receiver = carbon.door.account(other.party, "cea_trading")
    body = {
        "from_account": seller,
        "to_account": receiver,
        "instrument": "CEA-2025",
        "quantity": 40,
        "mode": "bilateral",
        "price_fen_per_unit": 6_236,
    }
    told = carbon.emitter.must("/v1/transfers", body)
    unopened = carbon.emitter.post("/v1/transfers", {**body, "instrument": "CEA-2031"})

    assert (told["unit"], told["quantity"], told["serials"]) == ("tCO2e", 40, [])
    assert unopened.status_code == 422, unopened.text
    batch = {"mode": "atomic", "transfers": [body, {**body, "quantity": 10}]}
    results = carbon.emitter.must("/v1/transfers/batch", batch)["results"]
    assert results[0]["journal_id"] != results[1]["journal_id"]
    balance = other.get(f"/v1/accounts/{receiver}/balances").json()["items"]
    assert [(row["instrument"], row["posted"]) for row in balance] == [("CEA-2025", 90)]


def test_a_verifier_is_registered_as_one(carbon: Carbon) -> None:
    """Nobody verifies itself."""
    answer = carbon.verify(1, verifier_id=carbon.emitter.party)

    assert refusal(answer) == (422, "verifier_unfit")
    missing = encode_id(IdPrefix.PARTY, 2**40)
    assert refusal(carbon.verify(1, verifier_id=missing)) == (404, "not_found")


def test_a_dry_run_allocates_and_surrenders_nothing(carbon: Carbon) -> None:
    """It tells what would be, and names no record."""
    carbon.allocate(10)
    carbon.verify(10)
    body = {
        "account": carbon.account,
        "compliance_year": YEAR,
        "allowances": [{"vintage": YEAR, "quantity": 10}],
    }
    told = carbon.emitter.must("/v1/surrenders", body, dry_run="true")

    assert (told["dry_run"], told["surrender_id"], told["due_left"]) == (True, None, 0)
    assert carbon.obligation()["due"] == 10


def test_what_is_anothers_and_what_is_not_there_look_the_same(carbon: Carbon) -> None:
    """Accounts, parties, allocations, surrenders, and those of another province."""
    carbon.allocate(10)
    carbon.verify(10)
    done = carbon.surrender(10).json()
    stranger = carbon.door.person("emitter")
    away = carbon.door.person("province", carbon.door.party("province", province="11"))
    carbon.door.account(away.party, "province")
    home, carbon.province = carbon.province, away
    asked = (carbon.allocate(1), carbon.allocate(1, account=NOWHERE), carbon.verify(1))
    carbon.province = home
    assert [refusal(answer) for answer in asked] == [(404, "not_found")] * 3
    assert asked[0].json() == asked[1].json()
    assert refusal(carbon.allocate(1, province_account=NOWHERE)) == (404, "not_found")
    home_party, carbon.emitter = carbon.emitter, stranger
    theirs = (carbon.surrender(1), carbon.surrender(1, account=NOWHERE))
    carbon.emitter = home_party
    assert theirs[0].json() == theirs[1].json()
    for path in (
        f"/v1/surrenders/{done['surrender_id']}",
        f"/v1/obligations/{carbon.emitter.party}/{YEAR}",
        f"/v1/obligations/{encode_id(IdPrefix.PARTY, 2**40)}/{YEAR}",
        f"/v1/obligations/{stranger.party}/1999",
        f"/v1/verified-emissions/{carbon.emitter.party}/{YEAR}",
    ):
        assert refusal(stranger.get(path)) == (404, "not_found"), path
    for path in ("/v1/surrenders", "/v1/verified-emissions", "/v1/allowances/allocations"):
        assert walk(stranger, path, 5) == []


@pytest.mark.parametrize("role", ["emitter", "province", "issuer", "exchange"])
def test_only_the_regulator_opens_a_vintage(shared_carbon: Carbon, role: str) -> None:
    """And only a province allocates, only an emitter surrenders."""
    person = shared_carbon.door.person(role)
    body = {"vintage": 2026, "document_no": "x"}

    assert refusal(person.post("/v1/allowances/vintages", body)) == (403, "forbidden")
    assert refusal(shared_carbon.regulator.post("/v1/allowances/allocations", {})) == (
        403,
        "forbidden",
    )
    assert refusal(shared_carbon.regulator.post("/v1/surrenders", {})) == (403, "forbidden")


@pytest.mark.parametrize(
    ("path", "changes", "pointer"),
    [
        ("vintages", {"vintage": 1999}, "/vintage"),
        ("vintages", {"quantity": 5}, ""),
        ("vintages", {"vintage": "2026"}, "/vintage"),
        ("allocations", {"quantity": 0}, "/quantity"),
        ("allocations", {"stage": "late"}, "/stage"),
        ("allocations", {"document_no": " "}, "/document_no"),
        ("emissions", {"tco2e": -1}, "/tco2e"),
        ("emissions", {"compliance_year": 2100}, "/compliance_year"),
        ("surrenders", {"allowances": []}, "/allowances"),
        ("surrenders", {"allowances": [{"vintage": 2025, "quantity": 0}]}, None),
        ("surrenders", {"ccer": []}, "/ccer"),
        ("surrenders", {"ccer": [{"project": " ", "quantity": 1}]}, "/ccer/0/project"),
        ("emissions", {"key_id": None}, ""),
    ],
)
def test_a_field_that_cannot_be_is_named(
    shared_carbon: Carbon, path: str, changes: Json, pointer: str | None
) -> None:
    """Nothing of it is stored."""
    match path:
        case "vintages":
            base = {"vintage": 2026, "document_no": "x"}
            answer = shared_carbon.regulator.post("/v1/allowances/vintages", base | changes)
        case "allocations":
            answer = shared_carbon.allocate(**({"quantity": 1} | changes))
        case "emissions":
            answer = shared_carbon.verify(**({"tco2e": 1} | changes))
        case _:
            answer = shared_carbon.surrender(1, **changes)

    assert refusal(answer) == (400, "validation_failed")
    assert pointer in (None, answer.json()["errors"][0]["pointer"])
