"""`greenledger report`: what regulators ask about all units at once, as a file that can be made again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import true

from api.composition import open_desk
from api.reporting import Asked, Document, Format, ReportName, document
from ledger.database import resolve
from ledger.settings import Settings
from ledger.store.queries.rulebooks import sealed_size

_REFUSED: Final = 1


def report_command(  # a program's options
    name: Annotated[ReportName, typer.Argument(help="Which report.")],
    *,
    year: Annotated[int, typer.Option(min=2000, max=2099, help="The budget year.")],
    size: Annotated[
        int | None, typer.Option(min=0, help="Leaves of the log to look at; all if left out.")
    ] = None,
    as_what: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="Write here instead of to the terminal.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Tell what a regulator asks about all units at once, for any size of the log."""
    settings = Settings()
    with resolve(settings) as urls, open_desk(urls, settings) as desk:
        with desk.reads.connect() as conn:
            sealed = sealed_size(conn)
        if size is not None and size > sealed:
            typer.echo(f"the log has {sealed:,} leaves, not {size:,}", err=True)
            raise typer.Exit(_REFUSED)
        asked = Asked(name, year, sealed if size is None else size, true())
        made = document(desk.reads, desk.registry, asked)
    _write(made, Format.JSON if as_json else as_what, out)


def _write(made: Document, as_what: Format, out: Path | None) -> None:
    content = made.written(as_what)
    if out is not None:
        out.write_bytes(content)
        typer.echo(f"{out}: {len(made.report.rows):,} rows, log size {made.asked.size:,}", err=True)
        return
    sys.stdout.buffer.write(content if as_what is not Format.JSON else content + b"\n")
    sys.stdout.buffer.flush()
