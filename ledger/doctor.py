"""Derive state again from history by plain SQL, and name every row that differs. No engine code."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Final

import psycopg
import typer
from psycopg import sql
from psycopg.rows import dict_row

from ledger.database import resolve
from ledger.settings import Settings
from ledger.store.shape import changed_guards

CONSERVATION: Final = (
    "balance_is_its_postings",
    "instrument_is_conserved",
    "running_balance_goes_on",
    "held_is_what_holds_say",
    "hold_is_its_events",
    "held_parcels_are_the_hold",
    "lot_is_tiled",
    "lot_is_what_was_issued",
    "parcel_is_where_postings_left_it",
    "balance_is_its_parcels",
    "retirement_is_its_postings",
    "retired_is_claimed",
    "duty_is_verified_less_discharged",
    "surrender_discharges_as_much",
    "debt_is_cut_less_kept_back",
    "budget_is_its_parts",
    "cap_is_never_passed",
    "budget_takes_its_room",
    "reading_is_posted",
    "floor_is_of_its_account",
)
_HANDS: Final = 2  # connections that check: as many cores of the server, the others go on serving
_FIRST: Final = -1  # the place of the guards, before all other checks
_SHOWN: Final = 20  # rows of one check that are shown; the count is always told
_REFUSED: Final = 1
_FILES: Final = (
    "doctor.sql",
    "doctor_records.sql",
    "doctor_registers.sql",
    "doctor_units.sql",
    "doctor_budgets.sql",
    "doctor_ccer.sql",
    "doctor_allowances.sql",
)
_WORDS: Final = "doctor_words.sql"
_GUARDS: Final = "guards_stand"
_GUARDS_MEANING: Final = (
    "The guards are not those that migrations make; set them right, then trust no row until all is "
    "sound."
)
_CHECK: Final = re.compile(r"^-- (\w+) --\n-- (.*)\n((?:(?!^-- \w+ --$).*\n?)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: its name, what a finding means, and the query of offending rows."""

    name: str
    meaning: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that a check found, the first few of them in full."""

    check: str
    meaning: str
    count: int
    rows: tuple[dict[str, Any], ...]


Connection = psycopg.Connection[dict[str, Any]]
Line = deque[tuple[int, Check]]
Found = tuple[int, Finding]


def checks() -> tuple[Check, ...]:
    """Read the checks in order: units and duties, records, registers, what units rest on, budgets."""
    room = files("ledger.store")
    text = "\n".join((room / name).read_text("utf-8") for name in _FILES)
    return tuple(
        Check(name, meaning, query.strip().rstrip(";"))
        for name, meaning, query in _CHECK.findall(text)
    )


def examine(url: str, registry: str, names: tuple[str, ...] | None = None) -> list[Finding]:
    """Run checks over one consistent view, on connections of their own; all of them by default.

    Nothing is kept of what it writes on the way, but the server must take writes: no standby.
    """
    line = _line_up(names)
    with ExitStack() as closing:
        first, *more = [closing.enter_context(_open(url)) for _ in range(_HANDS)]
        _share_view(first, more)
        hands = closing.enter_context(ThreadPoolExecutor(_HANDS))
        busy = [hands.submit(_work, conn, registry, line) for conn in more]
        found = _all(first, registry, names, line)
        return _in_order(found + [one for hand in busy for one in hand.result()])


def look(conn: Connection, registry: str, names: tuple[str, ...] | None = None) -> list[Finding]:
    """Run checks in the transaction at hand, and leave nothing behind in it."""
    return _in_order(_all(conn, registry, names, _line_up(names)))


def conservation_ok(url: str, registry: str) -> bool:
    """Tell whether no unit was lost, doubled or moved without a posting, and no duty either."""
    return not examine(url, registry, CONSERVATION)


def one_role(owner_url: str, app_url: str) -> bool:
    """Tell whether the app runs with the owner's rights, which could switch the guards off."""
    with psycopg.connect(owner_url) as owner, psycopg.connect(app_url) as app:
        names = [conn.execute("SELECT current_user").fetchone() for conn in (owner, app)]
    return names[0] == names[1]


def _line_up(names: tuple[str, ...] | None) -> Line:
    """Put the wanted checks in a line from which several hands may take.

    Those that read records come first: they take longest, and no hand should begin one at the end.
    """
    wanted = [(n, c) for n, c in enumerate(checks()) if names is None or c.name in names]
    return deque(sorted(wanted, key=lambda place: "body" not in place[1].query))


def _open(url: str) -> Connection:
    conn = psycopg.connect(url, row_factory=dict_row)
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return conn


def _share_view(first: Connection, more: Sequence[Connection]) -> None:
    """Let all connections see what the first one sees."""
    view = first.execute("SELECT pg_export_snapshot() AS name").fetchone()
    assert view
    for conn in more:
        conn.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(view["name"]))


def _all(conn: Connection, registry: str, names: tuple[str, ...] | None, line: Line) -> list[Found]:
    """Compare the guards, if wanted, and then work along the line."""
    with conn.transaction(force_rollback=True):
        wanted = names is None or _GUARDS in names
        found = [(_FIRST, _guards(conn, registry))] if wanted else []
        return found + _work(conn, registry, line)


def _work(conn: Connection, registry: str, line: Line) -> list[Found]:
    """Take checks from the line and run them, until it is empty."""
    with conn.transaction(force_rollback=True):
        conn.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(registry)))
        conn.execute((files("ledger.store") / _WORDS).read_text("utf-8").encode())
        conn.execute("SET LOCAL transaction_read_only = on")
        return [(place, _run(conn, check)) for place, check in _taken(line)]


def _taken(line: Line) -> Iterator[tuple[int, Check]]:
    while True:
        try:
            yield line.popleft()
        except IndexError:
            return


def _in_order(found: Sequence[Found]) -> list[Finding]:
    """Put findings into the order of the checks, whoever made them, and leave out those of nothing."""
    return [finding for _, finding in sorted(found, key=lambda f: f[0]) if finding.count]


def _run(conn: Connection, check: Check) -> Finding:
    """Run one check; one that cannot run is a finding too, lest one unreadable row hide all others."""
    try:
        with conn.transaction():
            rows = conn.execute(check.query.encode()).fetchall()
    except (psycopg.DataError, psycopg.ProgrammingError) as fault:
        rows = [{"cannot_run": str(fault).splitlines()[0]}]
    return Finding(check.name, check.meaning, len(rows), tuple(rows[:_SHOWN]))


def _guards(conn: Connection, registry: str) -> Finding:
    rows = changed_guards(conn, registry)
    return Finding(_GUARDS, _GUARDS_MEANING, len(rows), tuple(rows[:_SHOWN]))


def doctor_command(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Check the book: derive balances, parcels, holds and duties again; exit 1 if any row differs."""
    settings = Settings()
    with resolve(settings) as urls:
        findings = examine(urls.owner, settings.registry)
        warnings = (
            ["the app runs with the owner's rights"] if one_role(urls.owner, urls.app) else []
        )
    if as_json:
        typer.echo(json.dumps(_facts(findings, warnings), default=str, ensure_ascii=False))
    else:
        _tell(findings, warnings)
    if findings:
        raise typer.Exit(_REFUSED)


def _facts(findings: list[Finding], warnings: list[str]) -> dict[str, Any]:
    return {
        "sound": not findings,
        "checks": len(checks()) + 1,  # and the guards
        "warnings": warnings,
        "findings": [
            {"check": f.check, "meaning": f.meaning, "count": f.count, "rows": f.rows}
            for f in findings
        ],
    }


def _tell(findings: list[Finding], warnings: list[str]) -> None:
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    for finding in findings:
        typer.echo(f"{finding.check}: {finding.count} row(s). {finding.meaning}")
        for row in finding.rows:
            typer.echo("  " + ", ".join(f"{name}={value}" for name, value in row.items()))
    if not findings:
        typer.echo(f"sound: {len(checks()) + 1} checks found nothing")
