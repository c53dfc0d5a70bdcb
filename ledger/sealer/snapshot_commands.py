"""`greenledger snapshot` takes the day's, `prove-serials` proves by it. Exit codes: 0 done, 1 refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from ledger.database import resolve
from ledger.sealer.command import signers_of
from ledger.sealer.snapshots import Snapshots
from ledger.settings import Settings
from schemas.identifiers import IdPrefix, encode_id


def snapshot_command(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Let the log tell today who has which serials and what each account has; once a day."""
    with _snapshots() as snapshots:
        taken = snapshots.take()
    journal = encode_id(IdPrefix.JOURNAL, taken.journal)
    facts = {"day": taken.day.isoformat(), "tree_size": taken.tree_size, "journal": journal}
    prose = f"snapshot of {taken.day}: {taken.tree_size:,} leaves, told by {journal}"
    typer.echo(json.dumps(facts) if as_json else prose)


def prove_serials_command(
    lot: Annotated[str, typer.Argument(help="The lot's id.")],
    first: Annotated[int, typer.Argument(min=0, help="The first serial asked about.")],
    count: Annotated[int, typer.Argument(min=1, help="How many serials.")],
) -> None:
    """Print a proof that serials have one holder and one state, and that no other leaf has any."""
    with _snapshots() as snapshots:
        proof = snapshots.prove(lot, first, count)
    typer.echo(bytes(proof), nl=False)


@contextmanager
def _snapshots() -> Iterator[Snapshots]:
    settings = Settings()
    with resolve(settings) as urls:
        keys = [signer.vkey for signer in signers_of(settings)]
        yield Snapshots(urls, settings, keys, lambda: datetime.now(UTC))
