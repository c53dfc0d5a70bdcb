"""The app may insert rows: one that no act brought is named by doctor, whatever the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from ledger.database import Urls
from tests.attacks.insider import OF_ROWS, Insider, inside
from tests.databases import Clones

ENTITY: Final = {"id": "nextval('entity_id')"}
FREE_SEQ: Final = "nextval('journal_seq')"
# By table: a copy of some row, with what must differ for the table to take it; the check that speaks.
FORGED: Final[dict[str, tuple[dict[str, str], str]]] = {
    "party": (ENTITY | {"identity": "'91000000000000000X'"}, "party_is_as_registered"),
    "plant": (ENTITY | {"registration_code": "'S0000000000000999'"}, "plant_is_as_registered"),
    "account": (ENTITY | {"class": "'cash'"}, "account_is_as_opened"),
    "instrument": (
        {"id": "1031", "code": "'CEA-2031'", "kind": "'fungible'", "unit": "'tCO2e'"},
        "instrument_was_opened",
    ),
    "balance": (
        {"instrument": "2", "posted": "1000", "held": "0", "version": "1"},
        "balance_is_its_postings",
    ),
    "client": (ENTITY | {"key_name": "'forged'", "role": "'operator'"}, "key_was_made"),
    "command": ({"key": "'forged'"}, "journal_has_one_outcome"),
    "journal": (
        {"seq": FREE_SEQ, "grp": "(SELECT max(seq) FROM journal)"},
        "record_tells_its_journal",
    ),
    "posting": ({"n": "64"}, "record_tells_its_postings"),
    "unsealed": ({"journal": FREE_SEQ}, "queue_is_of_journals"),
    "document": (ENTITY | {"bytes": "'x'", "sha256": "sha256('x')"}, "document_is_as_filed"),
    "rulebook": (
        {"version": "99", "raw": "'mine'", "digest": "sha256('mine')"},
        "rulebook_was_adopted",
    ),
    "factor": ({"version": "99", "value": "0.99"}, "factor_was_set"),
    "cap": ({"version": "99", "cap": "9"}, "cap_was_set"),
    "cap_apportionment": ({"version": "99", "asked": "9"}, "cap_was_shared_out"),
    "approval": (ENTITY | {"hold": "NULL"}, "approval_is_as_opened"),
    "meter_reading": (ENTITY | {"version": "99"}, "reading_is_as_recorded"),
    "hold": (ENTITY | {"remaining": "original"}, "hold_is_its_events"),
    "hold_event": (
        {"event": "'expire'", "amount": "1", "journal": "(SELECT max(seq) FROM journal)"},
        "record_tells_its_holds",
    ),
    "retirement": (ENTITY | {"statement_no": "'forged'"}, "claim_is_as_made"),
    "verified_emission": ({"version": "99", "tco2e": "0"}, "emission_is_as_verified"),
    "fossil_budget": (ENTITY | {"year": "2031"}, "budget_is_as_set"),
    "fossil_budget_event": ({"n": "99"}, "budget_event_has_its_act"),
    "energy_confirmation": ({"version": "99", "kwh": "0"}, "confirmation_was_made"),
    "budget_statement": (
        {"n": "99", "bytes": "'{}'", "sha256": "sha256('{}')"},
        "statement_is_as_named",
    ),
    "ets_entity": ({"version": "99"}, "entity_is_as_listed"),
    "entitlement": ({"n": "99", "stage": "'auction'"}, "entitlement_is_as_approved"),
    "ets_installation": ({"code": "'forged'"}, "entity_is_as_listed"),
    "market_quote": ({"version": "99", "close_fen": "1"}, "quote_is_as_told"),
    "ccer_import": ({"n": "99", "cancellation_no": "'x'"}, "reductions_are_as_brought_in"),
    "carry_over": ({"n": "99"}, "carried_is_as_converted"),
    "opening_standing": ({"source": "'forged'"}, "standing_is_as_brought_in"),
    "share_target": ({"version": "99", "share": "0"}, "share_is_as_set"),
    "metric_use": (
        {"retirement": "(SELECT max(id) FROM retirement WHERE quantity = 300)", "metric": "'rps'"},
        "use_was_recognised",
    ),
    "ccer_project": ({"project": "'forged'"}, "project_is_as_registered"),
    "parcel": ({"lo": "lo + 1"}, "cuts_have_a_reason"),
    "mandate": (ENTITY | {"scopes": "'{sell, retire}'"}, "mandate_is_as_granted"),
    "mandate_end": ({"mandate": "(SELECT max(id) FROM mandate)"}, "mandate_was_ended"),
    "evidence": (
        {
            "nonce": "'forged, 16 signs'",
            "signature": "sha512('mine')",
            "digest": "sha256(sha256(base) || sha256(sha512('mine')) || sha256(body))",
        },
        "evidence_is_of_its_command",
    ),
    "key_challenge": (
        ENTITY | {"challenge": "sha256('mine')", "label": "'mine'"},
        "challenge_is_as_given",
    ),
    "signing_key_end": (
        {"key": "(SELECT max(id) FROM signing_key)", "reason": "'revoked'"},
        "signing_key_was_ended",
    ),
    "objection": (ENTITY | {"reason": "'another'"}, "objection_is_as_filed"),
    "objection_decision": (
        {"objection": "(SELECT max(id) FROM objection)", "outcome": "'upheld'"},
        "objection_is_as_decided",
    ),
    "consolidation": ({"lo": "lo + 1"}, "parcels_joined_are_as_told"),
    "imported_parcel": ({"lo": "lo + 1"}, "piece_is_as_brought_in"),
}
# Rows that a table's keys do not let be copied: written out.
WRITTEN: Final[dict[str, tuple[str, str]]] = {
    "plant_approval": (
        (
            "WITH made AS (INSERT INTO plant SELECT nextval('entity_id'), party, name, energy, technology, "
            "capacity_kw, commissioned_on, province, grid_connection, market_based, storage, "
            "'S0000000000000998', account, journal FROM plant LIMIT 1 RETURNING id, journal) "
            "INSERT INTO plant_approval SELECT id, journal FROM made"
        ),
        "approved_plant_was_approved",
    ),
    "metric_bar": (
        (
            "INSERT INTO metric_bar SELECT id, 'fossil_budget.rps', journal FROM retirement "
            "WHERE id NOT IN (SELECT retirement FROM metric_use) LIMIT 1"
        ),
        "bar_is_of_a_use",
    ),
    "signing_key": (
        (
            "WITH asked AS (INSERT INTO key_challenge SELECT nextval('entity_id'), party, purpose, "
            "suite, sha256('mine'), 'mine', sha256('mine'), expires_at, journal "
            "FROM key_challenge LIMIT 1 RETURNING *) "
            "INSERT INTO signing_key SELECT nextval('entity_id'), id, party, purpose, suite, "
            "public_key, label, NULL, journal FROM asked"
        ),
        "signing_key_is_as_registered",
    ),
    "lot": (
        (
            "WITH made AS (INSERT INTO lot (id, instrument, plant, month, energy, category, "
            "trade, mechanism, "
            "province, reading, first_serial, size, follows, valid_until, origin_registry, "
            "origin_lot, journal) "
            "SELECT id + 1, instrument, plant, month, energy, category, trade, mechanism, province, reading, "
            "past_serial, 500, past_serial, valid_until, origin_registry, 'forged', journal "
            "FROM lot ORDER BY id DESC LIMIT 1 RETURNING id, size) "
            "INSERT INTO parcel SELECT made.id, 0, made.size, account, NULL, "
            "acquired_journal, acquired_n, 0, "
            "origin FROM parcel, made WHERE account > 99 LIMIT 1"
        ),
        "lot_is_as_issued",
    ),
}
OTHERS: Final[dict[str, tuple[str, str]]] = {
    "a journal nobody asked for": (
        (
            "INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf) SELECT "
            "nextval('journal_seq'), currval('journal_seq'), 1, kind, at, day, party, rules, body, leaf "
            "FROM journal ORDER BY seq DESC LIMIT 1"
        ),
        "journal_has_one_outcome",
    ),
    "a journal that is not queued for the log": (
        (
            "INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf) SELECT "
            "nextval('journal_seq'), currval('journal_seq'), 1, kind, at, day, party, rules, body, leaf "
            "FROM journal ORDER BY seq DESC LIMIT 1"
        ),
        "journal_waits_for_the_log",
    ),
    "a journal with another's leaf": (
        (
            "INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf) SELECT "
            "nextval('journal_seq'), currval('journal_seq'), 1, kind, at, day, party, rules, "
            "body || ' ', leaf "
            "FROM journal ORDER BY seq DESC LIMIT 1"
        ),
        "leaf_is_of_its_record",
    ),
    "a journal whose record nobody can read": (
        (
            "INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf) SELECT "
            r"nextval('journal_seq'), currval('journal_seq'), 1, kind, at, day, party, rules, '\xff', "
            r"sha256('\x00ff') FROM journal ORDER BY seq DESC LIMIT 1"
        ),
        "journal_has_one_outcome",
    ),
    "a journal beyond the sequence": (
        (
            "INSERT INTO journal (seq, grp, part, kind, at, day, party, rules, body, leaf) SELECT "
            "seq + 1, seq + 1, 1, kind, at, day, party, rules, body, leaf FROM journal "
            "ORDER BY seq DESC LIMIT 1"
        ),
        "number_was_drawn",
    ),
    "an account beyond the sequence": (
        (
            "INSERT INTO account (id, class, party, floor, journal) "
            "SELECT 10 ^ 15, 'cash', party, floor, journal FROM account WHERE id > 99 LIMIT 1"
        ),
        "number_was_drawn",
    ),
    "an answer with somebody else's journals": (
        (
            "INSERT INTO command (client, key, request, outcome, grp, at) "
            "SELECT client, 'forged', request, outcome, NULL, at FROM command WHERE grp IS NOT NULL LIMIT 1"
        ),
        "outcome_is_of_its_request",
    ),
    "an answer under another key": (
        (
            "INSERT INTO command (client, key, request, outcome, grp, at) "
            "SELECT client, 'forged', request, outcome, grp, at FROM command WHERE grp IS NOT NULL LIMIT 1"
        ),
        "outcome_is_of_its_request",
    ),
    "a claim about certificates that another registry retired": (
        (
            "INSERT INTO retirement SELECT nextval('entity_id'), account, party, beneficiary_code, 'mine', "
            "purpose, consumption_year, quantity, 'forged', public, note, at, journal FROM retirement "
            "WHERE journal IN (SELECT seq FROM journal WHERE kind = 'opening.lot') LIMIT 1"
        ),
        "claim_is_as_brought_in",
    ),
    "a retirement used up for nothing": (
        (
            "INSERT INTO metric_use SELECT id, 'rps', NULL, journal FROM retirement "
            "WHERE id NOT IN (SELECT retirement FROM metric_use) LIMIT 1"
        ),
        "use_was_recognised",
    ),
    "energy credited with another plant's certificates": (
        (
            "INSERT INTO posting (journal, n, debit, credit, instrument, amount, debit_after, lot, lo) "
            "SELECT p.journal, 60, p.debit, 6, 1, 1, 0, "
            "(SELECT max(id) FROM lot WHERE plant <> (SELECT max(plant) FROM ccer_project)), 0 "
            "FROM posting AS p JOIN lot ON lot.id = p.lot JOIN ccer_project AS c ON c.plant = lot.plant "
            "WHERE p.credit = 6 LIMIT 1"
        ),
        "credit_is_of_its_month",
    ),
    "a freeze for no project": (
        (
            "INSERT INTO journal SELECT nextval('journal_seq'), grp, part, 'ccer.freeze', at, day, party, "
            "NULL, rules, NULL, NULL, body, leaf FROM journal WHERE kind = 'units.freeze' LIMIT 1"
        ),
        "freeze_is_of_a_project",
    ),
    "a person without a registration": (
        (
            "INSERT INTO party (id, scheme, identity, name, kinds, sandbox, journal) "
            "SELECT nextval('entity_id'), 'person', 'other', name, kinds, sandbox, journal "
            "FROM party WHERE scheme = 'person'"
        ),
        "party_is_as_registered",
    ),
    "a duty of nobody who owes": (
        (
            "INSERT INTO account (id, class, party, floor, journal) "
            "SELECT nextval('entity_id'), 'duty', "
            "(SELECT max(id) FROM party WHERE id NOT IN (SELECT party FROM account WHERE class = 'duty')), "
            "0, max(seq) FROM journal WHERE kind = 'cea.reduce'"
        ),
        "account_is_as_opened",
    ),
    "a leaf queued twice": (
        "INSERT INTO unsealed SELECT * FROM unsealed LIMIT 1",
        "journal_waits_for_the_log",
    ),
    "a posting of money from nowhere": (
        (
            "INSERT INTO posting (journal, n, debit, credit, instrument, amount, credit_after) "
            "SELECT max(journal.seq), 63, 1, (SELECT max(id) FROM account), 2, 100, 100 FROM journal"
        ),
        "balance_is_its_postings",
    ),
}
SILENT: Final = {
    "a refusal nobody was told": (
        "INSERT INTO command (client, key, request, outcome, at) SELECT client, 'not asked yet', request, "
        '\'{"code": "account_frozen", "facts": {}}\', at FROM command LIMIT 1'
    ),
    "numbers drawn and thrown away": (
        "SELECT nextval('journal_seq'), nextval('entity_id'), nextval('lot_number')"
    ),
}


@pytest.fixture
def copied(told: Urls, clones: Clones) -> Iterator[Urls]:
    """Lend a copy of the registry: what an app does is committed, for the owner to look at."""
    with clones.copy_of(told.owner.rsplit("/", 1)[1]) as urls:
        yield urls


def forge(urls: Urls, statement: str, *checks: str) -> set[str]:
    """Do something as the app, for good, and have doctor look: all checks of rows, or those named."""
    with inside(urls, "app") as app:
        app.run(statement)
        app.conn.commit()
    with inside(urls, "owner") as owner:
        return owner.found(*(checks or OF_ROWS))


def a_copy(app: Insider, table: str, changes: dict[str, str]) -> str:
    """Write the insertion of a changed copy of a table's last row."""
    columns = app.columns(table)
    assert changes.keys() <= columns.keys()
    values = ", ".join(changes.get(name, name) for name in columns)
    acts = {"account": "WHERE id > 99", "party": "WHERE id > 99"}.get(table, "")
    order = "parcel.lo LIMIT 1" if table == "parcel" else "ctid DESC LIMIT 1"
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} {acts} ORDER BY {order}"


def test_a_forgery_of_every_table_that_the_app_may_write_is_tried(told: Urls) -> None:
    """The tables come from the catalogue, so a new one without a check fails here."""
    with inside(told, "app") as app:
        may = {
            name
            for name in app.tables()
            if app.rows("SELECT has_table_privilege(%s, 'INSERT')", name) == [(True,)]
        }

    assert may == FORGED.keys() | WRITTEN.keys()


@pytest.mark.parametrize("table", FORGED)
def test_a_row_copied_by_the_app_is_named(table: str, copied: Urls) -> None:
    """It has the shape of a real one, and even names a real journal; the record does not name it."""
    changes, check = FORGED[table]
    with inside(copied, "app") as app:
        statement = a_copy(app, table, changes)
    assert forge(copied, statement, check) == {check}


@pytest.mark.parametrize("name", [*WRITTEN, *OTHERS])
def test_a_row_written_by_the_app_is_named(name: str, copied: Urls) -> None:
    """Lots, journals, answers and numbers made outside the engine."""
    statement, check = (WRITTEN | OTHERS)[name]
    assert forge(copied, statement, check) == {check}


def test_a_row_that_comes_by_copy_is_named_like_any_other(copied: Urls) -> None:
    """COPY FROM is an insertion: it is a right of the app, and as visible."""
    with inside(copied, "app") as app:
        [row, *_] = app.rows("SELECT * FROM factor")
        version = list(app.columns("factor")).index("version")
        with app.conn.cursor() as cursor, cursor.copy("COPY factor FROM STDIN") as copy:
            copy.write_row((*row[:version], 99, *row[version + 1 :]))
        app.conn.commit()

    with inside(copied, "owner") as owner:
        assert owner.found("factor_was_set") == {"factor_was_set"}


@pytest.mark.parametrize("name", SILENT)
def test_what_leaves_no_trace_does_no_more_than_deny(name: str, copied: Urls) -> None:
    """A forged refusal answers a key that was never asked with; a number thrown away is a gap."""
    assert forge(copied, SILENT[name]) == set()
