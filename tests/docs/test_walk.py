"""`docs/walk.md` names the statements of a retirement in the order in which they run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.database import Urls
from ledger.posting.statement import LOAD, STORE, Statement
from ledger.posting.wire import Reply, Wire
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
        *LOAD,
        *STORE,
        "BEGIN",
        "COMMIT",
        *(f"INSERT INTO {r}" for r in REGISTERS),
    }

    assert len(named) == 14
    assert set(named) <= ours


def test_the_walk_is_what_the_server_was_asked(
    database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retirement's statements, as they were sent to PostgreSQL, are those of the walk, in its order."""
    named = ROW.findall((ROOT / "docs/walk.md").read_text("utf-8"))
    with opened(database.app) as registry:
        registry.adopt_shipped()
        owner = registry.party("generator")
        account = registry.account(owner, "generator")
        registry.issue(registry.plant(owner), MONTH, 60)
        claim = RetirementOrder(account, 10, registry.codes[owner], "x", "voluntary", 2025)
        asked: list[str] = []
        send, command = Wire.send, Wire.command

        def noting(wire: Wire, statement: Statement, values: Sequence[bytes | None]) -> Reply:
            words = statement.text.decode().replace('"', "").split()
            is_register = statement.name == "insert_register"
            asked.append(" ".join(words[:3]) if is_register else statement.name)
            return send(wire, statement, values)

        def noting_too(wire: Wire, text: bytes) -> Reply:
            asked.append(text.decode())
            return command(wire, text)

        monkeypatch.setattr(Wire, "send", noting)
        monkeypatch.setattr(Wire, "command", noting_too)
        registry.must_do(OPERATOR, lambda r, a: retire(r, a, claim))

    assert asked == named
