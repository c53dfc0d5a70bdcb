"""Plant each known fault in a copy of the house, and see that a test turns red. Exit 1 if one survives.

Whoever writes a rule or a lock adds the fault it guards against; a suite that lets one live is
no proof. The working tree is never touched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults.fault import Fault  # noqa: E402  # the path is set above
from tests.faults.planted import FAULTS  # noqa: E402

SECONDS_MAX: Final = 240  # of one fault's tests; most need five, on a busy machine many times that
LEFT_OUT: Final = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")
PASSED, FAILED = 0, 1  # as pytest exits; anything else means that the tests did not run


def main(names: Sequence[str]) -> int:
    """Run every fault, or those whose name holds one of these words."""
    chosen = [f for f in FAULTS if not names or any(name in f.name for name in names)]
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        copy = Path(scratch) / "house"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        sound = run_tests(copy, sorted({test for fault in chosen for test in fault.tests}), 300)
        if sound != PASSED:
            tell(f"without a fault, the tests must pass; pytest exits {sound}")
            return 1
        survivors = [fault for fault in chosen if not is_killed(copy, fault)]
    tell(f"{len(chosen) - len(survivors)} of {len(chosen)} faults were seen")
    return 1 if survivors else 0


def is_killed(copy: Path, fault: Fault) -> bool:
    """Plant a fault, run its tests, take it out again, and tell the outcome."""
    began, before = (
        time.monotonic(),
        {file: (copy / file).read_text() for file, _, _ in fault.edits},
    )
    for file, old, new in fault.edits:
        text = (copy / file).read_text()
        if text.count(old) != 1:
            tell(f"LOST      {fault.name}: {file} does not say this exactly once: {old!r}")
            return False
        (copy / file).write_text(text.replace(old, new))
    code = run_tests(copy, fault.tests, SECONDS_MAX)
    for file, text in before.items():
        (copy / file).write_text(text)
    word = {FAILED: "killed", PASSED: "SURVIVED"}.get(code, f"BROKEN {code}")
    tell(f"{word:9} {time.monotonic() - began:5.1f} s  {fault.name}")
    return code == FAILED


def run_tests(copy: Path, tests: Sequence[str], seconds: int) -> int:
    """Run tests in the copy; a test that hangs has failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "tests.faults.unshrunk", *tests]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return FAILED
    return done.returncode


def tell(line: str) -> None:
    """Say it now."""
    print(line, flush=True)  # noqa: T201  # a program's report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
