"""`/v1/journals`: the record as it is hashed, to those concerned and to nobody else."""

from __future__ import annotations

import json

from ledger.log.canonical import leaf_hash, parse_canonical
from tests.http.doors import Door, party_body


def test_a_journal_tells_the_bytes_that_are_hashed(shared_door: Door) -> None:
    """The record is canonical, and its leaf is what anyone computes from it."""
    operator = shared_door.operator
    made = operator.must("/v1/parties", party_body())
    told = operator.get(made["links"]["journal"]).json()

    record = told["record"].encode()
    assert parse_canonical(record) == json.loads(told["record"])
    assert leaf_hash(record).hex() == told["leaf"]
    assert (told["kind"], told["postings"]) == ("party.register", [])


def test_a_journal_of_others_is_not_found(shared_door: Door) -> None:
    """The same answer as for a journal that is not there."""
    made = shared_door.operator.must("/v1/parties", party_body())
    stranger = shared_door.person("enterprise")

    foreign = stranger.get(made["links"]["journal"])
    unknown = stranger.get("/v1/journals/jrn_7zzzzzzzzzzzz")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json()["code"] == unknown.json()["code"] == "not_found"
