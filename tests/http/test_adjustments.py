"""Allowances after allocation: moved, returned, reduced, kept in custody, given up, passed on."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.doctor import examine
from tests.http.doors import As, Json
from tests.http.market import at, refusal
from tests.http.test_allowances import YEAR, Carbon
from tests.http.test_allowances import carbon as carbon  # noqa: PLC0414 - a fixture
from tests.http.test_paging import walk
from tests.registry import NAME


def balances(who: As, account: str) -> dict[str, int]:
    """Tell what an account has, by instrument."""
    items = who.get(f"/v1/accounts/{account}/balances").json()["items"]
    return {row["instrument"]: row["posted"] for row in items if row["posted"]}


def sound(carbon: Carbon) -> bool:
    """Ask doctor."""
    return not examine(carbon.owner, NAME)


def reduction(carbon: Carbon, quantity: int, cause: str = "fraud") -> Json:
    """Decide a reduction by two regulators."""
    body = {
        "account": carbon.account,
        "quantity": quantity,
        "cause": cause,
        "document_no": "核减-1",
    }
    checker = carbon.door.person("regulator", carbon.regulator.party)
    waiting = carbon.regulator.must("/v1/allowances/reductions", body)
    return carbon.door.decided(checker, waiting)


def giving_back(carbon: Carbon, quantity: int, **changes: Any) -> Any:
    """Return over-allocation."""
    body = {
        "account": carbon.account,
        "vintage": YEAR,
        "quantity": quantity,
        "stage": "true_up",
        "document_no": "退-1",
    }
    return carbon.emitter.post("/v1/allowances/returns", body | changes)


def test_allowances_move_between_own_accounts_only(carbon: Carbon) -> None:
    """To trade and back, and never to somebody else's."""
    carbon.allocate(100)
    trading = carbon.move_to_trading(60)
    stranger = carbon.door.account(carbon.door.party("emitter"), "cea_trading")
    body = {"from_account": trading, "to_account": carbon.account, "vintage": YEAR, "quantity": 10}
    back = carbon.emitter.must("/v1/allowances/moves", body)
    away = carbon.emitter.post("/v1/allowances/moves", {**body, "to_account": stranger})
    issuer = carbon.door.person("issuer")
    others = [who.post("/v1/allowances/moves", body) for who in (carbon.province, issuer)]

    assert [refusal(answer) for answer in (away, *others)] == [(404, "not_found")] * 3
    assert balances(carbon.emitter, trading) == {"CEA-2025": 50}
    told = carbon.emitter.get(f"/v1/allowances/moves/{back['move_id']}").json()
    assert (told["quantity"], told["to_account"], told["unit"]) == (10, carbon.account, "tCO2e")
    assert [row["quantity"] for row in walk(carbon.emitter, "/v1/allowances/moves", 1)] == [60, 10]
    assert sound(carbon)


def test_what_lies_in_a_registry_account_is_not_traded(carbon: Carbon) -> None:
    """And what lies in a trading account is not handed in."""
    carbon.allocate(100)
    trading = carbon.move_to_trading(100)
    carbon.verify(100)
    body = {"account": trading, "compliance_year": YEAR}
    asked = {**body, "allowances": [{"vintage": YEAR, "quantity": 1}]}

    assert refusal(carbon.emitter.post("/v1/surrenders", asked)) == (422, "movement_not_allowed")


def test_over_allocation_goes_back_to_where_it_came_from(carbon: Carbon) -> None:
    """All of it where it is there."""
    carbon.allocate(100)
    told = giving_back(carbon, 30).json()

    assert (told["returned"], told["debt"], told["province_account"]) == (30, 0, carbon.pool)
    assert balances(carbon.emitter, carbon.account) == {"CEA-2025": 70}
    kept = carbon.province.get(f"/v1/allowances/returns/{told['return_id']}").json()
    assert (kept["quantity"], kept["stage"]) == (30, "true_up")
    assert [r["returned"] for r in walk(carbon.province, "/v1/allowances/returns", 1)] == [30]
    assert sound(carbon)


def test_what_is_lacking_becomes_a_debt_that_allocations_keep_back(carbon: Carbon) -> None:
    """多退少补: owed units are kept back from the next allocations until nothing is owed."""
    carbon.allocate(130)
    carbon.move_to_trading(30)
    told = giving_back(carbon, 130).json()
    assert (told["returned"], told["debt"]) == (100, 30)
    first = carbon.allocate(20).json()
    second = carbon.allocate(50).json()

    assert (first["quantity"], first["kept_back"], first["debt_left"]) == (20, 20, 10)
    assert (second["kept_back"], second["debt_left"]) == (10, 0)
    assert balances(carbon.emitter, carbon.account) == {"CEA-2025": 40}
    listed = walk(carbon.emitter, "/v1/allowances/allocations", 1)
    assert [row["kept_back"] for row in listed] == [0, 20, 10]
    assert sound(carbon)


def test_a_return_needs_a_province(carbon: Carbon) -> None:
    """The one that allocated, or one that is named: all of it was kept back, so no account gave."""
    reduction(carbon, 10)
    carbon.allocate(10)
    assert refusal(giving_back(carbon, 1)) == (422, "return_without_province")
    told = giving_back(carbon, 1, province_account=carbon.pool).json()
    assert (told["returned"], told["debt"], told["unkept"]) == (0, 0, 1)


def test_no_more_is_returned_than_was_allocated(carbon: Carbon) -> None:
    """Nor anything by a province's clerk, who took an emitter's allowances before."""
    carbon.allocate(10)
    above = giving_back(carbon, 11)
    carbon.emitter, emitter = carbon.province, carbon.emitter

    assert refusal(above) == (422, "return_above_allocated")
    assert refusal(giving_back(carbon, 1)) == (403, "forbidden")
    assert balances(emitter, carbon.account) == {"CEA-2025": 10}


def test_a_reduction_is_carried_until_it_is_kept_back(carbon: Carbon) -> None:
    """The plan's example up to its first stage: 70,000 owed, 50,000 kept back, 20,000 left."""
    told = reduction(carbon, 70_000)
    assert (told["quantity"], told["debt_left"], told["unit"]) == (70_000, 70_000, "tCO2e")
    allocated = carbon.allocate(50_000).json()

    assert (allocated["kept_back"], allocated["debt_left"]) == (50_000, 20_000)
    assert balances(carbon.emitter, carbon.account) == {}
    kept = carbon.emitter.get(f"/v1/allowances/reductions/{told['reduction_id']}").json()
    assert (kept["cause"], kept["document_no"]) == ("fraud", "核减-1")
    assert len(walk(carbon.regulator, "/v1/allowances/reductions", 1)) == 1
    assert sound(carbon)


@pytest.mark.parametrize(
    ("day", "code"),
    [("2026-08-14T15:59:59Z", None), ("2026-08-14T16:00:00Z", "reduction_barred")],
)
def test_reductions_for_not_surrendering_ended_with_the_amended_law(
    carbon: Carbon, day: str, code: str | None
) -> None:
    """On 2026-08-15 as the registry counts days, in Beijing."""

    carbon.door.registry.clock.now = at(day)
    body = {"account": carbon.account, "quantity": 1, "cause": "non_surrender", "document_no": "x"}
    answer = carbon.regulator.post("/v1/allowances/reductions", body)

    assert (answer.status_code, answer.json().get("code")) == (422 if code else 202, code)


def test_a_province_keeps_allowances_for_an_emitter_and_hands_them_in(carbon: Carbon) -> None:
    """Differentiated allocation: out of custody to the duty, and the remainder to the emitter."""
    party = carbon.province.party
    custody = carbon.door.account(party, "province_custody", on_behalf_of=carbon.emitter.party)
    carbon.allocate(1_200, account=custody)
    carbon.verify(1_000)
    handed = {
        "account": custody,
        "compliance_year": YEAR,
        "allowances": [{"vintage": YEAR, "quantity": 1_000}],
    }
    told = carbon.province.must("/v1/surrenders", handed)
    assert (told["surrendered"], told["due_left"]) == (1_000, 0)
    release = {
        "custody_account": custody,
        "account": carbon.account,
        "vintage": YEAR,
        "quantity": 200,
        "document_no": "释放-1",
    }
    strange = carbon.door.account(carbon.door.party("emitter"), "cea_registry")
    elsewhere = carbon.province.post("/v1/allowances/releases", {**release, "account": strange})
    freed = carbon.province.must("/v1/allowances/releases", release)

    assert refusal(elsewhere) == (422, "not_in_custody_for")
    assert carbon.obligation()["status"] == "COMPLIED"
    assert balances(carbon.emitter, carbon.account) == {"CEA-2025": 200}
    told = carbon.province.get(f"/v1/allowances/releases/{freed['release_id']}").json()
    assert told["quantity"] == 200
    assert len(walk(carbon.province, "/v1/allowances/releases", 1)) == 1
    assert sound(carbon)


def test_a_province_hands_in_nothing_of_the_emitters_own(carbon: Carbon) -> None:
    """It sees the account, and that is all."""
    carbon.allocate(10)
    carbon.verify(10)
    body = {
        "account": carbon.account,
        "compliance_year": YEAR,
        "allowances": [{"vintage": YEAR, "quantity": 10}],
    }

    assert refusal(carbon.province.post("/v1/surrenders", body)) == (403, "forbidden")


def test_allowances_given_up_are_gone_for_good(carbon: Carbon) -> None:
    """Two persons of the holder; held meanwhile."""
    carbon.allocate(10)
    checker = carbon.door.person("emitter", carbon.emitter.party)
    body = {"account": carbon.account, "vintage": YEAR, "quantity": 4, "reason": "自愿\n减排"}
    waiting = carbon.emitter.must("/v1/allowances/cancellations", {**body, "public": True})
    assert refusal(giving_back(carbon, 7)) != (422, "units_short")
    told = carbon.door.decided(checker, waiting)

    assert (told["quantity"], told["reason"], told["public"]) == (4, "自愿\n减排", True)
    assert balances(carbon.emitter, carbon.account) == {}
    kept = carbon.emitter.get(f"/v1/allowances/cancellations/{told['cancellation_id']}").json()
    assert (kept["reason"], kept["quantity"]) == ("自愿\n减排", 4)
    assert len(walk(carbon.emitter, "/v1/allowances/cancellations", 1)) == 1
    assert sound(carbon)


def test_a_merger_passes_units_and_duties_on(carbon: Carbon) -> None:
    """Everything to accounts of the same class; the successor's duty is met like its own."""
    carbon.allocate(100)
    trading = carbon.move_to_trading(40)
    carbon.verify(60)
    successor = carbon.door.person("emitter")
    body = {
        "from_party": carbon.emitter.party,
        "to_party": successor.party,
        "document_no": "合并-1",
    }
    checker = carbon.door.person("regulator", carbon.regulator.party)
    told = carbon.door.decided(checker, carbon.regulator.must("/v1/successions", body))
    assert sorted((p["instrument"], p["quantity"]) for p in told["passed"]) == [
        ("CCER-ROOM-2025", 3),
        ("CEA-2025", 40),
        ("CEA-2025", 60),
        ("DUE-CEA-2025", 60),
    ]
    assert balances(carbon.emitter, trading) == {}
    registry = next(p["to_account"] for p in told["passed"] if p["account"] == carbon.account)
    check_taken_over(carbon, successor, registry)
    again = carbon.regulator.post("/v1/successions", body)
    assert refusal(again) == (422, "nothing_to_pass")
    kept = successor.get(f"/v1/successions/{told['succession_id']}").json()
    assert kept["passed"] == told["passed"]
    assert len(walk(carbon.regulator, "/v1/successions", 1)) == 1
    assert sound(carbon)


def check_taken_over(carbon: Carbon, successor: As, registry: str) -> None:
    """The duty is the successor's; who passed it on has none left."""
    path = f"/v1/obligations/{successor.party}/{YEAR}"
    standing = successor.get(path).json()
    assert (standing["status"], standing["taken_over"], standing["due"]) == ("DUE", 60, 60)
    handed = {
        "account": registry,
        "compliance_year": YEAR,
        "allowances": [{"vintage": YEAR, "quantity": 60}],
    }
    successor.must("/v1/surrenders", handed)
    assert successor.get(path).json()["status"] == "COMPLIED"
    assert carbon.obligation()["status"] == "COMPLIED"


def test_a_split_passes_parts(carbon: Carbon) -> None:
    """What is named, and no more than there is."""
    carbon.allocate(100)
    part = {"account": carbon.account, "instrument": "CEA-2025", "quantity": 30}
    successor = carbon.door.person("emitter")
    body = {
        "from_party": carbon.emitter.party,
        "to_party": successor.party,
        "document_no": "分立-1",
        "parts": [part],
    }
    other = {**body, "parts": [{**part, "instrument": "CEA-2026"}]}
    assert refusal(carbon.regulator.post("/v1/successions", other)) == (422, "nothing_to_pass")
    checker = carbon.door.person("regulator", carbon.regulator.party)
    carbon.door.decided(checker, carbon.regulator.must("/v1/successions", body))

    assert balances(carbon.emitter, carbon.account) == {"CEA-2025": 70}


def test_room_for_reductions_goes_with_its_duty(carbon: Carbon) -> None:
    """5 % of the part that passes, and no tonne more; with all of the duty all of it."""
    carbon.verify(1_000)
    accounts = carbon.regulator.get("/v1/accounts", party_id=carbon.emitter.party).json()["items"]
    [duty] = [one["account_id"] for one in accounts if one["class"] == "duty"]
    successor = carbon.door.party("emitter")

    def split(due: int, room: int) -> Any:
        named = {"DUE-CEA-2025": due, "CCER-ROOM-2025": room}
        parts = [{"account": duty, "instrument": k, "quantity": n} for k, n in named.items() if n]
        body = {"from_party": carbon.emitter.party, "to_party": successor, "document_no": "分立-1"}
        return carbon.regulator.post("/v1/successions", body | {"parts": parts})

    told = split(399, 20)
    assert refusal(told) == (422, "room_without_duty")
    assert told.json()["facts"] == {"compliance_year": YEAR, "asked": 20, "room": 19}
    assert refusal(split(0, 1)) == (422, "room_without_duty")
    assert carbon.obligation()["due"] == 1_000
    checker = carbon.door.person("regulator", carbon.regulator.party)
    carbon.door.decided(checker, split(400, 20).json())
    carbon.door.decided(checker, split(600, 30).json())
    assert (carbon.obligation()["due"], carbon.obligation()["ccer_room"]) == (0, 0)
    assert sound(carbon)


def test_nothing_passes_while_units_are_held(carbon: Carbon) -> None:
    """A hold would be left behind without its units."""
    carbon.allocate(10)
    body = {"account": carbon.account, "vintage": YEAR, "quantity": 4, "reason": "x"}
    carbon.emitter.must("/v1/allowances/cancellations", body)
    successor = carbon.door.party("emitter")
    asked = {"from_party": carbon.emitter.party, "to_party": successor, "document_no": "x"}

    assert refusal(carbon.regulator.post("/v1/successions", asked)) == (
        422,
        "succession_units_held",
    )
