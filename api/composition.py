"""Put a registry's parts together, and take them apart again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ledger.database import Urls
from ledger.posting.writer import Writer
from ledger.settings import Settings
from ledger.store.engine import reads
from ledger.store.migrate import migrate
from settlement.desk import Desk

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Tell the time of the machine, in UTC: the one clock of a registry in service."""
    return datetime.now(UTC)


def origin_of(settings: Settings) -> str:
    """Name the registry as the origin of its certificates; those of a sandbox say so for ever."""
    return f"sandbox:{settings.registry}" if settings.is_sandbox else settings.registry


@contextmanager
def open_desk(urls: Urls, settings: Settings, clock: Clock = wall_clock) -> Iterator[Desk]:
    """Migrate, then lend a desk with its own writer and connections."""
    migrate(urls.owner, settings.registry)
    engine = reads(urls.app, settings.registry, settings.pool_limit_connections)
    writer = Writer(
        urls.app,
        settings.registry,
        clock,
        queue_limit=settings.queue_limit_commands,
        batch_limit=settings.batch_limit_commands,
    )
    desk = Desk(engine, writer, clock, origin_of(settings))
    try:
        yield desk
    finally:
        desk.close()
        writer.close()
        engine.dispose()
