"""The programs of whoever holds a registry to its word: no database, no network, no driver for either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import typer

from ledger.log.commands import verify_command
from ledger.log.faults import LogFault
from ledger.log.snapshot_commands import check_serials_command, check_snapshots_command

AUDITING: Final[dict[str, Callable[..., None]]] = {
    "verify": verify_command,
    "check-serials": check_serials_command,
    "check-snapshots": check_snapshots_command,
}
"""Programs by name."""

_REFUSED: Final = 1
_MACHINE: Final = 3


def add_auditing(app: typer.Typer) -> None:
    """Add these programs to an application."""
    for name, command in AUDITING.items():
        app.command(name=name)(command)


def run(app: typer.Typer, name: str | None = None) -> None:
    """Run the program that is asked for: 1 where something is not as it should be, 3 where a file cannot
    be read, each in a line."""
    try:
        app(prog_name=name)
    except LogFault as fault:
        typer.echo(str(fault), err=True)
        raise SystemExit(_REFUSED) from fault
    except OSError as fault:
        typer.echo(str(fault), err=True)
        raise SystemExit(_MACHINE) from fault
