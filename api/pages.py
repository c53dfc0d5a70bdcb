"""Write the pages and descriptions that are generated: `python -m api.pages`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from api.app import routed
from api.description import description_text
from api.problems import refusals_page
from api.roles import roles_page
from schemas.records import budget_statement, journal, statement

_API: Final = Path(__file__).resolve().parent
DESCRIPTION: Final = _API / "openapi.json"
DOCS: Final = _API.parent / "docs"
_SCHEMAS: Final = _API.parent / "schemas" / "json"


def write() -> None:
    """Write them all."""
    DOCS.mkdir(exist_ok=True)
    DESCRIPTION.write_text(description_text(routed()), "utf-8")
    (DOCS / "refusals.md").write_text(refusals_page(), "utf-8")
    (DOCS / "roles.md").write_text(roles_page(), "utf-8")
    for name, schema_text in _SCHEMA_TEXTS.items():
        (_SCHEMAS / name).write_text(schema_text(), "utf-8")


_SCHEMA_TEXTS: Final = {
    "budget_statement.json": budget_statement.schema_text,
    "journal.json": journal.schema_text,
    "statement.json": statement.schema_text,
}


if __name__ == "__main__":
    write()
