"""Keys ended, and nonces used twice, while requests are under way: the log's order tells who was in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from ledger.database import Urls
from ledger.posting.answers import Answer
from settlement.commands import command_of
from settlement.desk import Envelope
from settlement.keys import KeyRevocation, ProofOrder, revoke_key, rotate_key
from settlement.registration import PartyOrder, register_party
from settlement.signed import SignatureOver
from tests.races.books import check_books
from tests.races.test_races import at_once, deadlocks
from tests.registry import OPERATOR, Registry, code_of, credit_code, opened, rows
from tests.signing import proved, registered_key, signed_envelope

ROUNDS = 12
LATE = """
SELECT count(*) FROM evidence AS s
JOIN command AS c ON c.evidence = s.digest
JOIN signing_key_end AS e ON e.key = s.key
WHERE c.grp > e.journal
"""


def post(registry: Registry, envelope: Envelope, client: int, number: int) -> str | None:
    """Register a party by a signed request; tell why it does not count where it does not."""
    order = PartyOrder(credit_code(number), "x", ("enterprise",))
    actor = replace(OPERATOR, client=client)
    try:
        answer = registry.desk.post(actor, envelope, lambda r: register_party(r, actor, order))
    except SignatureOver as ended:
        return ended.reason
    return code_of(answer)


def signed(registry: Registry, key: int, number: int) -> Callable[[], str | None]:
    """Prepare a signed request."""
    return partial(post, registry, signed_envelope(registry, key), OPERATOR.client, number)


def test_nothing_a_key_signed_comes_after_its_end(database: Urls) -> None:
    """Over two writers: in time and before it in the log, or late and not in the book at all."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        said: Counter[str | None] = Counter()
        for n in range(ROUNDS):
            key = registered_key(registry)
            revoke = partial(_revoked, other, key)
            asked = [signed(r, key, 10 * n + i) for i, r in enumerate((registry, other) * 3)]
            said.update(at_once([*asked[:3], revoke, *asked[3:]]))

    assert said.keys() <= {None, "key_ended"}
    assert rows(database.owner, LATE) == [(0,)]
    assert deadlocks(database.owner) == 0
    check_books(database.owner)


def _revoked(registry: Registry, key: int) -> str | None:
    return code_of(registry.ask(OPERATOR, lambda r, a: revoke_key(r, a, KeyRevocation(key))))


def test_a_key_is_ended_once(database: Urls) -> None:
    """Revoked here and rotated there: one is told that the other was first."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        outcomes = set()
        for _ in range(ROUNDS):
            key, proof = registered_key(registry), proved(registry, OPERATOR.party)

            rotate = partial(_rotated, other, key, proof)
            outcomes.add(tuple(at_once([partial(_revoked, registry, key), rotate])))

    assert outcomes <= {(None, "signing_key_ended"), ("signing_key_ended", None)}
    check_books(database.owner)


def _rotated(registry: Registry, key: int, proof: ProofOrder) -> str | None:
    return code_of(registry.ask(OPERATOR, lambda r, a: rotate_key(r, a, key, proof)))


@pytest.mark.parametrize("same_bytes", [True, False])
def test_a_nonce_is_used_once_whoever_is_quick(database: Urls, *, same_bytes: bool) -> None:
    """By two clients, through two writers: one request is done, the other one never was."""
    with opened(database.app) as registry, opened(database.app, session="other") as other:
        key = registered_key(registry)
        for n in range(ROUNDS):
            first = signed_envelope(registry, key)
            assert first.signed is not None
            second = signed_envelope(other, key, first.signed.nonce)
            asked = [
                partial(post, registry, first, 11, 10 * n),
                partial(post, other, first if same_bytes else second, 12, 10 * n + 1),
            ]
            assert Counter(at_once(asked)) == {None: 1, "replayed": 1}

    assert rows(database.owner, "SELECT count(*) FROM evidence") == [(ROUNDS,)]
    check_books(database.owner)


def test_what_waits_beyond_its_time_is_not_done(database: Urls) -> None:
    """The record's moment would not be one that the signature was for."""
    with opened(database.app) as registry:
        key = registered_key(registry)
        ask = signed(registry, key, 1)
        registry.clock.now += timedelta(minutes=6)

        assert ask() == "expired"
    check_books(database.owner)


def test_commands_of_one_batch_see_a_key_end_among_them(database: Urls) -> None:
    """What comes behind the end in the batch is asked again, and then told; before it, it is done."""
    with opened(database.app) as registry:
        key = registered_key(registry)
        end = registry.asked(OPERATOR, lambda r, a: revoke_key(r, a, KeyRevocation(key)))
        orders = [PartyOrder(credit_code(n), "x", ("enterprise",)) for n in (1, 2)]
        with registry.desk.reader() as read:
            before, after = (
                command_of(
                    OPERATOR, signed_envelope(registry, key), register_party(read, OPERATOR, order)
                )
                for order in orders
            )
            commands = [before, end.command(read), after]
        answers: list[Answer] = registry.desk.writer.submit(commands)

    assert [answer.outcome is None for answer in answers] == [False, False, True]
    assert rows(database.owner, LATE) == [(0,)]
    check_books(database.owner)
