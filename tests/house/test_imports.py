"""Every file is wanted by another, and everything imported is installed where it runs."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.house.source import PACKAGES, ROOT, Source, sources

# Started by name instead of imported: the command, and `python -m`.
DOORS = {"api.cli", "api.pages", "api.__main__", "ledger.__main__", "settlement.__main__"} | {
    "ledger.log.independent"
}
# Found by their folder: every module of it is one resource.
ROUTERS = "api.v1."
PIN = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)", re.IGNORECASE | re.MULTILINE)


def imported(source: Source) -> set[str]:
    """Name every module that a file imports, and every name it takes from one."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def started_by_path(source: Source) -> set[str]:
    """Name the files that a file mentions as a string, such as a program it starts."""
    strings = {
        node.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in strings if re.fullmatch(r"\w+\.py", text)}


def pins(name: str) -> dict[str, str]:
    """Read the pinned versions of a requirements file."""
    text = (ROOT / name).read_text("utf-8").lower()
    return {re.sub(r"[-_.]+", "-", dist): version for dist, version in PIN.findall(text)}


def test_every_module_is_imported_by_another() -> None:
    """Code that only tests want is dead code."""
    everything = sources(*PACKAGES)
    wanted = {name for source in everything for name in imported(source)} | DOORS
    by_path = {name for source in everything for name in started_by_path(source)}
    unwanted = [
        source.where
        for source in everything
        if source.path.name != "__init__.py"
        and source.module not in wanted
        and not source.module.startswith(ROUTERS)
        and source.path.name not in by_path
    ]

    assert not unwanted


def test_what_runs_imports_only_what_a_run_installs() -> None:
    """A library that tests happen to bring along would be missing on the operator's machine."""
    installed, owners = pins("requirements.lock"), packages_distributions()
    outside = {
        name.partition(".")[0]
        for source in sources(*PACKAGES)
        for name in imported(source)
        if name.partition(".")[0] not in {*PACKAGES, *sys.stdlib_module_names}
    }
    missing = {
        name
        for name in outside
        if not {re.sub(r"[-_.]+", "-", d.lower()) for d in owners.get(name, ())} & installed.keys()
    }

    assert not missing


def test_tests_run_on_the_very_versions_that_operators_run() -> None:
    """The development lock only adds to the other one."""
    running, developing = pins("requirements.lock"), pins("requirements-dev.lock")

    assert running
    assert running.items() <= developing.items()


def test_the_package_asks_for_what_is_locked() -> None:
    """pyproject.toml and requirements.in name the same libraries."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[<>=\[]", line)[0] for line in project["dependencies"]}
    lines = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    asked = {re.split(r"[<>=\[]", line)[0] for line in lines if line and line[0] != "#"}

    assert declared == asked
