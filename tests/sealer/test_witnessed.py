"""A log under witnesses: cosigned as it grows, and what they saw outlives every disk of ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from api.witness import witness_app
from ledger.database import Urls
from ledger.log.cosigning import Cosigners
from ledger.log.opening import open_checkpoint
from ledger.log.policy import Policy, parse_policy
from ledger.log.tree import EMPTY_ROOT
from ledger.log.vkey import SignatureKind
from ledger.log.witness import Witness
from ledger.log.witness_store import WitnessStore
from ledger.sealer.loop import Log, Sealer
from ledger.sealer.outside import Head
from ledger.sealer.publisher import Forked, HeadLost, RolledBack
from ledger.sealer.witnesses import Signing, proofs_from, seen_by
from tests.databases import Clones
from tests.log.loopback import serving
from tests.log.signers import AT, a_signer, a_witness
from tests.registry import opened
from tests.sealer.logs import ORIGIN, PAUSE_SECONDS, SIGNER, a_log, check_published
from tests.sealer.test_publishing import name_of, register

SECOND = a_signer(ORIGIN, SignatureKind.MLDSA44_COSIGNATURE)


@dataclass(frozen=True)
class Watched:
    """A policy whose witness runs, and one that never answers."""

    policy: Policy

    def log(self, url: str, home: Path) -> Log:
        """Bring together what a log under this policy is sealed with; its keys are of two suites."""
        log = a_log(url, home, limit=30)
        cosigners = Cosigners(self.policy, partial(proofs_from, log.folder.fetch), 5)
        signing = Signing((SIGNER, SECOND), cosigners)
        return replace(log, sign=signing, seen=partial(seen_by, self.policy, ORIGIN, 5))

    def seal(self, urls: Urls, home: Path) -> int:
        """Seal and publish all that waits."""
        return Sealer(self.log(urls.owner, home), PAUSE_SECONDS, print).run_once()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Run one witness of two; one is the quorum."""
    logs = parse_policy(f"log {SIGNER.vkey}\nlog {SECOND.vkey}\nquorum none\n".encode())
    witness = Witness(
        logs, (a_witness("w1"),), WitnessStore(tmp_path / "witness.sqlite"), lambda: AT
    )
    with serving(witness_app(witness)) as url:
        lines = (
            f"log {SIGNER.vkey}",
            f"log {SECOND.vkey}",
            f"witness w1 {a_witness('w1').vkey} {url}",
            f"witness w2 {a_witness('w2').vkey} http://127.0.0.1:1",
            "group one any w1 w2",
            "quorum one",
            "",
        )
        yield Watched(parse_policy("\n".join(lines).encode()))


@pytest.fixture
def told(database: Urls) -> Urls:
    """Lend a registry with forty journals that wait for the log."""
    with opened(database.app) as registry:
        register(registry, 40)
    return database


def test_what_is_published_is_cosigned_as_it_grows(
    watched: Watched, told: Urls, tmp_path: Path
) -> None:
    """In parts, from the empty tree on; the proofs for the witness come from the tiles."""
    assert watched.seal(told, tmp_path) == 40
    with opened(told.app, session="more") as registry:
        register(registry, 20)
    assert watched.seal(told, tmp_path) == 60

    believed = open_checkpoint((tmp_path / "log" / "checkpoint").read_bytes(), watched.policy)
    assert believed.cosigned_at == (("w1", AT),)
    assert len(believed.log) == 2
    assert check_published(told, tmp_path) == believed.checkpoint


def test_a_witness_tells_of_what_all_our_disks_have_forgotten(
    watched: Watched, told: Urls, clones: Clones, tmp_path: Path
) -> None:
    """The folder and the store outside are restored with the database, or begun anew."""
    with clones.copy_of(name_of(told)) as backup:
        with opened(told.app, session="more") as registry:
            register(registry, 20)
        watched.seal(told, tmp_path)
        with pytest.raises(RolledBack):
            watched.seal(backup, tmp_path / "anew")
        with opened(backup.app, session="other") as registry:
            register(registry, 20)
        sealer = Sealer(a_log(backup.owner, tmp_path / "other"), PAUSE_SECONDS, print)
        assert sealer.run_once() == 60
        with pytest.raises(Forked):
            watched.seal(backup, tmp_path / "other")


def test_a_store_outside_that_a_witness_knows_to_be_old_is_refused(
    watched: Watched, told: Urls, tmp_path: Path
) -> None:
    """Even if it agrees with what is left of the folder."""
    assert watched.seal(told, tmp_path) == 40
    for name in ("outside", "log"):
        shutil.rmtree(tmp_path / name)
    begun = watched.log(told.owner, tmp_path)
    begun.outside.begin(ORIGIN, Head(0, EMPTY_ROOT))
    with pytest.raises(HeadLost):
        Sealer(begun, PAUSE_SECONDS, print).run_once()
