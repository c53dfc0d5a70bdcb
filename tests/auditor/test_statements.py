"""Statements of budgets worked out again from records alone: byte for byte what the registry keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from ledger.log import independent
from ledger.log.asked import Asked
from ledger.log.jcs import jcs
from ledger.log.replay import Replay
from ledger.log.replay_filed import Filed
from ledger.log.replay_state import State
from ledger.log.saved import SavedStateDamaged, load, save
from ledger.log.tree import Frontier
from ledger.log.verify import Saved
from schemas.identifiers import IdPrefix, encode_id
from tests.auditor.both import ROOT
from tests.auditor.bundles import POLICY_TEXT, bundled
from tests.auditor.forging import Forger
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


# The programs


@pytest.fixture(scope="module")
def home(year: tuple[Life, Kept], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what a regulator has: a bundle and a policy."""
    folder = tmp_path_factory.mktemp("regulator")
    bundled(year[0], folder)
    (folder / "policy").write_text(POLICY_TEXT, "utf-8")
    return folder


def asked(
    home: Path, *more: str, module: str = "ledger.log.independent"
) -> CompletedProcess[bytes]:
    """Run a verifier on the bundle."""
    command = [sys.executable, "-m", *module.split(), str(home / "bundle")]
    policy = ["--policy", str(home / "policy")]
    return run([*command, *policy, *more], capture_output=True, check=False, cwd=ROOT)


def test_both_programs_tell_how_many_statements_they_wrote_again(
    home: Path, year: tuple[Life, Kept]
) -> None:
    """And name the closings of which nothing can be known: here there is none."""
    said = {"equal": len(year[1]), "not_named_in_the_log": []}
    second, first = asked(home), asked(home, "--json", module="ledger verify")

    assert json.loads(second.stdout)["statements"] == said
    assert json.loads(first.stdout)["statements"] == said


def test_a_statement_is_printed_as_the_log_comes_to_it(home: Path, year: tuple[Life, Kept]) -> None:
    """Any of a budget's, the last one if none is named, byte for byte."""
    statements = year[1]
    name, last = max(statements, key=lambda place: place[1])
    assert last == 3

    for n in (1, 3, None):
        done = asked(home, "--statement", name, *(("--n", str(n)) if n else ()))
        assert (done.returncode, done.stdout) == (0, statements[name, n or last])
        assert json.loads(done.stderr)["named_in_the_log"]
    nobody = asked(home, "--statement", name[:-1] + "0")
    assert (nobody.returncode, json.loads(nobody.stdout)["code"]) == (2, "statement_unknown")


def test_a_served_document_is_held_against_the_log(home: Path, year: tuple[Life, Kept]) -> None:
    """The same bytes, or the first member that differs, or another spelling of the same."""
    (name, n), raw = next(iter(year[1].items()))
    told = json.loads(raw)
    told["energy"]["grid_offtake_kwh"] = "1"
    cases: dict[str, tuple[bytes, int, dict[str, object]]] = {
        "same": (raw, 0, {"same_bytes": True}),
        "changed": (jcs(told), 1, {"differs_at": "/energy/grid_offtake_kwh"}),
        "spelt": (json.dumps(json.loads(raw)).encode(), 1, {"differs_at": "the spelling alone"}),
        "none": (b"\xff", 1, {"differs_at": "it is not JSON"}),
    }
    for case, (document, code, said) in cases.items():
        (home / case).write_bytes(document)
        done = asked(home, "--statement", name, "--n", str(n), "--against", str(home / case))
        assert done.returncode == code
        assert json.loads(done.stdout).items() >= said.items()


def test_a_statement_that_the_log_does_not_name_is_printed_all_the_same(
    year: tuple[Life, Kept], tmp_path: Path
) -> None:
    """A regulator who asks for it wants to see what it should have been."""
    forger = Forger(year[0])
    end = forger.find("budget.close", 1)  # never opened again
    end["body"]["statement_sha256"] = "0" * 64
    bundled(forger.life(), tmp_path)
    (tmp_path / "policy").write_text(POLICY_TEXT, "utf-8")
    name = end["body"]["budget_id"]

    done = asked(tmp_path, "--statement", name, "--n", "1")
    assert (done.returncode, done.stdout) == (1, year[1][name, 1])
    refused = json.loads(asked(tmp_path).stdout)
    assert (refused["code"], refused["index"]) == ("statement_mismatch", forger.index(end))


def test_a_visit_of_an_earlier_release_is_not_gone_on_from(tmp_path: Path) -> None:
    """It did not note what statements rest on."""
    state = State()
    del state.filed
    save(tmp_path / "state", Saved("log.example/registry", Frontier(), state, Asked()))

    with pytest.raises(SavedStateDamaged, match="earlier release"):
        load(tmp_path / "state")
