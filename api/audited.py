"""The demo's last part: its log is sealed and published, and an auditor verifies the bundle twice."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ledger.database import Urls
from ledger.log import independent
from ledger.log.adopted import beside_the_log
from ledger.log.bundle import export, quietly
from ledger.log.policy import parse_policy, policy_of
from ledger.log.verify import Visit
from ledger.sealer.command import open_log, signers_of
from ledger.sealer.loop import Sealer
from ledger.settings import Settings


def audited(urls: Urls, settings: Settings, say: Callable[[str], None]) -> dict[str, Any]:
    """Seal everything, export a bundle, and verify it by both verifiers under the log's own key.

    Bundle and policy stay in a folder of their own, for whoever wants to verify them again.

    Raises:
        LogFault, independent.Wrong: the log is not what it should be.
    """
    home = Path(tempfile.mkdtemp(prefix="greenledger-bundle-"))
    chosen = settings.model_copy(update={"data_dir": home})
    say("sealing the log, and publishing it under a key made for it")
    log = open_log(urls, chosen, say)
    size = Sealer(log, chosen.seal_pause_seconds, say).run_once()
    policy = policy_of(signer.vkey for signer in signers_of(chosen))
    (home / "policy").write_bytes(policy)
    with beside_the_log(urls.owner, chosen.registry) as beside:
        export(log.folder.fetch, beside, home / "bundle", quietly)
    say(f"verifying {size:,} entries with public keys alone, by two verifiers that share no code")
    _verify(home / "bundle", policy)
    return {
        "log_size": size,
        "bundle": str(home / "bundle"),
        "policy": str(home / "policy"),
        "bundle_verified": True,
    }


def _verify(bundle: Path, policy: bytes) -> None:
    """Verify twice; both must come to the same totals."""
    first = Visit(bundle, parse_policy(policy), quietly, os.cpu_count() or 1).verify()
    schema = json.loads((files("schemas") / "json/journal.json").read_text("utf-8"))
    _, second = independent.verify(bundle, policy, schema)
    assert first.totals.by_place == second
