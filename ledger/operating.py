"""The programs of who operates a registry, which need its database; and the one place where programs fail."""

from __future__ import annotations

from typing import Final

import psycopg
import typer
from sqlalchemy.exc import OperationalError

from ledger import auditing
from ledger.doctor import doctor_command
from ledger.embedded import DatabaseFault, Declined
from ledger.log.commands import bundle_command
from ledger.sealer.command import seal_command
from ledger.sealer.log_commands import log_app
from ledger.sealer.snapshot_commands import prove_serials_command, snapshot_command

_REFUSED: Final = 1
_MACHINE: Final = 3


def add_operating(app: typer.Typer) -> None:
    """Add these programs to an application, and those that need no database."""
    auditing.add_auditing(app)
    app.add_typer(log_app)
    app.command(name="doctor")(doctor_command)
    app.command(name="seal")(seal_command)
    app.command(name="bundle")(bundle_command)
    app.command(name="snapshot")(snapshot_command)
    app.command(name="prove-serials")(prove_serials_command)


def run(app: typer.Typer, name: str | None = None) -> None:
    """Run the program that is asked for: 1 where it refuses, 3 where the machine fails it, each in a line."""
    try:
        auditing.run(app, name)
    except Declined as refusal:
        typer.echo(str(refusal), err=True)
        raise SystemExit(_REFUSED) from refusal
    except (DatabaseFault, psycopg.OperationalError, OperationalError) as fault:
        typer.echo(str(fault).strip().splitlines()[0], err=True)
        raise SystemExit(_MACHINE) from fault
