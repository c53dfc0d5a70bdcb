"""`python -m ledger verify`: the auditor's program. It runs with nothing but this package and `schemas`."""

from __future__ import annotations

import typer

from ledger.log.commands import verify_command

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _auditor() -> None:
    """Check a registry's log with public keys alone."""


app.command(name="verify")(verify_command)

if __name__ == "__main__":
    app()
