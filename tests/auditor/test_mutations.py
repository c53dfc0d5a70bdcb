"""Every field of a record of every kind, changed one at a time: both verifiers find the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.log.bundle import read_entries
from ledger.log.canonical import canonical
from ledger.log.tiles import Bundle, in_folder, write_bundle
from tests.auditor.both import Begun, found
from tests.auditor.bundles import bundled
from tests.auditor.flips import flips
from tests.auditor.life import Life

WHO_ASKED: Final = {"actor/client", "actor/party", "actor/person", "key", "req"}
"""Proved by the submitter's signature, not by the book."""

SAID_ONLY: Final = {
    "salt", "id", "postings/price_fen", "external/id", "external/source",
    *(f"body/{name}" for name in (
        # papers and reasons
        "document_no", "document_ids", "title", "media_type", "sha256", "reference", "reason", "note",
        "project", "cause", "stage", "evidence/contract_no", "evidence/plan_id", "evidence/filing_id",
        "evidence/document_ids", "evidence/settled_kwh", "operation", "payload_sha256", "outcome",
        # who and what somebody is
        "credit_code", "name", "kinds", "sandbox", "province", "label", "key_name", "role", "scopes",
        "secret_sha256", "person", "party", "verifier", "controller", "valid_from", "valid_to",
        "registration_code", "technology", "grid_connection", "storage", "market_based",
        "capacity_kw", "commissioned_on", "source", "year", "registered_on", "last_month",
        # claims
        "beneficiary_code", "beneficiary_name", "purpose", "public",
        # names of things that nothing else in the life refers to
        "act_id", "document_id", "objection_id", "mandate_id", "reading_id", "retirement_id",
        "statement_no",
        # of another registry, or of another program's arithmetic
        "origin_registry", "month", "mechanism", "trades", "carry_kwh",
        "compromised_from_index", "debt_kwh", "k",
        "traded_kwh", "certificates", "budget_gce", "inputs_digest", "trade", "asked", "share",
        # of emitters: what nothing is worked out from, what an exchange told
        "sector", "ground",
        "installations/capacity_kw", "installations/commissioned_on", "installations/closed_on",
        "day", "quotes/close_fen", "quotes/volume", "quotes/turnover_fen", "cancellation_no",
    )),
}  # fmt: skip
"""What a record says and no other record, rule or posting says again: it rests on the tree alone."""


PARTS: Final = 12
"""In so many tests the mutations are tried, each within the time that a test has."""


def one_of_each(life: Life) -> list[tuple[int, dict[str, Any]]]:
    """Choose a record of each kind, and of each set of members that its records have."""
    chosen: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
    for index, raw in enumerate(life.records[:-1]):  # the very last may be one of several to come
        record = json.loads(raw)
        chosen[record["kind"], *sorted(record)] = (index, record)
    return sorted(chosen.values(), key=lambda each: each[0])


def test_no_field_of_a_sealed_record_can_be_changed(life: Life, tmp_path: Path) -> None:
    """Without the keys of log and witnesses, the very entry is named."""
    bundle = bundled(life, tmp_path)
    assert found(bundle) is None
    for index, record in one_of_each(life):
        place, at = divmod(index, 256)
        file = Bundle(place, min(256, len(life.records) - place * 256))
        good = read_entries(file, in_folder(bundle))
        for _, changed in _some(flips(record), index):
            bad = [*good[:at], canonical(changed), *good[at + 1 :]]
            (bundle / file.path).write_bytes(write_bundle(bad))
            assert found(bundle) == ("entry_not_in_tree", index)
        (bundle / file.path).write_bytes(write_bundle(good))


def _some(every: Any, index: int) -> list[Any]:
    """Take every sixth: by the hash of the whole entry, one field is as good as another."""
    return list(every)[index % 6 :: 6]


@pytest.mark.parametrize("part", range(PARTS))
def test_with_all_keys_stolen_what_a_record_says_must_still_be_true(part: int, life: Life) -> None:
    """Both verifiers agree on every change; those that pass move nothing, and nothing else tells of them."""
    passed = set()
    for index, record in one_of_each(life)[part::PARTS]:
        begun, rest = Begun(life, index), life.records[index + 1 :]
        for place, changed in flips(record):
            if begun.found((canonical(changed), *rest)) is None:
                passed.add(re.sub(r"/\d+", "", place))

    assert passed <= WHO_ASKED | SAID_ONLY
