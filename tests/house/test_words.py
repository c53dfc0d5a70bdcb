"""Names say what a thing is; every part says what it is for."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import PACKAGES, ROOT, Source, functions, project_files, sources

FORBIDDEN = {"utils", "util", "common", "helpers", "helper", "services", "service"} | {
    "managers",
    "manager",
    "base",
    "core",
    "misc",
}
# Assembled from parts, so that this file does not name what it forbids.
HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("python" + "hosted", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("crates", "io"),
            ("deb", "debian", "org"),
            ("proxy", "golang", "org"),
        )
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w./:-])/(?:work|root|home|Users)/(?!\.\.)[\w.]+")
TEXT = {".py", ".sql", ".md", ".toml", ".cfg", ".in", ".lock", ".yaml", ".yml", ".html", ".js", ""}
ADR = re.compile(r"\bADR[- ]?(\d{1,4})\b")


def undocumented(source: Source) -> Iterator[str]:
    """List the public parts of a file that do not say what they are for, in a sentence."""
    if not is_sentence(ast.get_docstring(source.tree)):
        yield source.where
    classes = [node for node in source.tree.body if isinstance(node, ast.ClassDef)]
    parents: list[ast.Module | ast.ClassDef] = [source.tree, *classes]
    for parent in parents:
        for node in parent.body:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            if is_public(node) and not is_sentence(ast.get_docstring(node)):
                yield f"{source.where}:{node.lineno} {node.name}"


def is_public(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Tell whether others may use a part; typing's overloads only repeat another's name."""
    is_overload = any("overload" in ast.unparse(mark) for mark in node.decorator_list)
    return not node.name.startswith("_") and not is_overload


def is_sentence(text: str | None) -> bool:
    """Tell whether a docstring opens with a sentence."""
    opening = (text or "").strip().split("\n\n")[0].strip()
    return opening.endswith((".", "?", "!", ":", "…"))


def readable_files() -> Iterator[tuple[str, str]]:
    """Lend every committed file that people read, with its text."""
    for path in project_files():
        if path.suffix in TEXT:
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8", "replace")


def test_no_room_is_called_after_nothing() -> None:
    """A drawer called `utils` is where order ends."""
    bad = [
        path.relative_to(ROOT).as_posix()
        for path in project_files()
        if FORBIDDEN & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]

    assert not bad


def test_every_public_part_says_what_it_is_for() -> None:
    """Modules, classes, functions and methods of the four packages."""
    missing = [found for source in sources(*PACKAGES) for found in undocumented(source)]

    assert not missing


def test_every_test_says_what_it_shows() -> None:
    """The name is the sentence, the docstring its reason."""
    missing = [
        f"{source.where}:{function.lineno} {function.name}"
        for source in sources("tests")
        for function in functions(source)
        if function.name.startswith("test_") and not is_sentence(ast.get_docstring(function))
    ]

    assert not missing


def test_no_file_names_a_machine_or_a_package_index() -> None:
    """What is published works anywhere, and installs from whichever index the reader trusts."""
    told = [
        f"{name}: {found[0]}"
        for name, text in readable_files()
        for pattern in (HOSTS, MACHINE_PATHS)
        if (found := pattern.search(text))
    ]

    assert not told


def test_every_decision_cited_is_on_record() -> None:
    """A number in a comment leads to a page in docs/adr."""
    known = {int(page.name[:4]) for page in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    cited = {(name, int(number)) for name, text in readable_files() for number in ADR.findall(text)}

    assert not {(name, number) for name, number in cited if number not in known}
