"""The demo: a throwaway registry lives its whole life once, and is checked by plain SQL at the end."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from api.composition import open_desk
from api.sample.desk import Clock
from api.sample.fleet import load_fleet, report_lines
from api.sample.life import START, Life, live
from ledger import embedded
from ledger.database import Urls
from ledger.doctor import conservation_ok
from ledger.settings import Settings

ATTRIBUTION: Final = (
    "plants: Global Power Plant Database v1.3.0, World Resources Institute, CC BY 4.0; "
    "energy, emissions and trades are estimates and inventions of this demo"
)
_LATER: Final = ("log_size", "bundle", "policy", "bundle_verified")  # parts that do not exist yet


def run_demo(settings: Settings, say: Callable[[str], None]) -> tuple[dict[str, Any], Life]:
    """Live once in a registry that is gone afterwards; return the figures and the life."""
    started = time.monotonic()
    with _throwaway(settings) as (urls, chosen):
        clock = Clock(START)
        with open_desk(urls, chosen, clock) as desk:
            _, life = live(desk, clock, say)
        say("checking conservation by plain SQL, on a fresh connection")
        kept = conservation_ok(urls.owner, chosen.registry)
    figures = life.figures() | {"conservation_ok": kept} | dict.fromkeys(_LATER)
    figures |= {"seconds": round(time.monotonic() - started), "attribution": ATTRIBUTION}
    return figures, life


@contextmanager
def _throwaway(settings: Settings) -> Iterator[tuple[Urls, Settings]]:
    """Lend a registry of its own: a server in a scratch folder, or a schema of the server named."""
    if settings.database_url is None:
        with tempfile.TemporaryDirectory(prefix="greenledger-demo-") as scratch:
            Path(scratch).chmod(0o711)  # ours: the server's user must reach below it
            with embedded.start(Path(scratch) / "data", durable=False) as server:
                yield Urls(app=server.url_app, owner=server.url_owner), settings
        return
    app = settings.database_url.get_secret_value()
    owner = settings.owner_url.get_secret_value() if settings.owner_url else app
    chosen = settings.model_copy(
        update={"registry": f"demo_{secrets.token_hex(6)}", "sandbox": True}
    )
    try:
        yield Urls(app=app, owner=owner), chosen
    finally:
        with psycopg.connect(owner, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(chosen.registry)))


def told(figures: dict[str, Any], life: Life) -> Iterator[str]:
    """Tell a life in a few lines."""
    yield from report_lines(load_fleet())
    for name, value in figures.items():
        if name not in _LATER:
            yield (
                f"{name.replace('_', ' ')}: {value:,}"
                if type(value) is int
                else f"{name.replace('_', ' ')}: {value}"
            )
    statement = life.statement
    yield "the steel mill's fossil budget, closed:"
    for name in ("year", "mode", "status", "budget_gce", "balance_gce", "rules_digest"):
        if name in statement:
            yield f"  {name}: {statement[name]}"
