"""`python -m ledger`: the ledger's own programs, without any door; an auditor's without a database, too."""

from __future__ import annotations

import sys

import typer

from ledger.auditing import AUDITING, add_auditing
from ledger.auditing import run as audit

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Verify, seal and examine a registry of green certificates and allowances.",
)

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in AUDITING:
        add_auditing(app)
        audit(app, "python -m ledger")
    else:
        from ledger.operating import add_operating, run

        add_operating(app)
        run(app, "python -m ledger")
