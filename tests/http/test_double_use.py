"""Certificates that were used twice are found by their serials, whatever the registers say."""

from __future__ import annotations

import json
from datetime import date
from typing import Final

import psycopg

from ledger.model.command import Actor
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision, Reader
from settlement.reversals import ReversalOrder, reverse
from settlement.transfers import Selection, TransferOrder, transfer
from tests.http.budget_case import number
from tests.http.doors import Json
from tests.http.offices import Office
from tests.http.reporting import YEAR, steel
from tests.registry import NAME, OPERATOR, code_of
from tests.settlement.mill import two_persons


def test_a_registry_that_is_in_order_has_no_double_use(office: Office) -> None:
    """Retired, taken back by decision, retired again, recognised in a closed year: each unit once."""
    case = office.case
    office.reporting.post(steel(office.reporting.code(0)))
    lot = case.buy(1_500_000)
    taken_back = number(IdPrefix.RETIREMENT, case.retire(500, lot))
    with psycopg.connect(office.urls.app, options=f"-c search_path={NAME}") as conn:
        [(journal,)] = conn.execute("SELECT journal FROM retirement WHERE id = %s", [taken_back])
    order = ReversalOrder(journal, "mistaken", "决定〔2027〕1号")
    registry = office.reporting.door.registry
    assert code_of(two_persons(registry, lambda r, a: reverse(r, a, order))) is None
    case.mill.must(f"{case.path}/offsets", {"auto": True})
    office.confirm()
    case.close()
    office.seal()
    told = office.report("double-use")

    assert told["items"] == []
    assert told["sums"] == {"findings": 0}


def test_what_an_insider_made_to_serve_twice_is_found_by_serial(office: Office) -> None:
    """A second retirement of the same serials; and what is recognised, but came with green power."""
    case = office.case
    office.reporting.post(steel(office.reporting.code(0)))
    lot = case.buy(1_500_000)
    case.mill.must(f"{case.path}/offsets", {"auto": True})
    office.confirm()
    case.close()
    green = _green_power(office, 700)
    size = office.seal()
    _tamper(office, green)
    before = office.report("double-use", as_of_size=size)
    told = office.report("double-use")
    found = {(row["finding"], row["count"]) for row in told["items"]}

    assert before["items"] == []
    assert ("retired_twice", 1_413_296) in found
    assert ("traded_and_certificate", 100) in found
    assert ("claimed_not_retired", 100) in found
    assert {row["first_credit_code"] for row in told["items"]} == {office.reporting.code(0)}
    assert lot != green


def _green_power(office: Office, certificates: int) -> int:
    """Let certificates come to the mill with green power; give their lot."""
    case, registry = office.case, office.reporting.door.registry
    lot = registry.issue(case.plant, date(YEAR, 6, 1), certificates)
    account = number(IdPrefix.ACCOUNT, case.user)
    settled: Json = {"contract_no": "1", "settled_kwh": certificates * 1000}
    order = TransferOrder(
        case.generator, account, "GEC", certificates, "green_power", Selection(lot), 500, settled
    )

    def decide(read: Reader, actor: Actor) -> Decision:
        [decided] = transfer(read, actor, [order])
        assert isinstance(decided, Decision)
        return decided

    assert code_of(registry.ask(OPERATOR, decide)) is None
    return lot


_COPIES: Final = """
INSERT INTO journal SELECT seq + 1000000, grp, part + 1000, kind, at, day, party, reverses, rules,
    external_source, external_id, body, leaf FROM journal WHERE kind IN ('gec.retire', 'budget.close');
INSERT INTO posting SELECT journal + 1000000, n, debit, credit, instrument, amount, debit_after,
    credit_after, lot, lo, price_fen FROM posting
    WHERE journal IN (SELECT seq FROM journal WHERE kind = 'gec.retire' AND seq < 1000000);
INSERT INTO log_leaf SELECT (SELECT max(idx) FROM log_leaf) + row_number() OVER (ORDER BY seq), seq, leaf
    FROM journal WHERE seq > 1000000;
"""
_CLAIM: Final = """
INSERT INTO fossil_budget_event SELECT budget, n + 1, kind,
    jsonb_set(body, '{statement,recognised}', body['statement']['recognised'] || %s::jsonb),
    journal + 1000000 FROM fossil_budget_event WHERE kind = 'close'
"""


def _tamper(office: Office, green: int) -> None:
    """Retire what is retired a second time, and have the closing recognise 100 units of green power."""
    options = f"-c search_path={NAME}"
    with psycopg.connect(office.urls.owner, options=options, autocommit=True) as conn:
        conn.execute(_COPIES)
        [(first,)] = conn.execute("SELECT first_serial FROM lot WHERE id = %s", [green])
        run = {"lot_id": encode_id(IdPrefix.LOT, green), "first_serial": first, "count": 100}
        conn.execute(_CLAIM, [json.dumps([run])])
