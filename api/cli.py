"""The `greenledger` command. Exit codes: 0 done, 1 refused or a check failed, 2 usage, 3 environment."""

from __future__ import annotations

import json
from typing import Annotated, Final

import psycopg
import typer
from sqlalchemy.exc import OperationalError

from ledger.database import resolve
from ledger.db_commands import db_app
from ledger.embedded import DatabaseFault, Declined
from ledger.log.faults import LogFault
from ledger.settings import Settings

app: Final = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="A double-entry registry of green certificates, allowances and fossil-energy budgets.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
_REFUSED: Final = 1
_MACHINE: Final = 3


def _say(line: str) -> None:
    typer.echo(line)


def _whisper(line: str) -> None:
    typer.echo(line, err=True)


@app.command()
def serve(*, as_json: AsJson = False) -> None:
    """Serve the registry until Ctrl-C: migrate, load the sample on a sandbox's first start, listen."""
    from api.serving import serve as run

    settings = Settings()
    say = (lambda line: typer.echo(json.dumps({"line": line}))) if as_json else _say
    try:
        with resolve(settings) as urls:
            run(urls, settings, say)
    except LogFault as fault:
        _whisper(str(fault))
        raise typer.Exit(_REFUSED) from fault


@app.command()
def demo(
    *,
    plants: Annotated[
        int | None, typer.Option(min=30, help="Only the largest plants, so many; all if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Live the whole life once in a throwaway registry, check it by plain SQL, and exit."""
    from api.demo import run_demo, told
    from api.sample.life import Scope

    done = run_demo(Settings(), _whisper, Scope(plants=plants))
    if as_json:
        typer.echo(json.dumps(done.figures, ensure_ascii=False))
    else:
        for line in told(done):
            typer.echo(line)
    if not done.figures["conservation_ok"]:
        raise typer.Exit(_REFUSED)


@app.command()
def migrate(
    *,
    check: Annotated[bool, typer.Option(help="Only tell what is pending; exit 1 if any.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the registry's schema up to date."""
    from ledger.store.migrate import migrate as apply
    from ledger.store.migrate import pending

    settings = Settings()
    with resolve(settings) as urls:
        names = (pending if check else apply)(urls.owner, settings.registry)
    verb = "pending" if check else "applied"
    typer.echo(json.dumps({verb: names}) if as_json else f"{verb}: {', '.join(names) or 'nothing'}")
    if check and names:
        raise typer.Exit(_REFUSED)


def main() -> None:
    """Run the command; a fault of the machine is one line and exit code 3."""
    _add_programs()
    try:
        app()
    except Declined as refusal:
        _whisper(str(refusal))
        raise SystemExit(_REFUSED) from refusal
    except (DatabaseFault, OSError, psycopg.OperationalError, OperationalError) as fault:
        _whisper(str(fault).strip().splitlines()[0])
        raise SystemExit(_MACHINE) from fault


def _add_programs() -> None:
    """Add the programs that have rooms of their own."""
    from api.bench.command import bench_command
    from api.key_commands import keys_app
    from api.signing_key import signing_key_command
    from api.witness import witness_command
    from ledger.doctor import doctor_command
    from ledger.log.commands import bundle_command, verify_command
    from ledger.log.snapshot_commands import check_serials_command, check_snapshots_command
    from ledger.sealer.command import seal_command
    from ledger.sealer.log_commands import log_app
    from ledger.sealer.snapshot_commands import prove_serials_command, snapshot_command

    app.add_typer(db_app)
    app.add_typer(keys_app)
    app.add_typer(log_app)
    app.command(name="doctor")(doctor_command)
    app.command(name="seal")(seal_command)
    app.command(name="bench")(bench_command)
    app.command(name="bundle")(bundle_command)
    app.command(name="snapshot")(snapshot_command)
    app.command(name="prove-serials")(prove_serials_command)
    app.command(name="check-serials")(check_serials_command)
    app.command(name="check-snapshots")(check_snapshots_command)
    app.command(name="verify")(verify_command)
    app.command(name="signing-key")(signing_key_command)
    app.command(name="witness")(witness_command)
