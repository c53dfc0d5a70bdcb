"""`docs/walk.md` names the statements of a retirement in the order in which they run."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from ledger.database import Urls
from ledger.posting import arrays
from ledger.posting import asked as questions
from ledger.store.registers import REGISTERS
from settlement.retirement import RetirementOrder, retire
from tests.registry import OPERATOR, opened
from tests.store.test_doctor import MONTH

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| \d+ \| `([^`]+)` \|", re.MULTILINE)


def test_every_statement_of_the_walk_is_one_of_ours() -> None:
    """By name in load.sql or store.sql, or a register, or the bounds of the transaction."""
    named = ROW.findall((ROOT / "docs/walk.md").read_text("utf-8"))
    ours = {
        *questions.SQL,
        *arrays.SQL,
        "BEGIN",
        "COMMIT",
        *(f"INSERT INTO {r}" for r in REGISTERS),
    }

    assert len(named) == 14
    assert set(named) <= ours


def test_the_walk_is_what_the_server_was_asked(database: Urls) -> None:
    """A retirement's statements, as PostgreSQL saw them, are those of the walk, in its order."""
    named = ROW.findall((ROOT / "docs/walk.md").read_text("utf-8"))
    with opened(database.app) as registry:
        registry.adopt_shipped()
        owner = registry.party("generator")
        account = registry.account(owner, "generator")
        registry.issue(registry.plant(owner), MONTH, 60)
        claim = RetirementOrder(account, 10, registry.codes[owner], "x", "voluntary", 2025)
        conn = registry.desk.writer._connection()
        asked: list[str] = []
        conn.cursor_factory = _noting(asked, psycopg.Cursor)
        registry.must_do(OPERATOR, lambda r, a: retire(r, a, claim))

    assert asked == [name for name in named if name not in {"BEGIN", "COMMIT"}]


def _noting(asked: list[str], cursor: type) -> type:
    """Make a cursor that notes which of our statements it is given."""
    texts = {text: name for sql in (questions.SQL, arrays.SQL) for name, text in sql.items()}

    class Noting(cursor):  # type: ignore[misc]
        def execute(self, query: object, *args: object, **options: object) -> object:
            found = texts.get(query) if isinstance(query, bytes) else None
            if found is None and hasattr(query, "as_string"):
                found = " ".join(query.as_string().replace('"', "").split()[:3])
            if found is not None:
                asked.append(found)
            return super().execute(query, *args, **options)

    return Noting
