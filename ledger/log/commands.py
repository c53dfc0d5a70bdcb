"""`verify`, for auditors: needs no database, no registry and no network. `bundle`, for registries."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ledger.log.bundle import export
from ledger.log.exits import exit_of
from ledger.log.faults import LogFault
from ledger.log.policy import parse_policy
from ledger.log.saved import load, save
from ledger.log.tiles import in_folder
from ledger.log.verify import Saved, Verified, Visit

_WIDTH: Final = 30  # characters of the progress bar
_REFUSED: Final = 1
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of prose.")]


class Bar:
    """A progress bar on stderr, drawn again when it has grown; none where nobody looks."""

    def __init__(self, *, shown: bool) -> None:
        """Draw, or keep quiet."""
        self._shown = shown
        self._last = ("", -1)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far something is."""
        filled = _WIDTH * done // max(1, total)
        if not self._shown or (what, filled) == self._last:
            return
        self._last = (what, filled)
        bar = "█" * filled + "·" * (_WIDTH - filled)
        end = done >= total
        typer.echo(f"\r{what:<10} {bar} {done:,} of {total:,}", err=True, nl=end)


def verify_command(
    bundle: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The bundle.")],
    *,
    policy: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Your own policy: logs, witnesses, quorum."),
    ],
    state: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Go on from an earlier visit, and write this one here."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that hash; 0 does all in one.")
    ] = os.cpu_count() or 1,
    as_json: AsJson = False,
) -> None:
    """Verify a bundle with public keys alone; exit 10 to 19 tells which check failed, and where."""
    started = time.monotonic()
    bar = Bar(shown=not as_json and os.isatty(2))
    try:
        visit = Visit(bundle, parse_policy(policy.read_bytes()), bar, workers)
        done = visit.verify(_earlier(state))
    except LogFault as fault:
        facts = {"verified": False, "code": fault.code, "index": fault.index}
        _tell(facts | {"sentence": fault.sentence}, str(fault), as_json=as_json)
        raise typer.Exit(exit_of(fault)) from fault
    if state is not None:
        save(state, done.saved)
    facts = _facts(done) | {"seconds": round(time.monotonic() - started, 3)}
    _tell(facts, _prose(done), as_json=as_json)


def bundle_command(
    target: Annotated[Path, typer.Argument(file_okay=False, help="A folder that is not there.")],
    *,
    published: Annotated[
        Path | None, typer.Option(file_okay=False, help="The published folder, if not the usual.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A checkpoint the auditor had before."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write what is published, and the adopted rulebooks, into a folder for an auditor."""
    from ledger.database import resolve
    from ledger.log.adopted import beside_the_log
    from ledger.settings import Settings

    settings = Settings()
    fetch = in_folder(published or settings.log_path)
    before = None if since is None else since.read_bytes()
    bar = Bar(shown=not as_json and os.isatty(2))
    try:
        with resolve(settings) as urls, beside_the_log(urls.owner, settings.registry) as beside:
            size = export(fetch, beside, target, bar, before)
    except FileExistsError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(_REFUSED) from fault
    _tell({"entries": size, "bundle": str(target)}, f"{target}: {size:,} entries", as_json=as_json)


def _earlier(state: Path | None) -> Saved | None:
    return load(state) if state is not None and state.exists() else None


def _facts(done: Verified) -> dict[str, Any]:
    head = done.checkpoint.checkpoint
    return {
        "verified": True,
        "origin": head.origin,
        "entries": head.size,
        "root": head.root.hex(),
        "from": done.first,
        "cosigned": dict(done.checkpoint.cosigned_at),
        "accounts": done.totals.accounts,
        "lots": done.totals.lots,
        "open_requests": done.totals.open_requests,
        "units": done.totals.by_place,
        "statements": {
            "equal": done.totals.statements,
            "not_named_in_the_log": [
                {"budget_id": name, "index": index} for name, index in done.totals.untold
            ],
        },
    }


def _prose(done: Verified) -> str:
    head = done.checkpoint.checkpoint
    witnesses = ", ".join(name for name, _ in done.checkpoint.cosigned_at) or "no witness"
    lines = [
        f"verified: {head.size:,} entries of {head.origin}, cosigned by {witnesses}",
        f"root {head.root.hex()}",
        f"statements of budgets: {done.totals.statements:,} as the log comes to them",
        *(
            f"entry {index} closes {name} and names no statement"
            for name, index in done.totals.untold
        ),
    ]
    for code, places in done.totals.by_place.items():
        held = ", ".join(f"{place} {units:,}" for place, units in places.items() if units)
        lines.append(f"{code}: {held or 'nothing'}")
    return "\n".join(lines)


def _tell(facts: dict[str, Any], prose: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else prose)
