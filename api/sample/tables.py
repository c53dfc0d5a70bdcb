"""Read the files that ship beside this module."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def text_of(name: str) -> str:
    """Read a shipped file whole."""
    return files("api.sample").joinpath(name).read_text(encoding="utf-8")


@cache
def table_of(name: str) -> dict[str, Any]:
    """Read a shipped TOML file; callers treat it as constant."""
    return tomllib.loads(text_of(name))
