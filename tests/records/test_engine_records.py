"""Whatever the engine writes fits the published schema, canonically."""

from __future__ import annotations

import json

import jsonschema_rs

from ledger.database import Urls
from ledger.log.canonical import check_profile, leaf_hash, parse_canonical
from schemas.records.journal import JOURNAL_RECORD
from tests.registry import opened, rows
from tests.store.test_doctor import tell_story


def test_every_record_of_a_life_fits_the_schema_and_the_profile(database: Urls) -> None:
    """Registration, approval, issue, sale, hold, settlement, claim, allocation, surrender."""
    with opened(database.app) as registry:
        tell_story(registry)
    validator = jsonschema_rs.validator_for(JOURNAL_RECORD)
    found = rows(database.owner, "SELECT kind, body, leaf FROM journal ORDER BY seq")

    kinds = set()
    for kind, body, leaf in found:
        record = parse_canonical(bytes(body))
        check_profile(record)
        validator.validate(record)
        assert record["kind"] == kind
        assert leaf_hash(bytes(body)) == bytes(leaf)
        kinds.add(kind)
    assert {"gec.issue", "hold.open", "gec.retire", "cea.surrender", "approval.approve"} <= kinds


def test_a_record_with_a_number_for_a_quantity_is_not_one(database: Urls) -> None:
    """The schema is not empty: amounts are strings of digits."""
    with opened(database.app) as registry:
        tell_story(registry)
    query = "SELECT body FROM journal WHERE kind = 'gec.retire'"
    record = json.loads(bytes(rows(database.owner, query)[0][0]))
    record["postings"][0]["amount"] = 12

    assert not jsonschema_rs.validator_for(JOURNAL_RECORD).is_valid(record)
