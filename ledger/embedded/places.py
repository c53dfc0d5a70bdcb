"""Choose the server's user and a home it can reach, without touching anybody's folders.

PostgreSQL refuses to run as root. Started by root, the server runs as `nobody`, and the folders
above its data must let that user through. Where they do not, we move our own things instead of
opening somebody's home.
"""

import os
import pwd
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ledger.embedded.binaries import WHEEL, Binaries
from ledger.embedded.faults import DatabaseFault

STATE_ROOTS = (Path("/var/lib"), Path("/var/db"), Path("/usr/local/var"))
POINTER = "moved-to"


@dataclass(frozen=True)
class ServerUser:
    """Whom the server runs as; None in both fields is whoever we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def extra_groups(self) -> list[int] | None:
        """Return the further groups of the server: none of root's, or just ours."""
        return None if self.uid is None else []

    def give(self, path: Path) -> None:
        """Hand a file or folder of ours over to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def owns(self, path: Path) -> bool:
        """Tell whether this user may run a server on `path`."""
        return path.stat().st_uid == (os.geteuid() if self.uid is None else self.uid)

    def reaches(self, path: Path) -> bool:
        """Tell whether every folder from the root down to `path` lets this user through."""
        return self.uid is None or all(map(self._passes, (path, *path.parents)))

    def _passes(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        return bool(found.st_mode & (0o010 if found.st_gid == self.gid else 0o001))


def server_user() -> ServerUser:
    """Return `nobody` when we are root, else ourselves."""
    if os.geteuid() != 0:
        return ServerUser()
    entry = pwd.getpwnam("nobody")  # an id without an entry here is refused by PostgreSQL
    return ServerUser(entry.pw_uid, entry.pw_gid)


def home_for(data_dir: Path, user: ServerUser) -> Path:
    """Return the folder that holds cluster, passwords and locks, made if it is not there."""
    try:
        if not data_dir.exists():
            data_dir.mkdir(parents=True, mode=0o700)
            data_dir.chmod(0o700 if user.uid is None else 0o711)
        data_dir = data_dir.resolve()
        return data_dir if user.reaches(data_dir) else _moved_home(data_dir)
    except OSError as fault:
        message = f"{data_dir} cannot be used ({fault.strerror}): set GREENLEDGER_DATA_DIR"
        raise DatabaseFault(message) from fault


def reachable(binaries: Binaries, user: ServerUser) -> Binaries:
    """Return the same programs where `user` can run them: in place, or a copy of ours."""
    if binaries.tree is None or user.reaches(binaries.bin):
        return binaries
    copy = _state_root() / f"programs-{binaries.major}-{_stamp(binaries)}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}-{secrets.token_hex(4)}")
        _copy_tree(binaries, unfinished)
        unfinished.rename(copy)
    return Binaries(copy / binaries.bin.relative_to(binaries.tree), binaries.major, copy)


def _copy_tree(binaries: Binaries, to: Path) -> None:
    """Copy one version's programs, and the libraries that lie beside the package."""
    assert binaries.tree is not None
    install = binaries.bin.parent
    shutil.copytree(install, to / install.relative_to(binaries.tree), symlinks=True)
    libraries = binaries.tree / f"{WHEEL}.libs"
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    for folder in (to, *(found for found in to.rglob("*") if found.is_dir())):
        folder.chmod(0o755)


def _stamp(binaries: Binaries) -> str:
    found = Path(binaries.program("postgres")).stat()
    return f"{found.st_size:x}-{int(found.st_mtime):x}"


def _moved_home(data_dir: Path) -> Path:
    """Follow the pointer in `data_dir`, or make a home elsewhere and leave one."""
    pointer = data_dir / POINTER
    if pointer.exists():
        return Path(pointer.read_text("utf-8").strip())
    home = _state_root() / f"data-{secrets.token_hex(6)}"
    home.mkdir(mode=0o711)
    home.chmod(0o711)
    pointer.write_text(f"{home}\n", "utf-8")
    print(  # noqa: T201 — the one line the operator must see
        f"{data_dir} is closed to the database's user, so its data is kept in {home}",
        file=sys.stderr,
    )
    return home


def _state_root() -> Path:
    parent = next((root for root in STATE_ROOTS if root.is_dir()), None)
    if parent is None:
        raise DatabaseFault("no folder for state was found: set DATABASE_URL instead")
    root = parent / "greenledger"
    if not root.exists():
        root.mkdir()
        root.chmod(0o711)
    return root
