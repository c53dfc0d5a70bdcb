"""Write the pages and descriptions that are generated from the doors: `python -m api.pages`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api.app import routed
from api.description import description_text
from api.problems import refusals_page
from api.roles import roles_page

_API: Final = Path(__file__).resolve().parent
DESCRIPTION: Final = _API / "openapi.json"
DOCS: Final = _API.parent / "docs"


def write() -> None:
    """Write them all."""
    DOCS.mkdir(exist_ok=True)
    DESCRIPTION.write_text(description_text(routed()), "utf-8")
    (DOCS / "refusals.md").write_text(refusals_page(), "utf-8")
    (DOCS / "roles.md").write_text(roles_page(), "utf-8")


if __name__ == "__main__":
    write()
