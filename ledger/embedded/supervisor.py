"""Run one PostgreSQL server for as long as any process uses it; started by path, stdlib only.

Every process that uses the server holds a shared lock on `users_lock`; the kernel lets go of it
when the process ends, kill -9 included. This program asks for that lock exclusively a few times
a second: the moment it gets it, nobody is left, and it stops the server. A parent-death signal
alone would not do: it is sent when the *thread* that started the server ends, it does not exist
on macOS, and it knows one parent only. Here it covers the one gap left, our own kill -9.

A server that dies while in use is started again on the same port, after crash recovery.
"""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.1
STOP_LIMIT_SECONDS = 30.0
RESTARTS = 5
RESTART_PAUSE_SECONDS = 0.3
PR_SET_PDEATHSIG = 1


def die_with_us() -> None:
    """Ask Linux to stop this child if we end; our only thread lives as long as we do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Supervisor:
    """One server, the order to stop it, and the locks that say who needs it."""

    def __init__(self, job: dict[str, Any]) -> None:
        """Take the job, and the lock that tells others we are here."""
        self.job = job
        self.told_to_stop = False
        self.server_file = Path(job["server_file"])
        self.users = os.open(job["users_lock"], os.O_RDWR)
        self.here = os.open(job["supervisor_lock"], os.O_RDWR)
        fcntl.flock(self.here, fcntl.LOCK_EX)

    def run(self) -> int:
        """Keep the server up until nobody needs it; return our exit code."""
        server = self.launch()
        restarts = RESTARTS
        while not self.is_over():
            if server.poll() is not None:
                if restarts == 0 or not self.server_file.exists():
                    return 1
                restarts -= 1
                time.sleep(RESTART_PAUSE_SECONDS)  # its children need a moment to go
                server = self.launch()
            time.sleep(POLL_SECONDS)
        self.server_file.unlink(missing_ok=True)
        stop(server)
        return 0

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server as its own user, its words going to the log."""
        with Path(self.job["log"]).open("ab") as log:
            return subprocess.Popen(
                self.job["command"],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_us,  # noqa: PLW1509 — we have one thread only
                user=self.job["uid"],
                group=self.job["gid"],
                extra_groups=self.job["extra_groups"],
            )

    def is_over(self) -> bool:
        """Tell whether we were told to stop, or no process is left that uses the server."""
        if self.told_to_stop:
            return True
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True  # and the lock stays ours until we end: newcomers wait for that


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ask for a fast shutdown, and insist after a while."""
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(order)
        try:
            server.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def main() -> int:
    """Run the job given as JSON on the command line."""
    supervisor = Supervisor(json.loads(sys.argv[1]))

    def obey(*_: object) -> None:
        supervisor.told_to_stop = True

    signal.signal(signal.SIGTERM, obey)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
