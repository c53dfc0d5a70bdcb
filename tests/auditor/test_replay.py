"""What an auditor makes of records alone, and what no story can hide from it."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Urls
from ledger.kinds import KINDS
from ledger.log.faults import LogFault
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from ledger.log.replay_totals import Totals
from tests.auditor.life import Life, read
from tests.registry import NAME, opened, rows
from tests.store.test_doctor import tell_story


def replayed(life: Life) -> Totals:
    """Replay a life from its records."""
    replay = Replay(State(NAME), life.rulebooks, life.records.__getitem__)
    replay.feed_all(enumerate(life.records))
    return replay.finish()


def told(life: Life) -> list[dict[str, Any]]:
    """Read records as JSON."""
    return [json.loads(raw) for raw in life.records]


def test_the_life_has_every_kind_of_act(life: Life) -> None:
    """A new kind is lived before it is trusted: add it to `life.py`."""
    assert Counter(record["kind"] for record in told(life)).keys() == KINDS.keys()


def test_a_life_is_replayed_from_its_records_to_the_balances_of_the_database(
    database: Urls, tmp_path: Path
) -> None:
    """Two ways to the same figures: the engine's rows, and the auditor's sums."""
    with opened(database.app) as registry:
        tell_story(registry)
    totals = replayed(read(database, tmp_path))
    query = (
        "SELECT i.code, a.class, sum(b.posted)::bigint FROM balance AS b"
        " JOIN account AS a ON a.id = b.account JOIN instrument AS i ON i.id = b.instrument"
        " GROUP BY 1, 2"
    )
    for code, cls, posted in rows(database.owner, query):
        assert totals.by_place.get(code, {}).get(cls, 0) == posted


def test_nothing_comes_from_nowhere(life: Life) -> None:
    """Per instrument, all places together have nothing: what is held came out of a source."""
    totals = replayed(life)

    assert totals.records == len(life.records)
    for places in totals.by_place.values():
        assert sum(places.values()) == 0


@pytest.mark.parametrize("gone", ["party.register", "account.open", "plant.approve", "gec.issue",
                                  "hold.open", "rulebook.adopt", "cea.vintage", "cea.allocate",
                                  "transfer.bilateral", "approval.open"])  # fmt: skip
def test_a_record_dropped_is_missed(life: Life, gone: str) -> None:
    """Even by somebody who made all hashes and signatures anew."""
    dropped = next(n for n, record in enumerate(told(life)) if record["kind"] == gone)
    rest = life.records[:dropped] + life.records[dropped + 1 :]

    with pytest.raises(LogFault) as fault:
        replayed(life.but(rest))
    assert fault.value.index is not None
    assert fault.value.index >= dropped


def test_a_record_told_twice_is_seen(life: Life) -> None:
    """The second time, its number came before."""
    for n in (0, 40, len(life.records) - 1):
        doubled = (*life.records[: n + 1], life.records[n], *life.records[n + 1 :])
        with pytest.raises(LogFault) as fault:
            replayed(life.but(doubled))
        assert (fault.value.code, fault.value.index) == ("id_seen", n + 1)


def test_any_two_neighbours_that_touch_one_balance_keep_their_order(life: Life) -> None:
    """Swapping them breaks a version, or what the second rests on."""
    records = told(life)
    for n, (first, second) in enumerate(pairwise(records)):
        both = _touched(first) & _touched(second)
        if not both:
            continue
        swapped = list(life.records)
        swapped[n], swapped[n + 1] = swapped[n + 1], swapped[n]
        with pytest.raises(LogFault) as fault:
            replayed(life.but(tuple(swapped)))
        assert fault.value.index in {n, n + 1}


def _touched(record: dict[str, Any]) -> set[tuple[str, str]]:
    return {(told["account"], told["instrument"]) for told in record["touched"]}
