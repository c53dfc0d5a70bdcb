"""Let an operator start, look at, back up and restore the registry's database.

Exit codes: 0 done, 1 refused or not running, 2 usage, 3 the machine lacks something.
"""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Annotated, NoReturn, ParamSpec
from urllib.parse import urlsplit

import typer

from ledger import embedded
from ledger.database import Urls, resolve
from ledger.settings import Settings

REFUSED = 1
MACHINE = 3

P = ParamSpec("P")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]
NewFile = Annotated[Path, typer.Argument(dir_okay=False, help="Where the backup is written.")]
BackupFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="What `db backup` wrote.")
]

db_app = typer.Typer(
    name="db",
    no_args_is_help=True,
    help="Start, look at, back up and restore the registry's PostgreSQL.",
)


def _answering(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a command raises into one line on stderr and the documented exit code."""

    @wraps(command)
    def answered(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except embedded.Declined as refusal:
            _leave(str(refusal), REFUSED)
        except embedded.DatabaseFault as fault:
            _leave(str(fault), MACHINE)

    return answered


def _leave(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _say(facts: dict[str, object], prose: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(facts) if as_json else prose)


@contextmanager
def _own_server(settings: Settings) -> Iterator[embedded.Server]:
    """Lend the embedded server; decline where `DATABASE_URL` says that another one is meant."""
    if settings.database_url is not None:
        raise embedded.Declined("DATABASE_URL names a server of yours: use its own tools for this")
    with embedded.start(settings.data_dir) as server:
        yield server


@db_app.command()
@_answering
def start(*, as_json: AsJson = False) -> None:
    """Run the embedded server in the foreground until Ctrl-C; others of this checkout join it."""
    over = threading.Event()
    for order in (signal.SIGINT, signal.SIGTERM):
        signal.signal(order, lambda *_: over.set())
    with _own_server(Settings()) as server:
        facts = {"running": True, "port": server.port, "home": str(server.home)}
        prose = f"PostgreSQL {server.version} on 127.0.0.1:{server.port}; Ctrl-C stops it."
        _say(facts, prose, as_json=as_json)
        over.wait()


@db_app.command()
@_answering
def stop(*, as_json: AsJson = False) -> None:
    """Stop the embedded server, whoever uses it; exit 1 if none was running."""
    known = embedded.status(Settings().data_dir)
    stopped = embedded.stop(Path(known.home))
    _say({"stopped": stopped}, "stopped" if stopped else "was not running", as_json=as_json)
    raise typer.Exit(0 if stopped else REFUSED)


@db_app.command()
@_answering
def status(*, as_json: AsJson = False) -> None:
    """Tell whether the embedded server runs, where its data is, and of which version."""
    known = embedded.status(Settings().data_dir)
    prose = (
        f"PostgreSQL {known.version} on 127.0.0.1:{known.port}, data in {known.home}"
        if known.running
        else f"not running, data in {known.home}"
    )
    _say(asdict(known), prose, as_json=as_json)
    raise typer.Exit(0 if known.running else REFUSED)


@db_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@_answering
def psql(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Open psql as the owner; what follows `--` goes to psql. `--json` prints the connection."""
    with resolve(Settings()) as urls:
        if as_json:
            _say(_without_password(urls), "", as_json=True)
            return
        raise typer.Exit(embedded.run_psql(urls.owner, context.args))


@db_app.command()
@_answering
def backup(file: NewFile, *, as_json: AsJson = False) -> None:
    """Write the whole registry to one file, consistent as of one moment, while it runs."""
    with resolve(Settings()) as urls:
        embedded.backup(urls.owner, file)
    size = file.stat().st_size
    _say({"file": str(file), "bytes": size}, f"{file}: {size:,} bytes", as_json=as_json)


@db_app.command()
@_answering
def restore(
    file: BackupFile,
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put the backup in place of a registry that is there."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database; `--replace` sets the present one aside first."""
    settings, kept = Settings(), None
    if replace:
        with _own_server(settings) as server:
            kept = embedded.restore_beside(server, file)
    else:
        with resolve(settings) as urls:
            embedded.restore(urls.owner, file)
    prose = f"restored from {file}" + (f"; the old database is now {kept}" if kept else "")
    _say({"restored": True, "kept": kept}, prose, as_json=as_json)


@db_app.command()
@_answering
def upgrade(*, as_json: AsJson = False) -> None:
    """Move the embedded data to the newest PostgreSQL found; the old cluster is kept."""
    kept = embedded.upgrade(Settings().data_dir)
    prose = f"upgraded; the old cluster is kept in {kept}: remove it when you are content"
    _say({"upgraded": True, "kept": str(kept)}, prose, as_json=as_json)


def _without_password(urls: Urls) -> dict[str, object]:
    parts = urlsplit(urls.owner)
    return {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "database": parts.path.lstrip("/"),
    }
