"""`greenledger log`: what an operator does when the sealer refuses. Exit codes: 0 done, 1 refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from ledger.database import resolve
from ledger.sealer.command import open_log, signers_of
from ledger.sealer.leaves import Leaves
from ledger.sealer.loop import Log, Sealer
from ledger.sealer.recovery import adopt_checkpoint, lost_records
from ledger.settings import Settings

log_app: Final = typer.Typer(
    name="log", no_args_is_help=True, help="Look after the published log: docs/log.md says when."
)


@log_app.command()
def lost() -> None:
    """Print the records that were published and the database does not have, a line each."""
    with _the_log(Settings()) as log:
        leaves, head = Leaves(log.url, log.registry), log.outside.head(log.origin)
        size = leaves.frontier().size
        leaves.close()
        for record in lost_records(log.folder.fetch, size, head) if head else ():
            typer.echo(record)


@log_app.command()
def adopt() -> None:
    """Take the published checkpoint for the last thing said, where the store outside was lost."""
    settings = Settings()
    with _the_log(settings) as log:
        keys = [signer.vkey for signer in signers_of(settings)]
        head = adopt_checkpoint(log.origin, log.folder, log.outside, keys)
    typer.echo(f"adopted: {head.size:,} leaves")


@log_app.command()
def rewrite() -> None:
    """Write every published file again from the database, if it has the tree that was published."""
    settings = Settings()
    with _the_log(settings) as log:
        sealer = Sealer(log, settings.seal_pause_seconds, _whisper)
        typer.echo(f"written: {sealer.run_once(rewrite=True):,} leaves")


@contextmanager
def _the_log(settings: Settings) -> Iterator[Log]:
    with resolve(settings) as urls:
        yield open_log(urls, settings, _whisper)


def _whisper(line: str) -> None:
    typer.echo(line, err=True)
