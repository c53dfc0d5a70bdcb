"""The worked examples of what is owed, exact, through the doors: V-8, V-12, V-13 and V-16."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from tests.carbon import created_at
from tests.http.carrying import INTO, OLD, Registered, registered_at
from tests.http.doors import Json
from tests.http.market import at, refusal
from tests.http.test_allowances import YEAR, Carbon
from tests.http.test_allowances import carbon as carbon  # noqa: PLC0414 - a fixture
from tests.http.test_ccer_imports import brought, reductions
from tests.http.test_market_quotes import body, sale
from tests.http.test_market_quotes import stall as stall  # noqa: PLC0414 - a fixture
from tests.http.test_standing import stands
from tests.registry import NAME

# V-8: carry-over to 2025


@pytest.fixture
def carried(database: Urls) -> Iterator[Registered]:
    """Open a registry of one's own; whatever was done in it, doctor finds nothing."""
    with registered_at(database) as opened:
        yield opened
        assert examine(database.owner, NAME) == []


V_8 = [
    (500_000, 180_000, 60_000, [2023, 2024], 190_000),
    (6_000, 10_000, 50_000, [2023, 2024], 6_000),
    (100_000, 12_345, 0, [2023, 2024], 28_517),
    (500_000, 180_000, 60_000, [2023], 0),
]


@pytest.mark.parametrize(("held", "sold", "bought", "on_time", "most"), V_8)
def test_the_limit_is_the_plan_s_to_the_tonne(
    carried: Registered, held: int, sold: int, bought: int, on_time: list[int], most: int
) -> None:
    """V-8, row by row; one tonne above is refused, and all of it is carried."""
    holder = carried.holder(held, sold=sold, bought=bought, on_time=on_time)
    told = holder.limit()

    assert (told["holdings"], told["sold"], told["bought"]) == (held, sold, bought)
    assert (told["t_max"], told["left"], told["net_sold"]) == (most, most, max(0, sold - bought))
    if most == 0:
        assert refusal(holder.ask(1)) == (422, "carry_over_not_on_time")
        return
    assert refusal(holder.ask(most + 1)) == (422, "carry_over_above_limit")
    done = holder.carry(most)
    assert (done["t_max"], done["left"], done["quantity"]) == (most, 0, most)
    left = {f"CEA-{OLD}": held - most} if held > most else {}
    assert holder.holds() == {f"CEA-{INTO}": most} | left


def test_several_requests_share_one_limit(carried: Registered) -> None:
    """V-8, first row: 100,000 and 90,000 go, one more does not."""
    holder = carried.holder(500_000, sold=180_000, bought=60_000)
    first = holder.ask(100_000)
    assert (first.status_code, first.json()["left"], first.json()["batch"]) == (202, 90_000, 1)
    assert holder.limit()["waiting"] == 100_000
    second = holder.ask(90_000).json()
    assert refusal(holder.ask(1)) == (422, "carry_over_above_limit")
    assert holder.decide(first.json()).status_code == 201
    assert holder.decide(second, role="regulator").status_code == 201
    last = holder.ask(1)
    told = holder.limit()

    assert refusal(last) == (422, "carry_over_above_limit")
    assert last.json()["detail"] == "Asked 1, left 0 of 190000 t CO2e."
    assert (told["carried"], told["waiting"], told["left"]) == (190_000, 0, 0)
    assert holder.holds() == {"CEA-2024": 310_000, "CEA-2025": 190_000}
    listed = holder.emitter.get("/v1/carry-overs").json()["items"]
    assert [(row["quantity"], row["room_change"]) for row in listed] == [
        (100_000, 190_000),
        (90_000, 0),
    ]


def test_what_was_not_carried_clears_arrears_and_nothing_newer(carried: Registered) -> None:
    """V-8, first row: the 310,000 left serve 2024 once it is late, never 2025 or 2026."""
    holder = carried.holder(500_000, sold=180_000, bought=60_000)
    holder.carry(190_000)
    for year in (2024, 2025, 2026):
        carried.owes(holder, year, 310_000)

    for year in (2025, 2026):
        assert refusal(carried.surrender(holder, year, OLD, 1)) == (422, "vintage_not_usable")
    assert carried.surrender(holder, 2024, OLD, 310_000).status_code == 201
    assert carried.surrender(holder, 2025, INTO, 190_000).status_code == 201
    assert holder.holds() == {}


# V-12: surrender


def test_a_duty_met_but_for_one_tonne(carbon: Carbon) -> None:
    """V-12: 1,000,007 t due, 50,000 of them CCER at most; each attempt its own code, and nothing moved."""
    account = carbon.door.account(carbon.emitter.party, "ccer")
    carbon.allocate(1_000_000)
    created_at(carbon.door, carbon.regulator, carbon.pool, 2024, 10)
    created_at(carbon.door, carbon.regulator, carbon.pool, 2026, 10)
    carbon.allocate(10, vintage=2024)
    carbon.allocate(1, vintage=2026)
    assert carbon.verify(1_000_007).status_code == 201
    brought(carbon, 60_000, account)
    brought(carbon, 5, account, project="早", registered_on="2024-01-10")
    brought(carbon, 7, account, project="内", inside_ets=True)
    early = carbon.surrender(1, ccer=reductions(5, "早"))
    assert refusal(early) == (422, "ccer_registered_too_early")
    assert "2024-01-22" in early.json()["detail"]
    assert refusal(carbon.surrender(10, 2024)) == (422, "vintage_not_usable")
    assert refusal(carbon.surrender(1, ccer=reductions(7, "内"))) == (422, "ccer_inside_cap")
    assert refusal(carbon.surrender(1, ccer=reductions(1, "无"))) == (422, "ccer_units_unknown")
    most = reductions(50_000)
    assert refusal(carbon.surrender(950_006, ccer=reductions(50_001))) == (422, "ccer_room_short")
    assert refusal(carbon.surrender(950_008, ccer=most)) == (422, "surrender_above_duty")
    alone = carbon.surrender(1, allowances=[], ccer=reductions(60_001))
    assert refusal(alone) == (422, "units_short")
    before = carbon.obligation()
    assert (before["due"], before["ccer_room"], before["surrendered"]) == (1_000_007, 50_000, 0)
    check_one_tonne_short(carbon)


def check_one_tonne_short(carbon: Carbon) -> None:
    """950,006 allowances and 50,000 reductions do not comply; the 950,007th may be of 2026."""
    told = carbon.surrender(950_006, ccer=reductions(50_000)).json()
    assert (told["surrendered"], told["due_left"], told["on_behalf_of"]) == (1_000_006, 1, None)
    assert told["ccer"] == [{"instrument": "CCER-1", "quantity": 50_000}]
    kept = carbon.emitter.get(f"/v1/surrenders/{told['surrender_id']}").json()
    assert (kept["surrendered"], kept["ccer"]) == (1_000_006, told["ccer"])
    standing = carbon.obligation()
    assert (standing["due"], standing["status"], standing["ccer_room"]) == (1, "DUE", 0)
    assert standing["surrendered_ccer"] == 50_000
    certificate = f"/v1/obligations/{carbon.emitter.party}/{YEAR}/certificate"
    assert refusal(carbon.emitter.get(certificate)) == (409, "duty_not_met")
    carbon.door.registry.clock.now = at("2027-01-01T04:00:00Z")
    carbon.emitter = carbon.door.person("emitter", carbon.emitter.party)
    late = carbon.obligation()
    assert (late["status"], late["standing"], late["due"]) == ("ARREARS", "B", 1)
    assert carbon.surrender(1, 2026).json()["due_left"] == 0
    assert carbon.obligation()["status"] == "COMPLIED"


# V-13: what being short may cost


@pytest.mark.parametrize(
    ("year", "month", "regime", "deduction", "fines"),
    [
        (2024, "2025-11", "A", 10_000, []),
        (2025, "2026-11", "B", 0, [(100_000_000, 500_000_000)]),
    ],
)
def test_what_being_short_may_cost_is_told_by_the_deadline_missed(
    carbon: Carbon,
    year: int,
    month: str,
    regime: str,
    deduction: int,
    fines: list[tuple[int, int]],
) -> None:
    """V-13: 10,000 t short, 80 yuan on average: 4.0m to 8.0m yuan, a fine first by the new law."""
    clock = carbon.door.registry.clock
    carbon.verify(10_000, compliance_year=year)
    clock.now = max(clock.now, at(f"{year + 2}-01-05T04:00:00Z"))
    before = stands(carbon, year=year)["penalty"]
    assert (before["price_missing"], before["stages"][-1]["least_fen"]) == (True, None)
    assert before["price_month"] == month
    quotes: list[Json] = [{"close_fen": 8_000, "volume": 300, "turnover_fen": 2_400_000}]
    exchange = carbon.door.person("exchange")
    exchange.must("/v1/market-quotes", {"day": f"{month}-10", "quotes": quotes})
    told = stands(carbon, year=year)

    assert (told["status"], told["standing"], told["due"]) == ("ARREARS", "B", 10_000)
    assert told["deadline"] == f"{year + 1}-12-31"
    penalty = told["penalty"]
    assert (penalty["regime"], penalty["shortfall"]) == (regime, 10_000)
    assert (penalty["deduction"], penalty["price_fen_per_t"]) == (deduction, "8000.00")
    bounds = [(stage["least_fen"], stage["most_fen"]) for stage in penalty["stages"]]
    assert bounds == [*fines, (400_000_000, 800_000_000)]


# V-16: the price band


def test_yesterday_s_close_bounds_today_s_trades(stall: tuple[Carbon, str, str]) -> None:
    """V-16: a close of 62.36; 56.124 to 68.596 listed, 43.652 to 81.068 as a block."""
    carbon, trading, buyer = stall
    ask = carbon.emitter
    exchange = carbon.door.person("exchange")
    exchange.must("/v1/market-quotes", body("2026-07-31", (2025, 6236, 10, 62360)))

    def answer(quantity: int, price_fen: int, mode: str = "listing") -> tuple[int, str | None]:
        told = ask.post("/v1/transfers", sale(trading, buyer, quantity, price_fen, mode))
        return told.status_code, told.json().get("code")

    assert answer(1, 6859) == answer(1, 5613) == (201, None)
    assert answer(1, 6860) == answer(1, 6861) == answer(1, 5612) == (422, "price_outside_band")
    assert answer(100_000, 8106, "bilateral") == answer(100_000, 4366, "bilateral") == (201, None)
    for price_fen in (8107, 8108, 4365):
        assert answer(100_000, price_fen, "bilateral") == (422, "price_outside_band")
    assert answer(99_999, 6236) == (201, None)
    assert answer(100_000, 6236) == answer(99_999, 6236, "bilateral") == (422, "block_quantity")
    assert answer(5, 1, "auction") == (201, None)
    left = 900_000 - 2 - 200_000 - 99_999 - 5
    assert ask.get(f"/v1/accounts/{trading}/balances").json()["items"][0]["posted"] == left
    outside = ask.post("/v1/transfers", sale(trading, buyer, 1, 6861)).json()["facts"]
    assert (outside["least_fen"], outside["most_fen"], outside["close_fen"]) == (5613, 6859, 6236)
