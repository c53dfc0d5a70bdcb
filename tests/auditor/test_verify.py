"""A bundle is verified with public keys alone, wholly or from where an earlier visit ended."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.log.bundle import MANIFEST, Beside, NothingPublished, export
from ledger.log.faults import LogFault
from ledger.log.policy import parse_policy
from ledger.log.saved import SavedStateDamaged, load, save
from ledger.log.tiles import in_folder
from ledger.log.verify import NotConsistent, Visit
from tests.auditor.bundles import POLICY_TEXT, bundled, checkpoint, quiet, visit
from tests.auditor.life import Life, read
from tests.auditor.test_replay import replayed
from tests.registry import opened
from tests.sealer.logs import ORIGIN, SIGNER, seal_all
from tests.store.test_doctor import tell_story

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bundle(life: Life, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export one bundle; nobody changes it."""
    return bundled(life, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_whole_life_is_verified(life: Life, bundle: Path, workers: int) -> None:
    """By one process or several, to the same totals as a replay of the records."""
    found = visit(bundle, workers).verify()

    assert found.checkpoint.checkpoint.size == len(life.records)
    assert found.totals == replayed(life)
    assert [name for name, _ in found.checkpoint.cosigned_at] == ["regulator", "exchange"]


def test_what_the_sealer_publishes_is_verified(database: Urls, tmp_path: Path) -> None:
    """End to end: acts, sealer, folder, bundle, auditor."""
    with opened(database.app) as registry:
        tell_story(registry)
    size = seal_all(database, tmp_path)
    life = read(database, tmp_path)
    export(in_folder(tmp_path / "log"), Beside(life.rulebooks), tmp_path / "bundle", quiet)
    policy = parse_policy(f"log {SIGNER.vkey}\nquorum none\n".encode())
    found = Visit(tmp_path / "bundle", policy, quiet).verify()

    assert found.checkpoint.checkpoint.origin == ORIGIN
    assert found.checkpoint.checkpoint.size == size == len(life.records)


@pytest.mark.parametrize("size", [1, 2, 3, 100, 140, 200, 255, 256, 257])
def test_an_auditor_goes_on_where_the_last_visit_ended(
    life: Life, bundle: Path, tmp_path: Path, size: int
) -> None:
    """What is saved is all that is needed; the next visit comes to what a whole one comes to."""
    early = bundled(life.but(life.records[:size]), tmp_path)
    save(tmp_path / "state", visit(early).verify().saved)
    found = visit(bundle).verify(load(tmp_path / "state"))

    assert found.first == size
    assert found.totals == replayed(life)


def test_a_log_that_was_rewritten_since_the_last_visit_is_not_the_same(
    life: Life, bundle: Path, tmp_path: Path
) -> None:
    """Even if all of the new one is well in itself."""
    early = bundled(life.but(life.records[:2]), tmp_path / "early")
    saved = visit(early).verify().saved
    other = life.but((life.records[1], *life.records[2:9]))
    with pytest.raises(LogFault) as fault:
        visit(bundled(other, tmp_path / "other")).verify(saved)
    assert fault.value.code in {"root_mismatch", "missing_tile"}
    with pytest.raises(NotConsistent):
        visit(early).verify(visit(bundle).verify().saved)


def test_an_earlier_checkpoint_in_the_bundle_must_be_of_this_log(
    life: Life, tmp_path: Path
) -> None:
    """One of the same size with another root is proof of two histories."""
    good, bad = checkpoint(life.records[:9]), checkpoint(life.records[1:10])
    visit(bundled(life, tmp_path / "good", since=good)).verify()

    with pytest.raises(NotConsistent):
        visit(bundled(life, tmp_path / "bad", since=bad)).verify()


@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_saved_visit_that_was_changed_is_not_read(
    tmp_path_factory: pytest.TempPathFactory, life: Life, place: int, change: int
) -> None:
    """Whatever byte of it."""
    home = tmp_path_factory.mktemp("saved")
    first = bundled(life.but(life.records[:1]), home)
    save(home / "state", visit(first).verify().saved)
    raw = bytearray((home / "state").read_bytes())
    raw[place % len(raw)] ^= change
    (home / "state").write_bytes(raw)

    with pytest.raises(SavedStateDamaged):
        load(home / "state")


def test_a_saved_visit_makes_nothing_but_a_visit(tmp_path: Path) -> None:
    """A file that somebody else wrote cannot run anything."""
    import pickle
    from hashlib import sha256

    raw = pickle.dumps(shutil.rmtree)
    (tmp_path / "state").write_bytes(sha256(raw).digest() + raw)

    with pytest.raises(SavedStateDamaged):
        load(tmp_path / "state")


def test_nothing_is_exported_before_a_checkpoint_or_over_something(
    life: Life, tmp_path: Path
) -> None:
    """A bundle is whole or is not there."""
    with pytest.raises(NothingPublished):
        export(in_folder(tmp_path), Beside({}), tmp_path / "bundle", quiet)
    few = life.but(life.records[:1])
    bundled(few, tmp_path)
    with pytest.raises(FileExistsError):
        bundled(few, tmp_path)
    assert json.loads((tmp_path / "bundle" / MANIFEST).read_text("utf-8"))


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Lay out what an auditor has: two packages, no database driver, and a policy."""
    for package in ("ledger", "schemas"):
        shutil.copytree(ROOT / package, tmp_path / package)
    (tmp_path / "policy").write_text(POLICY_TEXT, "utf-8")
    blocked = "raise ImportError('an auditor has no database driver')\n"
    for module in ("psycopg", "sqlalchemy", "fastapi"):
        (tmp_path / f"{module}.py").write_text(blocked, "utf-8")
    return tmp_path


def _run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of its programs there, under the policy."""
    line = [sys.executable, "-m", *command, "--policy", "policy"]
    return subprocess.run(line, cwd=home, capture_output=True, check=False, encoding="utf-8")


def test_the_auditors_program_runs_without_the_registry(bundle: Path, alone: Path) -> None:
    """No doors, no deciding side, no database driver: two packages and a policy."""
    command = ("ledger", "verify", str(bundle), "--state", "state")
    whole, again = _run(alone, *command, "--json"), _run(alone, *command)

    told = json.loads(whole.stdout)
    assert (told["verified"], told["from"]) == (True, 0)
    assert again.stdout.startswith(f"verified: {told['entries']:,} entries of {told['origin']}")


def test_snapshots_and_serials_are_checked_without_the_registry(bundle: Path, alone: Path) -> None:
    """Nor does the second verifier want anything of it."""
    snapshots = _run(alone, "ledger", "check-snapshots", str(bundle))
    schema = ("--schema", "schemas/json/journal.json")
    second = _run(alone, "ledger.log.independent", str(bundle), *schema)
    (alone / "proof").write_text("none", "utf-8")
    serials = _run(alone, "ledger", "check-serials", "proof", "series", "1", "1")

    assert "1 snapshots in " in snapshots.stdout
    assert json.loads(second.stdout)["verified"]
    assert (serials.returncode, serials.stderr.split(":")[0]) == (1, "proof_malformed")


def test_the_program_says_what_failed_and_where(life: Life, tmp_path: Path) -> None:
    """An exit code for each kind of check, the fault's own code and the first bad index beside it."""
    records = (*life.records[:5], life.records[4], *life.records[5:])
    bad = bundled(life.but(records), tmp_path)
    (tmp_path / "policy").write_text(POLICY_TEXT, "utf-8")
    command = [sys.executable, "-m", "ledger", "verify", str(bad), "--policy"]
    done = subprocess.run(
        [*command, str(tmp_path / "policy"), "--json"], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == 15
    told = json.loads(done.stdout)
    assert (told["verified"], told["code"], told["index"]) == (False, "id_seen", 5)
