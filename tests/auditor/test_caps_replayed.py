"""Room under provincial caps, as records tell it: both verifiers find who takes what is not there."""

from __future__ import annotations

from typing import Any

from tests.auditor.both import found_in
from tests.auditor.forging import Forger
from tests.auditor.life import Life


def taking(forger: Forger) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Find the restatements that take room under a cap, each with its posting."""
    return [
        (record, posting)
        for record in forger.records
        if record["kind"] == "budget.restate"
        for posting in record.get("postings", [])
        if posting["instrument"].startswith("CAP-")
    ]


def test_a_budget_that_says_other_room_is_found(life: Life) -> None:
    """What a restatement says it has of a cap is what its account has."""
    forger = Forger(life)
    record, _ = taking(forger)[0]
    told = record["body"]["capped"]
    told["in_province"] = str(int(told["in_province"]) + 1)

    assert found_in(forger.life()) == ("body_mismatch", forger.index(record))


def test_room_from_beyond_a_cap_is_found(life: Life) -> None:
    """Once a cap is set, nobody takes from where there is no end."""
    forger = Forger(life)
    (_, without), *_, (last, posting) = taking(forger)
    assert posting["debit"] != without["debit"]
    posting["debit"] = without["debit"]

    assert found_in(forger.life()) == ("cap_passed", forger.index(last))


def test_room_of_another_province_is_found(life: Life) -> None:
    """A budget takes room under the caps of its own province and year alone."""
    forger = Forger(life)
    record, posting = taking(forger)[0]
    posting["instrument"] = posting["instrument"].replace("-11-", "-15-")
    for told in record["touched"]:
        told["instrument"] = told["instrument"].replace("-11-", "-15-")

    assert found_in(forger.life()) == ("cap_passed", forger.index(record))


def test_more_shared_out_than_is_free_is_found(life: Life) -> None:
    """What is told of the room that is shared out is what the registry's account has."""
    forger = Forger(life)
    record = forger.find("cap.apportion")
    record["body"]["room"] = str(int(record["body"]["room"]) + 1)

    assert found_in(forger.life()) == ("cap_passed", forger.index(record))


def test_a_version_of_a_cap_that_is_not_the_next_is_found(life: Life) -> None:
    """Caps are set one after the other, and so are their sharings."""
    for kind in ("cap.set", "cap.apportion"):
        forger = Forger(life)
        record = forger.find(kind)
        record["body"]["version"] = "7"
        assert found_in(forger.life()) == ("name_taken", forger.index(record))
