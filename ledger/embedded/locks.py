"""Lock files the kernel lets go of when their process ends, however it ends."""

import fcntl
import os
import time
from pathlib import Path

POLL_SECONDS = 0.02


class Lock:
    """One open lock file; every instance is a party of its own, also within one process."""

    def __init__(self, path: Path) -> None:
        """Open `path`, private to our user; nothing is locked yet."""
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def share(self) -> bool:
        """Try to hold the lock together with others."""
        return self._try(fcntl.LOCK_SH)

    def own(self) -> bool:
        """Try to hold the lock alone; whatever was held before is lost if it fails."""
        return self._try(fcntl.LOCK_EX)

    def own_within(self, seconds: float) -> bool:
        """Try to hold the lock alone, for a while."""
        return self._within(seconds, fcntl.LOCK_EX)

    def share_within(self, seconds: float) -> bool:
        """Try to hold the lock together with others, for a while."""
        return self._within(seconds, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let go."""
        os.close(self._handle)

    def _within(self, seconds: float, kind: int) -> bool:
        deadline = time.monotonic() + seconds
        while not self._try(kind):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_held(path: Path) -> bool:
    """Tell whether somebody holds the lock file alone."""
    if not path.exists():
        return False
    lock = Lock(path)
    try:
        return not lock.share()
    finally:
        lock.close()
