"""Doctor holds records, columns, decisions and guards to each other."""

from __future__ import annotations

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.readings import Reading
from settlement.registration import FreezeOrder, freeze_account
from tests.registry import NAME, OPERATOR, SECOND, Registry, code_of, opened, record
from tests.store.test_doctor import MONTH, insider

RECORDS: dict[str, tuple[str, str]] = {
    "a record rewritten": (
        (
            "UPDATE journal SET body = convert_to(replace(convert_from(body, 'UTF8'), '2025', '2024'), "
            "'UTF8') WHERE kind = 'gec.retire'"
        ),
        "leaf_is_of_its_record",
    ),
    "a record and its leaf rewritten": (
        (
            "UPDATE journal SET body = b.new, leaf = sha256('\\x00'::bytea || b.new) FROM (SELECT seq, "
            "convert_to(regexp_replace(convert_from(body, 'UTF8'), '\"amount\":\"', '\"amount\":\"9'), "
            "'UTF8') AS new FROM journal) AS b WHERE b.seq = journal.seq AND kind = 'gec.retire'"
        ),
        "record_tells_its_postings",
    ),
    "a queue row lost": (
        "DELETE FROM unsealed WHERE journal = (SELECT max(journal) FROM unsealed)",
        "journal_waits_for_the_log",
    ),
    "a place in the log given to another hash": (
        "UPDATE log_leaf SET leaf_hash = sha256('other') WHERE idx = 3",
        "log_is_of_journals",
    ),
    "a place in the log taken away": (
        "DELETE FROM log_leaf WHERE idx = 3",
        "log_is_of_journals",
    ),
    "two places in the log exchanged": (
        (
            "UPDATE log_leaf SET idx = idx + 1000 WHERE idx < 2; "
            "UPDATE log_leaf SET idx = 1001 - idx WHERE idx > 999"
        ),
        "tree_is_of_its_leaves",
    ),
    "a journal that waits for the log although it is there": (
        "INSERT INTO unsealed SELECT seq, leaf_hash FROM log_leaf LIMIT 1",
        "journal_waits_for_the_log",
    ),
    "a tree of other leaves": (
        "UPDATE log_state SET frontier = substr(frontier, 1, 8) || sha256('a') || substr(frontier, 41)",
        "tree_is_of_its_leaves",
    ),
    "an outcome removed": (
        "DELETE FROM command WHERE grp = (SELECT max(grp) FROM command)",
        "journal_has_one_outcome",
    ),
    "a price changed": (
        "UPDATE posting SET price_fen = price_fen + 1 WHERE price_fen IS NOT NULL",
        "record_tells_its_postings",
    ),
    "an act moved to another day": (
        "UPDATE journal SET day = day + 1 WHERE kind = 'gec.retire'",
        "record_tells_its_journal",
    ),
    "an act moved to another group": (
        "UPDATE journal SET grp = grp - 1 WHERE kind = 'gec.retire'",
        "outcome_is_of_its_request",
    ),
    "an act given to another party": (
        "UPDATE journal SET party = 1 WHERE kind = 'gec.retire'",
        "record_tells_its_journal",
    ),
    "a hold and its event raised together": (
        (
            "UPDATE hold_event SET amount = amount + 1 WHERE event = 'open'; "
            "UPDATE hold SET original = original + 1, remaining = remaining + 1"
        ),
        "record_tells_its_holds",
    ),
    "a version raised": (
        "UPDATE balance SET version = version + 1 WHERE held > 0",
        "balance_was_touched_as_recorded",
    ),
    "a floor lowered": (
        "UPDATE balance SET floor = -100 WHERE instrument = 1",
        "floor_is_of_its_account",
    ),
    "an account frozen by nobody": (
        "UPDATE account SET frozen = true WHERE class = 'generator'",
        "freeze_was_decided",
    ),
    "a reading raised": (
        "UPDATE meter_reading SET energy_kwh = energy_kwh + 1000",
        "reading_is_posted",
    ),
    "a decision cut off from what followed": (
        "UPDATE approval SET outcome_group = NULL",
        "decision_has_its_journal",
    ),
    "a guard switched off": (
        "ALTER TABLE factor DISABLE TRIGGER append_only",
        "guards_stand",
    ),
    "an outcome pointing nowhere": (
        (
            "UPDATE command SET outcome = jsonb_set(outcome, '{journals}', '[99999999]') "
            "WHERE grp = (SELECT max(grp) FROM command)"
        ),
        "outcome_has_its_journals",
    ),
}


@pytest.mark.parametrize("name", RECORDS)
def test_damage_to_records_is_named(name: str, copied: Urls) -> None:
    """Records, leaves, the queue and outcomes are held to each other."""
    statement, check = RECORDS[name]

    with insider(copied) as conn:
        conn.execute(statement.encode())

    assert check in {finding.check for finding in examine(copied.owner, NAME)}


def test_a_corrected_reading_and_a_lifted_freeze_are_no_findings(database: Urls) -> None:
    """The checks follow the last version and the last decision."""
    with opened(database.app) as registry:
        registry.adopt_shipped()
        party = registry.party("a")
        account, plant = registry.account(party, "generator"), registry.plant(party)
        registry.issue(plant, MONTH, 5)
        corrected = Reading(plant, MONTH, "on_grid", 3500, False, "grid", 2)
        registry.must_do(OPERATOR, record(corrected))
        for frozen in (True, False, True):
            decide_freeze(registry, FreezeOrder(account, frozen, "doc"))

    assert examine(database.owner, NAME) == []


def decide_freeze(registry: Registry, order: FreezeOrder) -> None:
    """Freeze an account or lift the freeze, by two persons."""
    asked = ApprovalOrder("account.freeze", b"{}")
    number = registry.must(OPERATOR, lambda r, a: open_approval(r, a, asked), "approval_id")
    answer = registry.ask(SECOND, lambda r, a: approve(r, a, number, freeze_account(r, a, order)))
    assert code_of(answer) is None, answer
