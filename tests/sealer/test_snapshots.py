"""A day's snapshot: taken once, told by the log, and what is proved by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.database import Urls
from ledger.log.canonical import canonical
from ledger.log.faults import LogFault
from ledger.log.intervals import Interval, read_interval
from ledger.log.policy import Policy, parse_policy
from ledger.log.replay_faults import ReplayFault
from ledger.log.replay_state import CONTRA
from ledger.log.snapshot import NoSnapshot, NotOneState, Part, Summary
from ledger.log.snapshot_audit import audit_snapshots
from ledger.log.snapshot_proof import parse_serial_proof, verify_serials
from ledger.sealer.recovery import NotPublished
from ledger.sealer.snapshots import Snapshots, Taken
from ledger.settings import Settings
from schemas.identifiers import IdPrefix, encode_id
from tests.auditor.both import found as by_both
from tests.auditor.bundles import POLICY as BUNDLE_POLICY
from tests.auditor.bundles import bundled
from tests.auditor.life import lived, read
from tests.registry import NAME, Clock, rows
from tests.sealer.logs import ORIGIN, SIGNER, seal_all

ZEROS = "00" * 32
LIES: list[tuple[str, Any]] = [
    ("tree_size", "7"),
    ("tree_size", "9999999"),
    ("tree_root", ZEROS),
    ("serials", {"count": "0", "root": ZEROS}),
    ("accounts", {"count": "1", "root": ZEROS}),
]
COUNT = "SELECT count(*) FROM journal"
POLICY: Policy = parse_policy(f"log {SIGNER.vkey}\nquorum none\n".encode())


@pytest.fixture
def snapshots(database: Urls, tmp_path: Path) -> Snapshots:
    """Lend the snapshots of a registry that has lived, its log published below `tmp_path`."""
    lived(database, tmp_path / "evidence")
    seal_all(database, tmp_path)
    settings = Settings(registry=NAME, data_dir=tmp_path, log_origin=ORIGIN)
    [(latest,)] = rows(database.owner, "SELECT max(at) FROM journal")
    return Snapshots(database, settings, [SIGNER.vkey], Clock(latest + timedelta(days=1)))


def leaves_of(snapshots: Snapshots, taken: Taken, name: str) -> list[Interval]:
    """Read the leaves that a snapshot left as a file."""
    path = snapshots.settings.snapshots_path / f"{taken.tree_size}.{name}.jsonl"
    return [read_interval(line) for line in path.read_bytes().splitlines()]


def facts_of(leaf: Interval) -> dict[str, Any]:
    """Read what a leaf says."""
    facts: dict[str, Any] = orjson.loads(leaf.raw)
    return facts


@pytest.mark.slow
def test_a_snapshot_is_what_the_database_has(snapshots: Snapshots) -> None:
    """Though it was made of the published log alone: balances of accounts, and units by holder."""
    taken = snapshots.take()
    told = {
        (facts["account"], row["instrument"]): (row["posted"], row["held"])
        for facts in map(facts_of, leaves_of(snapshots, taken, "accounts"))
        for row in facts["balances"]
        if facts["account"] not in CONTRA.values()
    }
    names = dict(rows(snapshots.urls.owner, "SELECT id, code FROM instrument"))
    kept = rows(snapshots.urls.owner, "SELECT account, instrument, posted, held FROM balance")
    held = sum(
        int(facts["count"])
        for facts in map(facts_of, leaves_of(snapshots, taken, "serials"))
        if facts["state"] in {"held", "on_hold"}
    )

    has = {
        (encode_id(IdPrefix.ACCOUNT, account), names[instrument]): (str(posted), str(on_hold))
        for account, instrument, posted, on_hold in kept
    }
    assert {key: told.get(key, ("0", "0")) for key in has} == has
    assert told.keys() <= has.keys()
    assert held == sum(row[2] for row in kept if names[row[1]] == "GEC")


@pytest.mark.slow
def test_a_day_has_one_snapshot(snapshots: Snapshots) -> None:
    """Asked again it tells of the same one; the next day's is another, of what is published then."""
    first, again = snapshots.take(), snapshots.take()
    size = seal_all(snapshots.urls, snapshots.settings.data_dir)
    still = snapshots.take()
    later = replace(snapshots, clock=Clock(snapshots.clock() + timedelta(days=1))).take()

    assert first == again == still
    assert (later.day - first.day, later.tree_size) == (timedelta(days=1), size)
    assert later.journal != first.journal


@pytest.mark.slow
def test_serials_are_proved_to_whoever_has_the_logs_key(snapshots: Snapshots) -> None:
    """Every leaf; and the record says of which tree, and that its leaves are those."""
    taken = snapshots.take()
    with pytest.raises(
        NotPublished, match="leaves"
    ):  # of the one the life tells of, made elsewhere
        snapshots.prove("lot", 1, 1)
    seal_all(snapshots.urls, snapshots.settings.data_dir)
    serials = leaves_of(snapshots, taken, "serials")
    for leaf in serials:
        raw = bytes(snapshots.prove(facts_of(leaf)["lot"], leaf.first, leaf.past - leaf.first))
        proved = verify_serials(parse_serial_proof(raw), leaf, POLICY)
        assert proved.leaf == leaf
        assert proved.summary.serials == Part.of(serials)

    last = serials[-1]
    with pytest.raises(NotOneState):
        snapshots.prove(facts_of(last)["lot"], last.first, last.past - last.first + 1)


@pytest.mark.slow
def test_no_byte_of_a_proof_may_be_another(snapshots: Snapshots) -> None:
    """Nor may it be asked about other serials."""
    taken = snapshots.take()
    seal_all(snapshots.urls, snapshots.settings.data_dir)
    leaf = leaves_of(snapshots, taken, "serials")[1]
    lot, count = facts_of(leaf)["lot"], leaf.past - leaf.first
    raw = bytes(snapshots.prove(lot, leaf.first, count))
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(LogFault):
            verify_serials(parse_serial_proof(changed), leaf, POLICY)

    with pytest.raises(NotOneState):
        verify_serials(parse_serial_proof(raw), replace(leaf, past=leaf.past + 1), POLICY)
    with pytest.raises(NotOneState):
        verify_serials(parse_serial_proof(raw), replace(leaf, series="another"), POLICY)


@pytest.mark.slow
def test_what_is_published_otherwise_is_told_nothing_of(snapshots: Snapshots) -> None:
    """No checkpoint, another's signature, an entry of another tree: no act is posted."""
    before = rows(snapshots.urls.owner, COUNT)
    strange = replace(snapshots, keys=())
    away = replace(snapshots, settings=Settings(registry=NAME, data_dir=Path("/nonexistent")))
    for other in (strange, away):
        with pytest.raises(NotPublished):
            other.take()

    assert rows(snapshots.urls.owner, COUNT) == before


def test_another_acts_record_is_no_snapshot(database: Urls, tmp_path: Path) -> None:
    """Though it is in the log."""
    record = lived(database, tmp_path).records[0]
    with pytest.raises(NoSnapshot):
        Summary.read(record)


@pytest.mark.slow
def test_an_auditor_makes_snapshots_again(snapshots: Snapshots, tmp_path: Path) -> None:
    """The registry's own is sound; one of another tree, or of other roots, is named by its index."""
    taken = snapshots.take()
    seal_all(snapshots.urls, tmp_path)
    life = read(snapshots.urls, tmp_path / "again")
    told = len(life.records) - 1
    record = orjson.loads(life.records[told])
    honest = bundled(life, tmp_path / "honest")
    found = audit_snapshots(honest, BUNDLE_POLICY)
    assert [(each.at, each.summary.tree_size) for each in found.snapshots[-1:]] == [
        (told, taken.tree_size)
    ]
    assert by_both(honest) is None

    for number, (place, value) in enumerate(LIES):
        body = record["body"] | {place: value}
        lied = canonical(record | {"body": body})
        bundle = bundled(life.but([*life.records[:told], lied]), tmp_path / f"lie{number}")
        with pytest.raises(ReplayFault) as caught:
            audit_snapshots(bundle, BUNDLE_POLICY)
        assert caught.value.index == told
        assert by_both(bundle) == (caught.value.code, told)
