"""`greenledger seal`: the sealer as a process of its own. Exit codes: 0 done, 1 refused, 3 the machine."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import typer

from ledger.database import Urls, resolve
from ledger.log.cosignature import Signer
from ledger.log.cosigning import Cosigners
from ledger.log.faults import LogFault
from ledger.log.keyfile import key_at, load_key
from ledger.log.keys import Suite
from ledger.log.policy import Policy, parse_policy
from ledger.log.vkey import KIND_OF_LOG
from ledger.sealer.folder import Folder
from ledger.sealer.loop import Log, Sealer
from ledger.sealer.outside import Outside
from ledger.sealer.witnesses import Signing, proofs_from, seen_by
from ledger.settings import Settings
from ledger.store.migrate import pending

Say = Callable[[str], None]


@dataclass(eq=False)
class NotReady(LogFault):
    """A log cannot be sealed yet: something must be set, made or migrated first."""

    code: ClassVar[str] = "log_not_ready"


def seal_command(
    *,
    once: Annotated[bool, typer.Option("--once", help="Seal what waits now, and end.")] = False,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End when standard input does.", hidden=True)
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Give committed journals their places in the log and publish it, until Ctrl-C."""
    settings = Settings()
    say: Say = (lambda line: typer.echo(json.dumps({"line": line}))) if as_json else typer.echo
    with resolve(settings) as urls:
        sealer = Sealer(open_log(urls, settings, say), settings.seal_pause_seconds, say)
        if once:
            say(f"published: {sealer.run_once():,} leaves")
        else:
            _until_told(sealer, until_eof=until_eof)


def open_log(urls: Urls, settings: Settings, say: Say) -> Log:
    """Bring together what the settings name; in production nothing is made up.

    Raises:
        NotReady: a migration is pending, or in production no origin was chosen.
        KeyFileRefused: a key's file is not fit; FileNotFoundError in production if it is not there.
        PolicyMalformed: the file of witnesses is no policy.
    """
    if names := pending(urls.owner, settings.registry):
        raise NotReady(f"Run `greenledger migrate` first; pending: {', '.join(names)}.")
    check_named(settings)
    folder, policy = Folder(settings.log_path), _policy(settings)
    signers = signers_of(settings)
    for signer in signers:
        say(f"signing as {signer.vkey}")
    wait, origin = settings.witness_wait_seconds, settings.origin
    prove = partial(proofs_from, folder.fetch)
    cosigners = None if policy is None else Cosigners(policy, prove, wait)
    return Log(
        url=urls.owner,
        registry=settings.registry,
        origin=origin,
        folder=folder,
        outside=Outside(settings.log_heads_path),
        sign=Signing(signers, cosigners),
        seen=tuple if policy is None else partial(seen_by, policy, origin, wait),
        vkeys=tuple(signer.vkey for signer in signers),
        limit=settings.seal_limit_journals,
    )


def check_named(settings: Settings) -> None:
    """Refuse a name that was made up, in production.

    Raises:
        NotReady: no origin was chosen.
    """
    if settings.production and settings.log_origin is None:
        raise NotReady("GREENLEDGER_LOG_ORIGIN names the log for ever; production needs one.")


def _until_told(sealer: Sealer, *, until_eof: bool) -> None:
    if until_eof:
        threading.Thread(target=_stop_at_eof, args=(sealer,), daemon=True).start()
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda *_: sealer.stop())
    sealer.run()


def _stop_at_eof(sealer: Sealer) -> None:
    """Outlive nobody: the other end of a pipe closes however its process ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    sealer.stop()


def signers_of(settings: Settings) -> list[Signer]:
    """Read the log's keys; outside production the first one is made where there is none.

    Raises:
        KeyFileRefused, OSError: a key's file is not fit, or not there.
    """
    keys = [key_at(settings.log_key_path, Suite.ED25519, production=settings.production)]
    if settings.log_second_key_file is not None:
        keys.append(load_key(settings.log_second_key_file))
    return [Signer(settings.origin, KIND_OF_LOG[key.public.suite], key) for key in keys]


def _policy(settings: Settings) -> Policy | None:
    path = settings.log_policy_file
    return None if path is None else parse_policy(path.read_bytes())
