"""Quantities are integers and ratios Decimals; a float is neither."""

import ast
from collections.abc import Iterator

from tests.house.source import Source, sources

EXACT = (
    "ledger/model",
    "ledger/rules",
    "ledger/book",
    "ledger/posting",
    "ledger/log",
    "settlement",
    "schemas",
)


def floats(source: Source) -> Iterator[str]:
    """List the floats of a file, but for how long somebody sleeps and the pattern that refuses one."""
    harmless = {
        id(inner)
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sleep"))
        or isinstance(node, ast.MatchClass)
        for inner in ast.walk(node)
    }
    for node in ast.walk(source.tree):
        is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_name = isinstance(node, ast.Name) and node.id == "float"
        if (is_float or is_name) and id(node) not in harmless:
            yield f"{source.where}: {ast.unparse(node)}"


def test_nothing_that_counts_is_a_float() -> None:
    """Neither a literal nor the type, wherever units, energy or money are worked out."""
    counted = [
        source
        for source in sources("ledger", "settlement", "schemas")
        if source.where.startswith(EXACT)
    ]

    assert len(counted) > 50
    assert not [found for source in counted for found in floats(source)]
