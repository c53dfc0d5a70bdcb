"""Statements of budgets worked out again from records alone: byte for byte what the registry keeps."""

from __future__ import annotations

import json

import pytest

from ledger.log import independent
from ledger.log.replay import Replay
from ledger.log.replay_filed import Filed
from ledger.log.replay_state import State
from schemas.identifiers import IdPrefix, encode_id
from tests.auditor.life import Life, read
from tests.auditor.year import kept, lived
from tests.databases import Clones
from tests.settlement.mill import opened_world

Kept = dict[tuple[str, int], bytes]


@pytest.fixture(scope="module")
def year(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, Kept]:
    """Live the year once; give its records, and the statements as they are kept."""
    with clones.fresh() as urls:
        with opened_world(urls.app) as world:
            lived(world)
        statements = {
            (encode_id(IdPrefix.FOSSIL_BUDGET, number), n): raw
            for (number, n), raw in kept(urls.owner).items()
        }
        return read(urls, tmp_path_factory.mktemp("evidence")), statements


def independently(life: Life, wanted: frozenset[str] = frozenset()) -> independent.Filed:
    """Audit a life with the second verifier; keep the statements of some budgets."""
    records = [independent.read_record(raw, n) for n, raw in enumerate(life.records)]
    leaves = [independent.leaf_hash(raw) for raw in life.records]
    requests = independent.Requests(life.home)
    auditor = independent.Auditor(records, leaves, life.rulebooks, requests)
    auditor.filed.wanted = wanted
    auditor.audit()
    return auditor.filed


def replayed(life: Life) -> Filed:
    """Replay a life with the first verifier."""
    replay = Replay(State(), life.rulebooks, life.records.__getitem__)
    replay.feed_all(enumerate(life.records))
    replay.finish()
    return replay.state.filed


def test_every_statement_is_what_the_records_come_to(year: tuple[Life, Kept]) -> None:
    """Byte for byte, for every unit, mode, reopening and kind of input."""
    life, statements = year
    filed = independently(life, frozenset(name for name, _ in statements))
    for place, raw in statements.items():
        assert json.loads(filed.kept[place][0]) == json.loads(raw)
        assert filed.kept[place] == (raw, True)
    assert filed.kept.keys() == statements.keys()
    assert independently(life).equal == replayed(life).equal == len(statements) >= 14
