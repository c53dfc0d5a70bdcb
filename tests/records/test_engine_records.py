"""Whatever the engine writes fits the published schema, canonically."""

from __future__ import annotations

import json
from hashlib import sha256

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


def test_the_first_record_of_a_group_has_the_digest_of_its_key_and_no_other_has(
    database: Urls,
) -> None:
    """So an answer that is filed under another key is found; the key itself is its owner's."""
    with opened(database.app) as registry:
        tell_story(registry)
    found = rows(
        database.owner,
        "SELECT command.key, journal.body FROM journal JOIN command ON command.grp = journal.grp",
    )
    told = [(key, json.loads(bytes(body))) for key, body in found]

    assert {record["part"] > 1 for _, record in told} == {False, True}
    for key, record in told:
        digest = sha256(key.encode()).hexdigest() if record["part"] == 1 else None
        assert record.get("key") == digest


def test_a_record_with_a_number_for_a_quantity_is_not_one(database: Urls) -> None:
    """The schema is not empty: amounts are strings of digits."""
    with opened(database.app) as registry:
        tell_story(registry)
    query = "SELECT body FROM journal WHERE kind = 'gec.retire'"
    record = json.loads(bytes(rows(database.owner, query)[0][0]))
    record["postings"][0]["amount"] = 12

    assert not jsonschema_rs.validator_for(JOURNAL_RECORD).is_valid(record)
