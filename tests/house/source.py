"""Read the project's own files once, for the tests that judge them."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "settlement", "ledger", "schemas")
NOT_OURS = {".git", ".venv", ".greenledger", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """One Python file and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def where(self) -> str:
        """Name the file as a person in the checkout would."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        """Name the module as an import would."""
        return self.where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def project_files() -> tuple[Path, ...]:
    """List what is, or would be, committed."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(listing, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.parts)]
    else:
        found = [ROOT / name for name in done.stdout.split("\0") if name]
    return tuple(sorted(path for path in found if path.is_file()))


@cache
def sources(*tops: str) -> tuple[Source, ...]:
    """Parse the Python files below the given top folders."""
    chosen = [
        path
        for path in project_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in tops
    ]
    return tuple(parse(path) for path in chosen)


@cache
def parse(path: Path) -> Source:
    """Parse one file."""
    text = path.read_text("utf-8")
    return Source(path, text, ast.parse(text))


def functions(source: Source) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """List every function of a file, methods and inner ones included."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(source.tree) if isinstance(node, kinds)]
