"""The published shape of journal records, held to what the engine writes."""

import json
from pathlib import Path

from ledger.kinds import KINDS, kinds_table
from schemas.records.bodies import BODIES
from schemas.records.journal import schema_text

ROOT = Path(__file__).parents[2]


def test_the_published_schema_is_the_one_in_the_code() -> None:
    """`schemas/json/journal.json` is generated, never edited."""
    assert schema_text() == (ROOT / "schemas/json/journal.json").read_text("utf-8")
    json.loads(schema_text())


def test_every_kind_has_a_schema_of_its_body_and_no_other_has() -> None:
    """An auditor learns from the schemas alone what a record must hold."""
    assert BODIES.keys() == KINDS.keys()


def test_the_table_of_kinds_is_the_one_in_the_code() -> None:
    """`docs/kinds.md` is generated, never edited."""
    assert kinds_table() in (ROOT / "docs/kinds.md").read_text("utf-8")
