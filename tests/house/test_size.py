"""Nothing grows past what one reads in one go."""

import ast

from tests.house.source import PACKAGES, functions, project_files, sources

FILE_LINES = 350
BODY_LINES = 45
NESTING = 3
ONE_PIECE = {"independent.py"}  # the second verifier: one file that a regulator can copy and read
EVERYWHERE = (*PACKAGES, "tests", "loadtests")
DEEPER = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function below its docstring."""
    has_docstring = ast.get_docstring(function) is not None
    body = function.body[1:] if has_docstring else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how deep the blocks of a function go; `elif` is no step down."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        step = isinstance(child, DEEPER) and not is_elif
        deepest = max(deepest, nesting(child, depth + step))
    return deepest


def test_no_file_is_longer_than_one_can_hold_in_mind() -> None:
    """Code and SQL alike; data, documents and generated files are something else."""
    too_long = {
        str(path): lines
        for path in project_files()
        if path.suffix in {".py", ".sql"}
        and path.name not in ONE_PIECE
        and (lines := len(path.read_text("utf-8").splitlines())) > FILE_LINES
    }

    assert not too_long


def test_no_function_is_longer_than_a_screen() -> None:
    """The docstring does not count: explaining is free."""
    too_long = {
        f"{source.where}:{function.lineno} {function.name}": body_lines(function)
        for source in sources(*EVERYWHERE)
        for function in functions(source)
        if body_lines(function) > BODY_LINES
    }

    assert not too_long


def test_no_function_nests_deeper_than_three() -> None:
    """A fourth level is a function that has no name yet."""
    too_deep = {
        f"{source.where}:{function.lineno} {function.name}": nesting(function)
        for source in sources(*EVERYWHERE)
        for function in functions(source)
        if nesting(function) > NESTING
    }

    assert not too_deep
