"""Statements of budgets as laws: whatever is reported, offered and capped, two programs write one text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from ledger.log import independent
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from ledger.rulebooks import shipped
from schemas.identifiers import IdPrefix, encode_id
from tests.auditor.year import kept
from tests.databases import Clones
from tests.registry import code_of, rows
from tests.settlement.mill import Mill, World, opened_world

PROVINCES: Final = {"11": "0.25", "31": "0.123456789", "44": "0", "15": "0.999999999"}
TABLED: Final = ("raw_coal", "diesel", "lignite", "natural_gas", "cog", "coal_tar", "naphtha")
QUANTITIES: Final = st.decimals(0, 300_000, places=3)
SHARES: Final = st.decimals(0, 1, places=3)
PURPOSES: Final = ("fossil_budget", "rps", "minimum_share", "voluntary")


@st.composite
def fuels(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a line that can be: nothing leaves that did not come in."""
    name = draw(st.sampled_from(TABLED))
    gas = name in {"natural_gas", "cog"}
    unit = draw(st.sampled_from(("m3", "万m3", None) if gas else ("t", "kg", "万t", None)))
    came = {flow: draw(QUANTITIES) for flow in ("purchased", "stock_open", "produced")}
    left, told = sum(came.values(), Decimal(0)), dict[str, Decimal]()
    for flow in ("stock_close", "sold", "lost", "feedstock"):
        told[flow] = (left * draw(SHARES)).quantize(Decimal("0.001"), "ROUND_FLOOR")
        left -= told[flow]
    back = (told["feedstock"] * draw(SHARES)).quantize(Decimal("0.001"), "ROUND_FLOOR")
    line = came | told | {"feedstock_sold_as_fuel": back}
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    extra |= {"feedstock_product": "olefin"} if told["feedstock"] else {}
    if draw(st.booleans()):
        extra["heat_value_kj_per_unit"] = f"{draw(st.decimals(1, 50_000, places=3)):f}"
    return {"fuel": name, **{flow: f"{amount:f}" for flow, amount in line.items()}, **extra}


@st.composite
def reports(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a report: few fuels, electricity about as large as what is retired, heat."""
    kwh = st.integers(0, 400_000)
    told = draw(st.lists(fuels(), max_size=3, unique_by=lambda line: line["fuel"]))
    offtake = draw(st.integers(100_000, 600_000))
    return {
        "fuels": told,
        "electricity": {
            "grid_offtake_kwh": offtake,
            "physical_kwh": draw(kwh),
            "other_traded_kwh": draw(st.integers(0, offtake - 100_000)),
            "storage_charge_kwh": draw(st.sampled_from((0, 1, 77_777))),
        },
        "heat": {"purchased_mj": f"{draw(QUANTITIES):f}", "fossil_share": f"{draw(SHARES):f}"},
    }


@st.composite
def lives(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what a unit does in its year."""
    counts = st.integers(1, 150)
    return {
        "province": draw(st.sampled_from([*PROVINCES])),
        "budget": draw(st.integers(0, 10**12)),
        "mode": draw(st.sampled_from(("net", "gross"))),
        "report": draw(reports()),
        "physical": draw(st.integers(0, 400_000)),
        "bought": draw(st.lists(st.tuples(st.sampled_from(("11", "31")), counts), max_size=2)),
        "assigned": draw(st.integers(0, 60)),
        "green": draw(st.lists(st.integers(1, 40), max_size=2)),
        "retired": draw(
            st.lists(st.tuples(st.integers(1, 90), st.sampled_from(PURPOSES)), max_size=3)
        ),
    }


class Two:
    """A registry that closes years, and an auditor who follows it."""

    def __init__(self, world: World, url: str) -> None:
        """Begin to follow."""
        self.world, self.url, self.records = world, url, list[bytes]()
        rulebooks = {sha256(raw).hexdigest(): raw for raw in shipped()}
        self.auditor = independent.Auditor([], [], rulebooks, _requests())
        for province, k in PROVINCES.items():
            world.factor("k", k, province)
        for number, (province, certificates) in enumerate((("31", 300), ("44", 40), ("44", 25))):
            way = "out_of_province" if number == 2 else "in_province"
            assert code_of(world.cap(certificates, way, province)) is None

    def follow(self, *budgets: str) -> None:
        """Audit what was posted since."""
        self.auditor.filed.wanted |= set(budgets)
        query = "SELECT body FROM journal ORDER BY seq OFFSET %s"
        for (body,) in rows(self.url, query, len(self.records)):
            raw, index = bytes(body), len(self.records)
            self.records.append(raw)
            self.auditor.records.append(independent.read_record(raw, index))
            self.auditor.leaves.append(independent.leaf_hash(raw))
            self.auditor.take_next(index)


def _requests() -> independent.Requests:
    return independent.Requests(Path())


@pytest.fixture(scope="module")
def two(clones: Clones) -> Iterator[Two]:
    """Open a registry; at the end the first verifier sees the whole of it."""
    with clones.fresh() as urls, opened_world(urls.app) as world:
        found = Two(world, urls.owner)
        yield found
        replay = Replay(State(), found.auditor.rulebooks, found.records.__getitem__)
        replay.feed_all(enumerate(found.records))
        assert replay.state.filed.equal == found.auditor.filed.equal == len(kept(urls.owner))


def lived(world: World, life: dict[str, Any]) -> Mill:
    """Live a year, and close it."""
    mill = world.mill(province=life["province"])
    assert code_of(mill.set(life["budget"], life["mode"])) is None
    charged = code_of(mill.charge(life["report"]))
    assume(charged != "fossil_direct_below_zero")  # more fuel leaves than comes in
    assert charged is None
    traded = life["report"]["electricity"]["other_traded_kwh"]
    assert code_of(mill.confirm(traded=traded, physical=life["physical"])) is None
    for province, count in life["bought"]:
        world.move(mill, world.lot(count, province=province), count)
    if life["assigned"]:
        world.move(mill, world.lot(life["assigned"], "hydro"), life["assigned"], "hydro_assignment")
    for count in life["green"]:
        world.move(mill, world.lot(count), count, "green_power")
    held = sum(count for _, count in life["bought"]) + life["assigned"] + sum(life["green"])
    for count, purpose in life["retired"]:
        if count <= held:
            held -= count
            assert code_of(mill.offer(mill.retire(count, purpose=purpose))) is None
    answer = mill.close()
    assert code_of(answer) is None, answer
    return mill


@settings(
    max_examples=20, phases=[Phase.generate]
)  # a year to shrink would be lived again for minutes
@given(life=lives())
def test_the_statement_of_any_year_is_what_its_records_come_to(
    two: Two, life: dict[str, Any]
) -> None:
    """Any fuels, units and heat values, both modes, caps met or not, with or without green power."""
    mill = lived(two.world, life)
    name = encode_id(IdPrefix.FOSSIL_BUDGET, mill.budget)
    two.follow(name)

    written, equal = two.auditor.filed.kept[name, 1]
    [(raw,)] = rows(two.url, "SELECT bytes FROM budget_statement WHERE budget = %s", mill.budget)
    assert json.loads(written) == json.loads(raw)
    assert (written, equal) == (bytes(raw), True)
