"""Faults of the doors behind which the log is told: to whom, from which files, and when."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

LOG: Final = "tests/http/test_log_doors.py"
PROOFS: Final = "tests/http/test_proofs.py"
STATEMENTS: Final = "tests/http/test_statements.py"
FEED: Final = "tests/store/test_events.py"
EVENTS: Final = "ledger/store/queries/events.py"

TELLING: Final = (
    one(
        "doors: any name below the log's folder is read",
        f"{LOG}::test_hostile_paths_find_nothing",
        "api/v1/log.py",
        "if spelling.fullmatch(path) is None:",
        'if spelling.fullmatch(path) is None and "vkeys" in path:',
    ),
    one(
        "doors: a partial tile is kept for ever",
        f"{LOG}::test_what_is_full_may_be_kept_for_ever_and_the_rest_briefly",
        "api/v1/log.py",
        'return BRIEFLY if ".p/" in path else FOR_EVER',
        "return FOR_EVER if path else BRIEFLY",
    ),
    one(
        "doors: a proof is handed out as the tiles make it",
        f"{LOG}::test_damaged_files_are_never_proved_from",
        "ledger/log/published.py",
        "verify_inclusion(leaf_hash(record), index, head.size, hashes, head.checkpoint.root)",
        "assert callable(verify_inclusion) and callable(leaf_hash)",
    ),
    one(
        "doors: a wait ends with the place, before the checkpoint",
        f"{PROOFS}::test_a_wait_over_what_is_sealed_and_not_published_tells_so",
        "api/sealing.py",
        "is_published = all(places[journal] < size for journal in awaited.journals)",
        "is_published = all(places[journal] < size + 99 for journal in awaited.journals)",
    ),
    one(
        "doors: a retirement is stated though it was taken back",
        f"{STATEMENTS}::test_what_was_taken_back_is_not_stated",
        "api/v1/statements.py",
        "if row.reversed_by is not None:",
        "if row.reversed_by == 0:",
    ),
    one(
        "doors: whoever oversees one province has every beneficiary's retirement stated",
        f"{STATEMENTS}::test_a_statement_is_for_those_whose_record_it_is",
        "api/scope.py",
        "return false() if self.province is None else province == self.province",
        "return false() if self.province is None else province != ''",
    ),
    one(
        "events: a window's least and greatest number bound the whole log",
        f"{FEED}::test_pages_of_any_size_from_anywhere_are_what_going_through_the_log_finds",
        EVENTS,
        'whole = {"low": 0, "high": _SEQ_MAX}',
        'whole = {"low": low, "high": _SEQ_MAX}',
    ),
    one(
        "events: a window that brings too little is the end",
        f"{FEED}::test_pages_of_any_size_from_anywhere_are_what_going_through_the_log_finds",
        EVENTS,
        'if len(rows) == given["most"] or past >= given["past"]:',
        "if rows or past:",
    ),
)
