"""`check-serials` and `check-snapshots`: no database, no network. Exit codes: 0 it holds, 1 it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.log.intervals import Interval
from ledger.log.policy import parse_policy
from ledger.log.snapshot_audit import audit_snapshots
from ledger.log.snapshot_proof import parse_serial_proof, verify_serials


def check_serials_command(
    proof: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The proof.")],
    series: Annotated[str, typer.Argument(help="Plant, month, category and trade, spaced.")],
    first: Annotated[int, typer.Argument(min=0, help="The first serial asked about.")],
    count: Annotated[int, typer.Argument(min=1, help="How many serials.")],
    *,
    policy: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Your own policy: logs, witnesses, quorum."),
    ],
) -> None:
    """Check a proof of serials with public keys alone, and print the leaf that covers them."""
    wanted = Interval(series, first, first + count, b"")
    told = parse_serial_proof(proof.read_bytes())
    proved = verify_serials(told, wanted, parse_policy(policy.read_bytes()))
    typer.echo(proved.leaf.raw)


def check_snapshots_command(
    bundle: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The bundle.")],
    *,
    policy: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Your own policy: logs, witnesses, quorum."),
    ],
) -> None:
    """Make every snapshot that a bundle's log tells of again, and compare."""
    found = audit_snapshots(bundle, parse_policy(policy.read_bytes()))
    for told in found.snapshots:
        typer.echo(
            f"entry {told.at:,}: the snapshot of {told.summary.tree_size:,} entries is sound"
        )
    typer.echo(f"{len(found.snapshots)} snapshots in {found.checkpoint.checkpoint.size:,} entries")
