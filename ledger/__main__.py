"""`python -m ledger`: the ledger's own programs, without any door; `verify` without a database, too."""

from __future__ import annotations

import sys

import typer

from ledger.log.commands import verify_command

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Verify, seal and examine a registry of green certificates and allowances.",
)
app.command(name="verify")(verify_command)


@app.callback()
def _programs() -> None:
    """Let a program be named even where there is only one."""


if __name__ == "__main__":
    if sys.argv[1:2] == ["verify"]:
        app(prog_name="python -m ledger")
    else:
        from ledger.operating import add_operating, run

        add_operating(app)
        run(app, "python -m ledger")
