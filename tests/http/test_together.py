"""Many at the doors at once: looked up and decided together, and each answered as if alone."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.dependencies import Running
from api.problems import Problem
from ledger.database import Urls
from schemas.identifiers import IdPrefix, decode_id
from tests.crashes.trouble import held_rows, wait_for_a_waiter
from tests.http.doors import Door
from tests.http.market import Market
from tests.races.books import check_books


def test_each_of_a_group_gets_its_own_answer(fair: Market, urls: Urls) -> None:
    """While the first is held up: sales, one too large, one from another's account, a key twice."""
    generator = decode_id(IdPrefix.ACCOUNT, fair.generator)
    assert generator is not None
    waiting = fair.door.registry.desk.writer._waiting
    sales = [fair.sale(1)] * 6
    odd = [fair.sale(10_000), fair.sale(1, from_account=fair.user)]
    with ThreadPoolExecutor(12) as pool:
        with held_rows(urls.owner, generator):
            first = pool.submit(fair.seller.post, "/v1/transfers", fair.sale(1))
            wait_for_a_waiter(urls.owner)
            told = [
                pool.submit(fair.seller.post, "/v1/transfers", body, idem=f"group {n}")
                for n, body in enumerate([*sales, *odd])
            ]
            pair = [
                pool.submit(fair.seller.post, "/v1/transfers", fair.sale(2), idem="pair")
                for _ in range(2)
            ]
            while waiting.qsize() < len(told):  # one is refused before, and a twin waits its turn
                time.sleep(0.01)
        assert first.result().status_code == 201
        answers = [one.result() for one in told]
        twins = [one.result() for one in pair]

    assert [one.status_code for one in answers] == [201] * 6 + [422, 404]
    assert [one.json()["code"] for one in answers[6:]] == ["units_short", "not_found"]
    assert len({one.json()["transfer_id"] for one in answers[:6]}) == 6
    assert [one.status_code for one in twins] == [201, 201]
    assert len({one.content for one in twins}) == 1
    assert ["idempotency-replayed" in one.headers for one in twins].count(True) == 1
    check_books(urls.owner)


def test_what_was_not_found_may_be_asked_again_under_its_key(fair: Market) -> None:
    """A 404 is stored nowhere, wherever it was found."""
    foreign = fair.seller.post(
        "/v1/transfers", fair.sale(1, from_account=fair.user), idem="corrected"
    )
    again = fair.seller.post("/v1/transfers", fair.sale(1), idem="corrected")

    assert (foreign.status_code, again.status_code) == (404, 201)


def test_a_revoked_key_opens_nothing_however_many_come_with_it(door: Door) -> None:
    """From the moment the revocation was answered, under load; others are let in all the while."""
    doomed, calm = door.person("operator"), door.person("operator")
    found = door.operator.get("/v1/clients").json()["items"]
    client = next(item["client_id"] for item in found if item["person"] == doomed.person)

    def ask(_: int) -> tuple[float, int, int]:
        begun = time.monotonic()
        return (
            begun,
            doomed.get("/v1/parties").status_code,
            calm.get("/v1/parties").status_code,
        )

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, number) for number in range(120)]
        while sum(one.done() for one in asking) < 20:
            time.sleep(0.005)
        assert door.operator.bare(f"/v1/clients/{client}/revoke").status_code == 201
        revoked = time.monotonic()
        told = [one.result() for one in asking]

    assert {status for _, _, status in told} == {200}
    late = [status for begun, status, _ in told if begun > revoked]
    assert late
    assert set(late) == {401}


def test_whoever_waits_for_a_key_in_the_loop_takes_turns_with_threads() -> None:
    """One line for both; who gives up or is cancelled leaves it, and loses no turn for others."""
    running = Running(wait_seconds=0.2)

    async def hold(name: str, held: list[str]) -> None:
        async with running.turn_in_loop(1, "k"):
            held.append(name)

    async def stand() -> list[str]:
        held: list[str] = []
        with running.turn(1, "k"):
            gone = asyncio.create_task(hold("gone", held))
            late = asyncio.create_task(hold("late", held))
            await asyncio.sleep(0.01)
            gone.cancel()
            with pytest.raises(Problem) as told:
                await late
            assert told.value.code == "idempotency_key_running"
            next_one = asyncio.create_task(hold("next", held))
            await asyncio.sleep(0.01)
        await next_one
        return held

    assert asyncio.run(stand()) == ["next"]
    assert not running._busy


def test_a_turn_that_comes_when_its_waiter_is_cancelled_goes_to_the_next() -> None:
    """Handed over and cancelled in the same step of the loop."""
    running = Running(wait_seconds=5)

    async def hold(held: list[str]) -> None:
        async with running.turn_in_loop(1, "k"):
            held.append("held")

    async def stand() -> list[str]:
        held: list[str] = []
        with running.turn(1, "k"):
            waiting = [asyncio.create_task(hold(held)) for _ in range(2)]
            await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return held

    assert asyncio.run(stand())
    assert not running._busy
