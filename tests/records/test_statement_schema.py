"""The published shape of statements, held to what is issued."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from schemas.records.statement import STATEMENT, schema_text
from tests.log.retirements import ONE, TWO
from tests.log.test_statement import a_statement

ROOT = Path(__file__).parents[2]


def test_the_published_schema_is_the_one_in_the_code() -> None:
    """`schemas/json/statement.json` is generated, never edited."""
    assert schema_text() == (ROOT / "schemas/json/statement.json").read_text("utf-8")


@pytest.mark.parametrize("records", [ONE, TWO])
def test_what_is_issued_fits_the_schema(records: list[dict[str, object]]) -> None:
    """Every field is described, and no other one is let in."""
    statement = a_statement(records)
    validator = jsonschema_rs.validator_for(STATEMENT)

    validator.validate(statement)
    for name in statement:
        poorer = {key: value for key, value in statement.items() if key != name}
        assert not validator.is_valid(poorer)
    assert not validator.is_valid(statement | {"more": 1})
    assert json.loads(schema_text()) == STATEMENT
