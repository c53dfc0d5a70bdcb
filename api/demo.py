"""The demo: a throwaway registry lives its whole life once, is checked by plain SQL, and audited."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from api.audited import audited
from api.composition import open_desk
from api.sample.desk import Clock
from api.sample.fleet import load_fleet, report_lines
from api.sample.life import START, WHOLE, Scope, live
from ledger import embedded
from ledger.database import Urls
from ledger.doctor import conservation_ok
from ledger.rules.open_point import ENTERED
from ledger.settings import Settings

ATTRIBUTION: Final = (
    "plants: Global Power Plant Database v1.3.0, World Resources Institute, CC BY 4.0; "
    "energy, emissions and trades are estimates and inventions of this demo"
)
_TOLD: Final = (
    "year",
    "mode",
    "status",
    "budget_gce",
    "balance_gce",
    "excess_gce",
    "traded_kwh",
    "certificates",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What came of it: the figures of `--json`, and the statements on which budgets were closed."""

    figures: dict[str, Any]
    statements: tuple[dict[str, Any], ...]


def run_demo(settings: Settings, say: Callable[[str], None], scope: Scope = WHOLE) -> Demo:
    """Live once in a registry that is gone afterwards."""
    started = time.monotonic()
    with _throwaway(settings) as (urls, chosen):
        clock = Clock(START)
        with open_desk(urls, chosen, clock) as desk:
            _, life = live(desk, clock, say, scope)
        say("checking conservation by plain SQL, on a fresh connection")
        kept = conservation_ok(urls.owner, chosen.registry)
        audit = audited(urls, chosen, say)
    figures: dict[str, Any] = life.figures | {"conservation_ok": kept} | audit
    figures["budgets"] = [_closed(statement) for statement in life.statements]
    figures |= {"seconds": round(time.monotonic() - started), "attribution": ATTRIBUTION}
    return Demo(figures, life.statements)


@contextmanager
def _throwaway(settings: Settings) -> Iterator[tuple[Urls, Settings]]:
    """Lend a registry of its own: a server in a scratch folder, or a schema of the server named.

    Raises:
        Declined: the server named is one of production.
    """
    if settings.database_url is None:
        with tempfile.TemporaryDirectory(prefix="greenledger-demo-") as scratch:
            Path(scratch).chmod(0o711)  # ours: the server's user must reach below it
            with embedded.start(Path(scratch) / "data", durable=False) as server:
                yield Urls(app=server.url_app, owner=server.url_owner), settings
        return
    if settings.production:
        raise embedded.Declined("a server of production is no place for a demo: unset DATABASE_URL")
    app = settings.database_url.get_secret_value()
    owner = settings.owner_url.get_secret_value() if settings.owner_url else app
    chosen = settings.model_copy(
        update={"registry": f"demo_{secrets.token_hex(6)}", "sandbox": True}
    )
    try:
        yield Urls(app=app, owner=owner), chosen
    finally:
        with psycopg.connect(owner, autocommit=True) as conn:
            gone = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE")
            conn.execute(gone.format(sql.Identifier(chosen.registry)))


def told(demo: Demo) -> Iterator[str]:
    """Tell a demo in a few lines, and then the closing statements."""
    yield from report_lines(load_fleet())
    for name, value in demo.figures.items():
        if name != "budgets":
            yield f"{name.replace('_', ' ')}: {_spelt(value)}"
    for statement in demo.statements:
        yield from _statement(statement)


def _statement(statement: Mapping[str, Any]) -> Iterator[str]:
    """Tell on what a unit's year was closed; grams, since those are what is posted."""
    yield f"{statement['name']}: its fossil budget, closed"
    for name in _TOLD:
        yield f"  {name.replace('_', ' ')}: {_spelt(statement[name])}"
    for part, gce in statement["charge"].items():
        yield f"  {part.replace('_', ' ')}: {_spelt(gce)}"
    other = "gross" if statement["mode"] == "net" else "net"
    yield f"  {other}, beside it: {statement['modes'][other]['status']}"
    yield f"  room left for certificates: {_spelt(statement['modes'][statement['mode']]['room'])}"
    yield from (f"  {one['en']}" for one in statement["open_points"] if one["evidence"] == ENTERED)
    yield f"  rules: {statement['rules_digest']}, of which {len(statement['open_points'])} points are open"


def _closed(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a closing statement in `--json`, by its figures."""
    return {
        name: statement[name] for name in ("name", "credit_code", "budget_id", *_TOLD, "charge")
    }


def _spelt(value: object) -> str:
    return f"{value:,}" if type(value) is int and abs(value) > _YEARS else str(value)


_YEARS: Final = 9999  # up to here a number is shown without separators, since it may be a year
