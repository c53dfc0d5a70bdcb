"""Laws of carry-over for any story of trades and requests: out is in, and never above what may be carried.

Three emitters trade old vintages in 2025 and after, take trades back, and ask in 2026; what each may
carry is worked out a second time here, from the story alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.doctor import examine
from ledger.log.canonical import canonical
from ledger.model.command import Actor
from schemas.identifiers import IdPrefix, decode_id
from settlement.carried.carrying import CarryOrder, carry
from settlement.desk import Decision, Reader
from tests.auditor.both import found_in
from tests.auditor.life import Life, read
from tests.carbon import given_at
from tests.databases import Clones
from tests.http.carrying import INTO, OLD, Holder, Registered, registered_at
from tests.http.doors import Json
from tests.http.market import refusal
from tests.machines.claims import CLAIMS
from tests.registry import NAME, code_of, rows
from tests.settlement.mill import two_persons

VINTAGES: Final = (2023, OLD)
GIVEN: Final = 60_000
TRADING: Final = 40_000
WHO: Final = st.integers(0, 2)
TONNES: Final = st.integers(1, 30_000)
TRADES: Final = st.lists(
    st.tuples(WHO, WHO, st.sampled_from(VINTAGES), TONNES, st.booleans()), max_size=8
)
REQUESTS: Final = st.lists(
    st.tuples(WHO, st.sampled_from(VINTAGES), TONNES, st.sampled_from(("approve", "reject", ""))),
    min_size=1,
    max_size=8,
)


@dataclass(slots=True)
class Emitter:
    """What one emitter has and did, as the story tells it."""

    holder: Holder
    trading: str
    tradable: Counter[int]
    kept: Counter[int]
    sold: int = 0
    bought: int = 0
    carried: int = 0
    waiting: list[tuple[Json, int]] = field(default_factory=list)
    most: int = 0

    @property
    def left(self) -> int:
        """Tell what may still be asked for."""
        return self.most - self.carried - sum(units for _, units in self.waiting)


@dataclass(slots=True)
class Story:
    """A registry and three emitters with the same to begin with."""

    carried: Registered
    emitters: list[Emitter]

    def trade(self, seller: int, buyer: int, vintage: int, wanted: int, *, back: bool) -> None:
        """Sell, if there is anything to sell; take it back again, if so told."""
        one, other = self.emitters[seller], self.emitters[buyer]
        quantity = min(wanted, one.tradable[vintage])
        if seller == buyer or not quantity:
            return
        body: Json = {
            "from_account": one.trading,
            "to_account": other.trading,
            "quantity": quantity,
        }
        body |= {"instrument": f"CEA-{vintage}", "mode": "listing", "price_fen_per_unit": 7_000}
        told = one.holder.emitter.must("/v1/transfers", body)
        if back:
            self._take_back(told["transfer_id"])
            return
        one.tradable[vintage] -= quantity
        other.tradable[vintage] += quantity
        one.sold += quantity
        other.bought += quantity

    def _take_back(self, transfer: str) -> None:
        door = self.carried.door
        body = {"journal_id": transfer, "reason": "重复", "document_no": "撤销-1"}
        waiting = door.operator.must("/v1/reversals", body)
        door.decided(door.person("operator"), waiting)

    def end_of_2025(self) -> None:
        """Work out what everybody may carry; what is sold from now on changes nothing of it."""
        for one in self.emitters:
            held = sum(one.tradable.values()) + sum(one.kept.values())
            net = max(0, one.sold - one.bought)
            one.most = min(held, floor(10_000 + Fraction(3, 2) * net))

    def bring_home(self) -> None:
        """Move what is left to trade to where it is handed in from."""
        for one in self.emitters:
            for vintage in VINTAGES:
                if quantity := one.tradable[vintage]:
                    body: Json = {"from_account": one.trading, "to_account": one.holder.account}
                    body |= {"vintage": vintage, "quantity": quantity}
                    one.holder.emitter.must("/v1/allowances/moves", body)
                    one.kept[vintage] += quantity
            one.tradable.clear()

    def request(self, who: int, vintage: int, quantity: int, verb: str) -> None:
        """Ask, and have it decided, or let it wait; what is refused is so by the first rule it breaks."""
        one = self.emitters[who]
        asked = one.holder.ask(quantity, vintage)
        if quantity > one.left:
            assert refusal(asked) == (422, "carry_over_above_limit")
        elif quantity > one.kept[vintage]:
            assert refusal(asked) == (422, "units_short")
        else:
            assert asked.status_code == 202, asked.text
            self._decide(one, vintage, quantity, asked.json(), verb)

    def _decide(self, one: Emitter, vintage: int, quantity: int, waiting: Json, verb: str) -> None:
        if not verb:
            one.waiting.append((waiting, quantity))
        elif verb == "approve":
            assert one.holder.decide(waiting).status_code == 201
            one.carried += quantity
        else:
            assert one.holder.decide(waiting, verb).status_code == 200
        if verb != "reject":
            one.kept[vintage] -= quantity

    def check(self) -> None:
        """Compare the registry with the story."""
        for one in self.emitters:
            told = one.holder.limit()
            assert (told["sold"], told["bought"], told["t_max"]) == (one.sold, one.bought, one.most)
            assert (told["carried"], told["left"]) == (one.carried, one.left)
            assert one.holder.holds().get(f"CEA-{INTO}", 0) == one.carried <= one.most


@contextmanager
def story_at(clones: Clones) -> Iterator[Story]:
    """Open a registry in December 2025; three emitters have old allowances, most of them to trade."""
    with clones.fresh() as urls:
        with registered_at(urls, "2025-12-28T04:00:00Z") as carried:
            office = carried.door.person("province", carried.province)
            yield Story(carried, [_emitter(carried, office) for _ in range(3)])
        assert examine(urls.owner, NAME) == []
        with TemporaryDirectory() as home:
            _audit(read(urls, Path(home)))
        for name, claim in CLAIMS.items():
            if name.startswith("INV-13"):
                assert rows(urls.owner, claim.replace("%", "%%")) == [], name


def _audit(life: Life) -> None:
    """Let both verifiers work it out from the records, and find what an insider would make of a figure."""
    assert found_in(life) is None
    records = [json.loads(raw) for raw in life.records]
    for index, record in enumerate(records):
        if record["kind"] == "cea.carry_over":
            for changed in _otherwise(record):
                told = [*life.records[:index], canonical(changed), *life.records[index + 1 :]]
                assert found_in(life.but(told)) == ("holdings_mismatch", index)
            return


def _otherwise(record: Json) -> Iterator[Json]:
    """Tell other figures from which the same limit follows: only the records before know better."""
    body = record["body"]
    traded = {name: str(int(body[name]) + 1) for name in ("sold", "bought")}
    yield {**record, "body": body | traded}
    if int(body["holdings"]) > int(body["t_max"]):
        yield {**record, "body": body | {"holdings": str(int(body["holdings"]) + 1)}}


def _emitter(carried: Registered, office: Any) -> Emitter:
    holder = carried.holder()
    trading = carried.door.account(holder.emitter.party, "cea_trading")
    for vintage in VINTAGES:
        pool = {"province_account": carried.pool}
        given_at(carried.door, office, holder.account, vintage, GIVEN, "final", **pool)
        body: Json = {"from_account": holder.account, "to_account": trading, "vintage": vintage}
        holder.emitter.must("/v1/allowances/moves", body | {"quantity": TRADING})
    tradable, kept = (dict.fromkeys(VINTAGES, n) for n in (TRADING, GIVEN - TRADING))
    return Emitter(holder, trading, Counter(tradable), Counter(kept))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRADES, TRADES, REQUESTS)
def test_out_is_in_and_never_above_the_limit(
    clones: Clones, early: list[Any], late: list[Any], requests: list[Any]
) -> None:
    """Whatever was traded before the record day counts, whatever was after it does not."""
    with story_at(clones) as story:
        for *trade, back in early:
            story.trade(*trade, back=back)
        story.carried.when("2025-12-31T15:59:59Z")
        for *trade, back in late[:2]:  # in the last second of the window
            story.trade(*trade, back=back)
        story.end_of_2025()
        story.carried.when("2025-12-31T16:00:00Z")
        counted = [(one.sold, one.bought) for one in story.emitters]
        for *trade, back in late[2:]:
            story.trade(*trade, back=back)
        for one, before in zip(story.emitters, counted, strict=True):
            one.sold, one.bought = before
        story.bring_home()
        for request in requests:
            story.request(*request)
        story.check()


def test_what_was_pending_was_not_held_and_what_was_taken_back_not_sold(clones: Clones) -> None:
    """On the record day, whatever became of it later; auditors count as the registry does."""
    with story_at(clones) as story:
        one = story.emitters[0].holder
        story.trade(0, 1, OLD, 20_000, back=False)
        story.trade(0, 1, OLD, 5_000, back=True)
        gone = {"account": one.account, "vintage": OLD, "quantity": 1_000, "reason": "no use"}
        story.carried.when("2025-12-31T15:00:00Z")
        waiting = one.emitter.must("/v1/allowances/cancellations", gone)
        story.carried.when("2026-01-01T04:00:00Z")
        colleague = one.door.person("emitter", one.emitter.party)
        answer = colleague.bare(f"/v1/approvals/{waiting['approval_id']}/reject")
        assert answer.status_code == 200
        done = one.carry(2_000)

        assert (done["holdings"], done["sold"], done["bought"]) == (99_000, 20_000, 0)
        assert done["t_max"] == 40_000


def test_what_comes_while_a_carry_over_is_decided_makes_it_be_decided_again(
    clones: Clones,
) -> None:
    """Old allowances come in between the look and the posting: the record tells of them, too."""
    with story_at(clones) as story:
        story.carried.when("2026-02-10T04:00:00Z")
        one, registry = story.emitters[0].holder, story.carried.door.registry
        account = decode_id(IdPrefix.ACCOUNT, one.account)
        assert account is not None
        order, looks = CarryOrder(account, INTO, OLD, 500, "doc"), list[int]()

        def decide(read: Reader, actor: Actor) -> Decision:
            decision = carry(read, actor, order)
            looks.append(int(str(decision.result["holdings"])))
            if len(looks) == 1:
                story.carried.bring_in(one, OLD, 7_000)
            return decision

        assert code_of(two_persons(registry, decide)) is None
        assert looks == [2 * GIVEN, 2 * GIVEN + 7_000]


@pytest.mark.parametrize("together", [2, 6])
def test_requests_in_a_race_do_not_pass_the_limit_together(clones: Clones, together: int) -> None:
    """Of each vintage some at once, each fits alone, and decided at once as well: one is done."""
    with story_at(clones) as story:
        story.carried.when("2026-02-10T04:00:00Z")
        story.bring_home()
        one = story.emitters[0].holder
        asked = _at_once([(one, VINTAGES[n % 2]) for n in range(together)])
        waiting = [answer.json() for answer in asked if answer.status_code == 202]
        people = [story.carried.door.person("operator") for _ in waiting]
        pairs = zip(people, waiting, strict=True)
        decided = _threads(
            [
                lambda p=person, w=w: p.bare(f"/v1/approvals/{w['approval_id']}/approve")
                for person, w in pairs
            ]
        )
        done = [answer for answer in decided if answer.status_code == 201]

        assert all(answer.status_code in {202, 422} for answer in asked)
        assert one.limit()["carried"] == 6_000 * len(done) <= one.limit()["t_max"] == 10_000
        assert one.holds()[f"CEA-{INTO}"] == 6_000


def _at_once(asks: list[tuple[Holder, int]]) -> list[Any]:
    return _threads([lambda h=holder, v=vintage: h.ask(6_000, v) for holder, vintage in asks])


def _threads(calls: list[Any]) -> list[Any]:
    found: list[Any] = [None] * len(calls)
    gate = Barrier(len(calls))

    def run(n: int) -> None:
        gate.wait()
        found[n] = calls[n]()

    threads = [Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
