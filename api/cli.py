"""The `greenledger` command. Exit codes: 0 done, 1 refused or a check failed, 2 usage, 3 environment."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from ledger.database import resolve
from ledger.db_commands import db_app
from ledger.settings import Settings

app: Final = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="A double-entry registry of green certificates, allowances and fossil-energy budgets.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
_REFUSED: Final = 1


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
    with resolve(settings) as urls:
        run(urls, settings, say)


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
    from ledger.operating import add_operating, run

    add_operating(app)
    _add_programs()
    run(app)


def _add_programs() -> None:
    """Add the programs that have rooms of their own."""
    from api.bench.command import bench_command
    from api.import_command import import_command
    from api.key_commands import keys_app
    from api.report_command import report_command
    from api.signing_key import signing_key_command
    from api.witness import witness_command

    app.add_typer(db_app)
    app.add_typer(keys_app)
    app.command(name="bench")(bench_command)
    app.command(name="import")(import_command)
    app.command(name="report")(report_command)
    app.command(name="signing-key")(signing_key_command)
    app.command(name="witness")(witness_command)
