"""Every code a caller may meet is expected by a test: a promise nobody has seen kept is none."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

import settlement
from api.problems import DoorCode, catalogue
from ledger.refusals import REFUSALS
from tests.house.source import ROOT, sources

PAGE = ROOT / "docs" / "refusals.md"
BELOW_THE_DOORS = {
    "account_unknown": "doors look an account up first, and answer not_found",
    "closed_apart": "told in a list of what stayed open, which takes two units and a cap",
    "document_missing": "bodies ask for the document",
    "energy_quantity_invalid": "bodies refuse the quantity",
    "heat_value_invalid": "bodies refuse the value",
    "hold_not_expired": "the registry alone ends what ran out, and asks for what did",
    "metrics_not_shared": "no rulebook that is shipped parts two metrics",
    "quantity_too_large": "bodies refuse the quantity",
    "too_fragmented": "takes more runs in one account than a test at a door can make",
}
"""Codes that no test at a door expects, and why."""


@cache
def classes() -> dict[str, str]:
    """Give the codes of refusals by the names of their classes."""
    for module in pkgutil.walk_packages(settlement.__path__, "settlement."):
        importlib.import_module(module.name)
    return {kind.__name__: code for code, kind in REFUSALS.items()}


def codes() -> set[str]:
    """List every code: of the rules, and of the doors."""
    return {*classes().values(), *DoorCode}


def named(node: ast.AST) -> Iterator[str]:
    """List the codes that a piece of a test names, as text, as a class, or as a door's code."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, ast.Name):
            yield classes().get(part.id, "")
        elif isinstance(part, ast.Attribute):
            yield classes().get(part.attr, "")
            yield str(DoorCode.__members__.get(part.attr, ""))


def expected(tree: ast.Module) -> Iterator[str]:
    """List the codes that a test compares with: in `assert`, `raises` and `parametrize` only."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert() | ast.Call(func=ast.Attribute(attr="raises" | "parametrize")):
                yield from named(node)
            case _:
                pass


def test_every_code_is_expected_by_a_test() -> None:
    """Reached at the doors where a door leads there, in the ledger where none does."""
    tests = [source for source in sources("tests") if source.path.name.startswith("test_")]
    met = {code for source in tests for code in expected(source.tree)}

    assert not codes() - met


def test_every_code_is_expected_at_the_doors() -> None:
    """In an assertion, or in a table that a test of the doors goes through; but for those told above."""
    tests = [source for source in sources("tests") if "/http/test_" in source.path.as_posix()]
    met = {code for source in tests for code in named(source.tree)}

    assert codes() - met == BELOW_THE_DOORS.keys()


def test_every_code_is_told_in_both_languages_and_stands_on_the_page() -> None:
    """Title, detail and what to do next; a caller without English is not left alone."""
    page = PAGE.read_text("utf-8")
    for code in codes():
        entry = catalogue()[code]
        assert f"| `{code}` |" in page, code
        for texts in (entry.title, entry.detail, entry.next_step):
            assert texts.keys() == {"en", "zh"}, code
        assert all((*entry.title.values(), *entry.next_step.values())), code
        assert bool(entry.detail["en"]) is bool(entry.detail["zh"]), code
        assert any("\u4e00" <= sign <= "\u9fff" for sign in entry.title["zh"]), code
