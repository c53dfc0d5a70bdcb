"""Reading a retirement from its records: all of them, in order, and nothing else."""

import json
from typing import Any

import jsonschema_rs
import pytest

from ledger.log.canonical import canonical
from ledger.log.retired import RecordUnfit, retired
from schemas.records.journal import JOURNAL_RECORD
from tests.log.retirements import ONE, OWN, TWO, a_posting, a_record


@pytest.mark.parametrize("records", [ONE, TWO])
def test_the_records_of_these_tests_are_records(records: list[dict[str, Any]]) -> None:
    """They fit the published schema."""
    validator = jsonschema_rs.validator_for(JOURNAL_RECORD)

    for record in records:
        validator.validate(record)


@pytest.mark.parametrize(
    "records",
    [
        [],
        TWO[:1],
        TWO[1:],
        TWO[::-1],
        [*TWO, TWO[1]],
        [ONE[0] | {"kind": "transfer.bilateral"}],
        [ONE[0] | {"group": "jrn_000000000000w"}],
        [ONE[0] | {"day": None}],
        [{name: value for name, value in ONE[0].items() if name != "postings"}],
        [{name: value for name, value in ONE[0].items() if name != "body"}],
        [ONE[0] | {"body": ONE[0]["body"] | {"quantity": 12}}],
        [ONE[0] | {"body": ONE[0]["body"] | {"quantity": "13"}}],
        [ONE[0] | {"body": "12"}],
        [a_record(a_posting(1, "15", "12", credit=OWN))],
        [a_record(a_posting(1, "15", "12", instrument="CEA-2025"))],
        [a_record(a_posting(1, "15", "012"))],
        [a_record(a_posting(1, "15", "12") | {"first": 15})],
        [TWO[0], TWO[1] | {"log": "another"}],
        [TWO[0], TWO[1] | {"parts": 3}],
        [TWO[0] | {"parts": 3}, TWO[1] | {"part": 3, "parts": 3}],
        [TWO[0], TWO[1] | {"continues": "jrn_000000000000w"}],
        [TWO[0], {name: value for name, value in TWO[1].items() if name != "continues"}],
        [ONE[0] | {"part": 2, "parts": 2}],
    ],
)
def test_records_that_are_no_whole_retirement_are_unfit(records: list[dict[str, Any]]) -> None:
    """Parts missing, in another order or of another act; lines about something else."""
    with pytest.raises(RecordUnfit):
        retired(list(map(canonical, records)))


def test_a_retirement_may_begin_behind_the_approval_in_its_group() -> None:
    """Its own number is the first record's, not the group's."""
    later = [
        TWO[0] | {"id": "jrn_000000000000x", "part": 2, "parts": 3},
        TWO[1] | {"continues": "jrn_000000000000x", "part": 3, "parts": 3},
    ]

    found = retired(list(map(canonical, later)))
    assert (found.journal, found.quantity) == ("jrn_000000000000x", "12")


def test_bytes_that_are_no_record_are_unfit() -> None:
    """Spelled otherwise, they are not what was logged."""
    with pytest.raises(RecordUnfit):
        retired([json.dumps(ONE[0]).encode()])
