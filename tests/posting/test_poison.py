"""One command that the database will not take harms no other, and the writer goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from ledger.database import Urls
from ledger.model.command import Act, Enter, Plain
from ledger.posting.answers import Answer
from settlement.desk import Decision
from settlement.registration import PartyOrder, register_party
from tests.registry import OPERATOR, Registry, code_of, credit_code, opened


def poison(number: int) -> Decision:
    """Decide what no rule foresees: a key whose digest the table does not take."""
    row: dict[str, Plain] = {
        "id": number,
        "party": 1,
        "person": "p",
        "label": "l",
        "role": "r",
        "scopes": [],
        "key_name": f"k{number}",
        "secret_sha256": "\\x00",  # the column wants 32 bytes
        "expires_at": "2030-01-01T00:00:00Z",
    }
    return Decision((Act("client.create", (Enter("client", row),), {}),))


def register(registry: Registry, number: int) -> Answer:
    """Register a party."""
    order = PartyOrder(credit_code(number), "party", ("user",))
    return registry.ask(OPERATOR, lambda r, a: register_party(r, a, order))


def test_a_poisoned_command_fails_alone_and_the_writer_goes_on(database: Urls) -> None:
    """Whoever asks at the same time is served, and whoever comes after it as well."""
    with opened(database.app) as registry, ThreadPoolExecutor(9) as many:
        bad = many.submit(registry.ask, OPERATOR, lambda r, _: poison(r.numbers.entity()))
        good = [many.submit(register, registry, number) for number in range(8)]

        assert isinstance(bad.exception(30), psycopg.errors.CheckViolation)
        assert [code_of(asked.result(30)) for asked in good] == [None] * 8
        assert code_of(register(registry, 9)) is None
