"""A year closed on figures that are not those of the log: whoever has all keys cannot hide it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.log.canonical import canonical
from tests.auditor.both import found, found_in
from tests.auditor.bundles import bundled
from tests.auditor.forging import Forger, Record
from tests.auditor.life import Life, read
from tests.auditor.year import closed, kept, lived_once
from tests.databases import Clones
from tests.registry import code_of
from tests.settlement.mill import opened_world

Lie = Callable[[Forger], None]


@pytest.fixture(scope="module")
def once(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, bytes]:
    """Let one unit live a year in which every input counts; give its records and its statement."""
    with clones.fresh() as urls:
        with opened_world(urls.app) as world:
            lived_once(world)
        [raw] = kept(urls.owner).values()
        return read(urls, tmp_path_factory.mktemp("evidence")), raw


def closing(forger: Forger) -> Record:
    """Find the closing."""
    return forger.find("budget.close")


def restated(forger: Forger, event: str) -> Record:
    """Find the restatement that an event brought about."""
    found = [record for record in forger.records if record["kind"] == "budget.restate"]
    return next(record for record in found if record["body"]["event"] == event)


def _named(name: str, value: str) -> Lie:
    def lie(forger: Forger) -> None:
        closing(forger)["body"][name] = value

    return lie


def _first(kind: str, name: str, value: str, nth: int = 0) -> Lie:
    def lie(forger: Forger) -> None:
        forger.find(kind, nth)["body"][name] = value

    return lie


def _less_coal(forger: Forger) -> None:
    restated(forger, "consumption")["body"]["consumption"]["fuels"][0]["purchased"] = "999999"


def _less_heat(forger: Forger) -> None:
    restated(forger, "consumption")["body"]["consumption"]["heat"]["fossil_share"] = "0.5"


def _more_physical(forger: Forger) -> None:
    for one in forger.find("budget.confirm")["body"]["confirmed"]:
        one["kwh"] = str(int(one["kwh"]) - 1)


def _not_offered(forger: Forger) -> None:
    restated(forger, "offset")["body"]["retirement_ids"].pop()


def _open_law_is_not_told(forger: Forger) -> None:
    closing(forger)["body"]["open_points"].pop()


def _another_leaf(forger: Forger) -> None:
    forger.find("factor.set")["salt"] = "0" * 32


def _sold_as_green_power(forger: Forger) -> None:
    sale = forger.find("transfer.listing")
    sale["kind"] = "transfer.green_power"
    sale["body"]["mode"] = "green_power"
    sale["body"]["evidence"] = {"contract_no": "1", "settled_kwh": "500000"}


def _green_power_was_bought_as_certificates(forger: Forger) -> None:
    sale = forger.find("transfer.green_power")
    sale["kind"] = "transfer.bilateral"
    sale["body"]["mode"] = "bilateral"
    del sale["body"]["evidence"]


def _more_was_settled(forger: Forger) -> None:
    forger.find("transfer.green_power")["body"]["evidence"]["settled_kwh"] = "30001"


LIES: dict[str, Lie] = {
    "less coal was burnt": _less_coal,
    "less of the heat is fossil": _less_heat,
    "another energy was confirmed": _more_physical,
    "a retirement was not offered": _not_offered,
    "retired for somebody else": _first("gec.retire", "beneficiary_code", "91000000000000002N"),
    "retired for something else": _first("gec.retire", "purpose", "voluntary"),
    "the province's k is lower": _first("factor.set", "value", "0.2"),
    "decided on another document": _first("budget.set", "document_no", "doc 9", 1),
    "decided for another sector": _first("budget.set", "sector", "steel"),
    "the cap is of another document": _first("cap.set", "document_no", "doc 9"),
    "the unit is another": _first("party.register", "credit_code", "91000000000000002N", 1),
    "the status is better": _named("status", "MET_WITH_OFFSET"),
    "it is the second": _named("n", "2"),
    "it supersedes another": _named("supersedes", "0" * 64),
    "open law is not told": _open_law_is_not_told,
    "a record had another leaf": _another_leaf,
    "certificates were green power": _sold_as_green_power,
    "green power was certificates": _green_power_was_bought_as_certificates,
    "an input has another figure, which nobody counts": _more_was_settled,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_statement_that_rests_on_other_facts_is_found(once: tuple[Life, bytes], lie: Lie) -> None:
    """Whatever the insider wrote instead, the closing does not follow from it."""
    forger = Forger(once[0])
    lie(forger)

    assert found_in(forger.life()) == ("statement_mismatch", forger.index(closing(forger)))


def test_changed_figures_are_found_in_a_log_sealed_anew(
    once: tuple[Life, bytes], tmp_path: Path
) -> None:
    """The record names the digest of a document that says a gram less; every signature holds."""
    life, raw = once
    forger = Forger(life)
    body = closing(forger)["body"]
    assert body["statement_sha256"] == sha256(raw).hexdigest()
    better = raw.replace(b'"power_gce":"', b'"power_gce":"1', 1)
    body["statement_sha256"] = sha256(better).hexdigest()

    found_there = found(bundled(forger.life(), tmp_path))
    assert found_there == ("statement_mismatch", forger.index(closing(forger)))


@pytest.mark.parametrize(("meanwhile", "code"), [(True, None), (False, "statement_mismatch")])
def test_a_figure_may_be_unknown_to_a_closing_only_while_that_is_posted(
    once: tuple[Life, bytes], meanwhile: bool, code: str | None
) -> None:
    """Whoever decided read k before; minutes later nobody can have overlooked it."""
    forger = Forger(once[0])
    before, end = forger.find("factor.set"), closing(forger)
    new = forger.copied(before, version="2", value="0.9")
    new["at"] = end["at"] if meanwhile else before["at"]
    forger.records.remove(new)
    last = end["group"] if meanwhile else ""
    then = next(r for r in forger.records if r["id"] == last or (not last and r["at"] == end["at"]))
    forger.records.insert(forger.index(then), new)

    wanted = None if code is None else (code, forger.index(end))
    assert found_in(forger.life()) == wanted


def test_green_power_that_counts_cannot_be_left_out(clones: Clones, tmp_path: Path) -> None:
    """A closing that neither tells nor retires what the unit had leaves it to be claimed elsewhere."""
    with clones.fresh() as urls, opened_world(urls.app) as world:
        mill = world.mill()
        assert code_of(mill.set(0)) is None
        assert code_of(mill.charge({"electricity": {"grid_offtake_kwh": 90_000}})) is None
        lot = world.lot(30)
        closed(mill)
        world.move(mill, lot, 30, "green_power")
        forger = Forger(read(urls, tmp_path))
    end, late = closing(forger), forger.find("transfer.green_power")
    first = next(one for one in forger.records if one["id"] == end["group"])
    forger.records.remove(late)
    forger.records.insert(forger.index(first), late)

    assert found_in(forger.life()) == ("statement_mismatch", forger.index(end))


def test_green_power_must_leave_the_unit_with_the_closing(once: tuple[Life, bytes]) -> None:
    """A group that closes without retiring what it counted leaves it to be sold."""
    life, _ = once
    forger = Forger(life)
    end = closing(forger)
    group = [record for record in forger.records if record["group"] == end["group"]]
    kept_back = next(record for record in group if record["kind"] == "gec.retire")
    forger.records.remove(kept_back)
    for part, record in enumerate((one for one in group if one is not kept_back), 1):
        record |= {"part": part, "parts": len(group) - 1}
    if end["body"].get("retirement_ids"):
        del end["body"]["retirement_ids"]

    assert found_in(forger.life()) == ("statement_mismatch", forger.index(end))


def test_a_closing_of_before_statements_were_named_is_told_by_name(
    once: tuple[Life, bytes],
) -> None:
    """It is neither wrong nor passed over."""
    from tests.auditor.test_statements import independently, replayed

    forger = Forger(once[0])
    end = closing(forger)
    for name in ("statement_sha256", "n"):
        del end["body"][name]
    life = forger.life()

    told = [(end["body"]["budget_id"], forger.index(end))]
    assert found_in(life) is None
    assert replayed(life).untold == independently(life).untold == told
    assert (replayed(life).equal, independently(life).equal) == (0, 0)
    assert canonical(end) in life.records
