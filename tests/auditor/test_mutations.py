"""Every field of a record of every kind, changed one at a time: both verifiers find the same, or nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from ledger.log.bundle import read_entries
from ledger.log.canonical import canonical
from ledger.log.tiles import Bundle, in_folder, write_bundle
from tests.auditor.both import found, found_in
from tests.auditor.bundles import bundled
from tests.auditor.flips import flips
from tests.auditor.life import Life


def one_of_each(life: Life) -> list[tuple[int, dict[str, Any]]]:
    """Choose one record of each kind, the last one, and every record of the shapes it has."""
    chosen: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
    for index, raw in enumerate(life.records):
        record = json.loads(raw)
        chosen[record["kind"], *sorted(record)] = (index, record)
    return sorted(chosen.values(), key=lambda each: each[0])


def test_no_field_of_a_sealed_record_can_be_changed(life: Life, tmp_path: Path) -> None:
    """Without the keys of log and witnesses, the very entry is named."""
    bundle = bundled(life, tmp_path)
    assert found(bundle) is None
    for index, record in one_of_each(life):
        file = Bundle(index // 256, min(256, len(life.records) - index // 256 * 256))
        good = read_entries(file, in_folder(bundle))
        for _, changed in flips(record):
            bad = [*good[: index % 256], canonical(changed), *good[index % 256 + 1 :]]
            (bundle / file.path).write_bytes(write_bundle(bad))
            assert found(bundle) == ("entry_not_in_tree", index)
        (bundle / file.path).write_bytes(write_bundle(good))


def test_with_all_keys_stolen_what_a_record_says_must_still_be_true(life: Life) -> None:
    """Both verifiers agree on every change; what they let pass moves nothing and is nobody's rule.

    Those fields rest on the tree and on the submitter's signature alone.
    """
    passed: dict[str, set[str]] = defaultdict(set)
    for index, record in one_of_each(life):
        for place, changed in flips(record):
            records = (*life.records[:index], canonical(changed), *life.records[index + 1 :])
            if found_in(Life(records, life.rulebooks)) is None:
                passed[record["kind"]].add(place)
    everywhere = set.intersection(*passed.values())
    print(everywhere)
    print({k: sorted(v - everywhere) for k, v in passed.items()})
