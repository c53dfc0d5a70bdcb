"""A log for the doors of a test: the real sealer, over the registry's own data folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.database import Urls
from ledger.sealer.command import open_log
from ledger.sealer.loop import Sealer
from ledger.settings import Settings

PAUSE_SECONDS = 0.01


def sealer(urls: Urls, home: Path) -> Sealer:
    """Bring a sealer together as its own process would, keys made for a sandbox included."""
    settings = Settings(_env_file=None, data_dir=home)
    return Sealer(open_log(urls, settings, print), PAUSE_SECONDS, print)


def seal(urls: Urls, home: Path) -> int:
    """Seal and publish all that waits; tell the size of the log."""
    return sealer(urls, home).run_once()


@contextmanager
def sealing(urls: Urls, home: Path) -> Iterator[None]:
    """Have a sealer at work beside the doors."""
    working = sealer(urls, home)
    thread = threading.Thread(target=working.run)
    thread.start()
    try:
        yield
    finally:
        working.stop()
        thread.join()
