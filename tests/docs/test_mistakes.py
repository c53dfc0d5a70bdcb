"""The table of mistakes names a test for each, and the test is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (M\d+) \|.*\| `([\w/.]+)::(\w+)` \|$", re.MULTILINE)
MISTAKES = 31


def named() -> list[tuple[str, str, str]]:
    """Read (mistake, file, test) of every row."""
    return ROW.findall((ROOT / "docs/mistakes.md").read_text("utf-8"))


def test_every_mistake_has_a_row() -> None:
    """None is left out, and none is there twice."""
    assert [mistake for mistake, _, _ in named()] == [f"M{n}" for n in range(1, MISTAKES + 1)]


def test_every_test_that_is_named_exists() -> None:
    """It is found in the file's syntax tree, without running it."""
    missing = [
        (mistake, file, test)
        for mistake, file, test in named()
        if not any(
            isinstance(node, ast.FunctionDef) and node.name == test
            for node in ast.parse((ROOT / file).read_text("utf-8")).body
        )
    ]

    assert not missing
