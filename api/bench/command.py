"""`greenledger bench`: measure this machine and this release; exit 1 below a bar, or if a book fails."""

from __future__ import annotations

import json
import signal
import sys
from typing import Annotated, Final

import typer

from api.bench.figures import FIGURES, chosen
from api.bench.scale import QUICK, SCALES

_TOLD_TO_STOP: Final = 128 + signal.SIGTERM


def bench_command(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rounds and smaller books: under five minutes.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A figure; may be repeated. " + ", ".join(f.name for f in FIGURES) + "."),
    ] = None,
    scale: Annotated[str, typer.Option(hidden=True, help=", ".join(SCALES))] = "full",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Measure the release's figures on a scratch server of its own, and check its books."""
    from api.bench.run import run

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TOLD_TO_STOP))  # and take the server along
    if scale not in SCALES:
        raise typer.BadParameter(f"no such scale: {scale}")
    try:
        figures = chosen(only or ())
    except ValueError as unknown:
        raise typer.BadParameter(f"no such figure: {unknown}") from unknown
    size = QUICK if quick and scale == "full" else SCALES[scale]
    report = run(size, figures, lambda line: typer.echo(line, err=True))
    if as_json:
        typer.echo(json.dumps(report.facts(), ensure_ascii=False))
    else:
        for line in report.lines():
            typer.echo(line)
    raise typer.Exit(report.exit_code)
