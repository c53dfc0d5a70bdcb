"""The sealer beside the doors, as a process of its own: where the registry brings up its own database."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from api.public_log import statement_key
from ledger.database import Urls
from ledger.log.published import Published
from ledger.log.tiles import in_folder
from ledger.sealer.command import NotReady, check_named, signers_of
from ledger.settings import Settings

Say = Callable[[str], None]
_COMMAND: Final = (sys.executable, "-P", "-m", "ledger", "seal", "--until-eof")
_REFUSED: Final = 1
_PAUSE_SECONDS: Final = 1
_END_SECONDS: Final = 20


def check_signed(settings: Settings) -> None:
    """Refuse to serve in production what nobody signs: neither log nor statements.

    Raises:
        NotReady: the log has no name, or no sealer has ever begun.
        KeyFileRefused, OSError: a key is not fit, or not there.
    """
    if not settings.production:
        return
    statement_key(settings)
    check_named(settings)
    if _is_ours(settings):
        signers_of(settings)
    elif not Published(in_folder(settings.log_path)).vkeys():
        raise NotReady(
            f"{settings.log_path} has no keys of a sealer: start `greenledger seal` before the doors."
        )


@contextmanager
def sealer_beside(urls: Urls, settings: Settings, say: Say) -> Iterator[None]:
    """Keep a sealer at work, started again whenever it dies, unless it refuses.

    On a server of the operator's, where the sealer is the operator's to run, nothing is started.
    """
    if not _is_ours(settings):
        yield
        return
    keeper = _Keeper(urls, say)
    thread = threading.Thread(target=keeper.run, name="keeper of the sealer")
    thread.start()
    try:
        yield
    finally:
        keeper.end()
        thread.join()


def _is_ours(settings: Settings) -> bool:
    return settings.database_url is None


class _Keeper:
    """Starts sealers, one after another. Each ends when its standard input does, were we killed."""

    def __init__(self, urls: Urls, say: Say) -> None:
        own = {"DATABASE_URL": urls.app, "GREENLEDGER_OWNER_URL": urls.owner}
        self._environment = {**os.environ, **own, "PYTHONUNBUFFERED": "1"}
        self._say = say
        self._over = threading.Event()

    def end(self) -> None:
        """Let the sealer finish the step it is in, and start no other."""
        self._over.set()

    def run(self) -> None:
        """Keep one running until told to end, or until it refuses."""
        while not self._over.is_set():
            code = self._one()
            if self._over.is_set():
                return
            if code == _REFUSED:
                self._say("the sealer refuses, and nothing more is published; see docs/log.md")
                return
            self._say(f"the sealer ended with {code}; it is started again")
            self._over.wait(_PAUSE_SECONDS)

    def _one(self) -> int:
        with subprocess.Popen(  # noqa: S603 # our own program, by our own interpreter
            _COMMAND,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: what is under way is sealed first
        ) as process:
            listener = threading.Thread(target=self._listen, args=(process,), daemon=True)
            listener.start()
            while process.poll() is None and not self._over.wait(_PAUSE_SECONDS / 10):
                pass
            code = _ended(process)
            listener.join()
        return code

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._say(f"sealer: {line.rstrip()}")


def _ended(process: subprocess.Popen[str]) -> int:
    assert process.stdin is not None
    process.stdin.close()
    try:
        return process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
