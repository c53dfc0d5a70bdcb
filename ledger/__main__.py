"""`python -m ledger`: the ledger's own programs, without any door."""

import psycopg
import typer

from ledger.doctor import doctor_command
from ledger.embedded import DatabaseFault, Declined
from ledger.sealer.command import seal_command
from ledger.sealer.log_commands import log_app

_REFUSED = 1
_MACHINE = 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Seal and examine a registry of green certificates and allowances.",
)
app.add_typer(log_app)
app.command(name="doctor")(doctor_command)
app.command(name="seal")(seal_command)

if __name__ == "__main__":
    try:
        app(prog_name="python -m ledger")
    except Declined as refusal:
        typer.echo(str(refusal), err=True)
        raise SystemExit(_REFUSED) from refusal
    except (DatabaseFault, OSError, psycopg.OperationalError) as fault:
        typer.echo(str(fault).strip().splitlines()[0], err=True)
        raise SystemExit(_MACHINE) from fault
