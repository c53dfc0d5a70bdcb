"""Bring up a PostgreSQL of our own, for a machine that has none prepared.

The binaries come from a wheel, or from the system; the server listens on 127.0.0.1 with
passwords. All processes of one checkout share one server: the first starts it, later ones
adopt it, the last one out stops it, even when it is killed (see supervisor.py).
"""

from ledger.embedded.binaries import Binaries, find_binaries
from ledger.embedded.credentials import APP_ROLE, DATABASE, OWNER_ROLE
from ledger.embedded.dump import backup, restore, restore_beside, run_psql, upgrade
from ledger.embedded.faults import DatabaseFault, Declined, VersionDiffers
from ledger.embedded.server import Server, Status, start, status, stop

__all__ = [
    "APP_ROLE",
    "DATABASE",
    "OWNER_ROLE",
    "Binaries",
    "DatabaseFault",
    "Declined",
    "Server",
    "Status",
    "VersionDiffers",
    "backup",
    "find_binaries",
    "restore",
    "restore_beside",
    "run_psql",
    "start",
    "status",
    "stop",
    "upgrade",
]
