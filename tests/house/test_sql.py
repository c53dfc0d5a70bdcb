"""Every statement has a name, a sentence and one caller."""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.house.source import PACKAGES, ROOT, project_files, sources

NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
RUN_WHOLE = frozenset(  # their reader runs every statement
    {
        "doctor.sql",
        "doctor_allowances.sql",
        "doctor_budgets.sql",
        "doctor_ccer.sql",
        "doctor_records.sql",
        "doctor_registers.sql",
        "doctor_units.sql",
        "doctor_words.sql",
    }
)
COMMENT = re.compile(r"\A\s*((?:--.*\n)+)")


def sql_files(*, migrations: bool) -> list[Path]:
    """List the SQL of the four packages."""
    return [
        path
        for path in project_files()
        if path.suffix == ".sql"
        and path.relative_to(ROOT).parts[0] in PACKAGES
        and ("migrations" in path.parts) is migrations
    ]


def named(path: Path) -> dict[str, str]:
    """Split a file into its named statements."""
    _, *rest = NAME.split(path.read_text("utf-8"))
    return dict(zip(rest[::2], rest[1::2], strict=True))


def opens_with_a_sentence(text: str) -> bool:
    """Tell whether the first comment of a statement is a sentence."""
    found = COMMENT.match(text)
    words = (
        " ".join(line.removeprefix("--").strip() for line in found[1].splitlines()) if found else ""
    )
    return words[:1].isupper() and words.endswith(".")


def test_every_statement_says_what_it_is_for() -> None:
    """The comment under the name is a whole sentence."""
    silent = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sql_files(migrations=False)
        for name, text in named(path).items()
        if not opens_with_a_sentence(text)
    ]

    assert not silent


def test_every_migration_says_what_it_brings() -> None:
    """The first line of the file is a sentence too."""
    silent = [
        path.name
        for path in sql_files(migrations=True)
        if not opens_with_a_sentence(path.read_text("utf-8"))
    ]

    assert not silent


def uses(tree: ast.Module) -> list[str]:
    """List the strings of a file that may run a statement; `results["name"]` reads one instead."""
    reading = {
        id(node.slice)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) != "SQL"
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in reading
    ]


def test_every_statement_has_exactly_one_caller() -> None:
    """One file of the room beside it runs it."""
    callers = Counter(
        (source.path.parent, text)
        for source in sources(*PACKAGES)
        for text in set(uses(source.tree))
    )
    wrong = {
        f"{path.relative_to(ROOT)}: {name}": callers[path.parent, name]
        for path in sql_files(migrations=False)
        if path.name not in RUN_WHOLE
        for name in named(path)
        if callers[path.parent, name] != 1
    }

    assert not wrong
