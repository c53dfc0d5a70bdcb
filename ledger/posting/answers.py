"""What commands came to: answers, the outcomes stored under their keys, and the answers to retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from ledger.posting.arrays import Packed, pack
from ledger.posting.judge import Posted, Refused, Stale
from ledger.refusals import KeyReused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ledger.model.command import Command, Signed
    from ledger.posting.judge import Outcome

Name = tuple[int, str]  # client and key


class Answer(NamedTuple):
    """What a command came to, as stored under its key; `outcome` is None when the decision is stale.

    `outcome` has either `journals`, `moved` [[lot, first serial, count]], `holds` [[hold, event, amount]]
    and `result`, or `code` and `facts`, and `at` where one of several acts was refused.
    """

    outcome: Mapping[str, Any] | None
    replayed: bool = False


def name_of(command: Command) -> Name:
    """Name a command by what makes it one: its caller's key."""
    return command.actor.client, command.key


def known_outcomes(claims: Iterable[tuple[Any, ...]]) -> dict[Name, tuple[bytes, Any]]:
    """Read which keys were used before: the request, and what it came to."""
    return {(row[0], row[1]): (bytes(row[2]), row[3]) for row in claims if row[2] is not None}


def replay(command: Command, request: bytes, outcome: Mapping[str, Any]) -> Answer:
    """Answer a repeated key: the same outcome for the same request, a refusal for another."""
    if request == command.request:
        return Answer(outcome, replayed=True)
    before = outcome.get("fields", {})
    differing = sorted(
        name
        for name in before.keys() | command.fingerprint.keys()
        if before.get(name) != command.fingerprint.get(name)
    )
    refusal = KeyReused(conflicting_fields=list(differing))
    return Answer({"code": refusal.code, "facts": refusal.facts()})


def repeat(command: Command, first: Command, answer: Answer) -> Answer:
    """Answer a key met again in one batch, from what its first command came to."""
    if command is first or answer.outcome is None:
        return answer
    return replay(command, first.request, answer.outcome)


def answer_of(
    command: Command, outcome: Outcome, seqs: Sequence[int], lots: Mapping[int, Any]
) -> Answer:
    """Tell what a command that was judged came to."""
    match outcome:
        case Posted(drafts, moved):
            return Answer(
                {
                    "journals": [seqs[draft.number] for draft in drafts],
                    "moved": [
                        [lot, lots[lot].first_serial + lo, count] for lot, lo, count in moved
                    ],
                    "holds": [
                        [event.hold, event.event, event.amount]
                        for draft in drafts
                        for event in draft.hold_events
                    ],
                    "result": dict(command.result),
                    "fields": dict(command.fingerprint),
                }
            )
        case Stale():
            return Answer(None)
        case Refused(refusal):
            return Answer(
                {
                    "code": refusal.code,
                    "facts": refusal.facts(),
                    "fields": dict(command.fingerprint),
                    **({} if refusal.at is None else {"at": refusal.at}),
                }
            )


def outcomes(commands: Sequence[Command], answers: Sequence[Answer], now: datetime) -> list[Packed]:
    """Make outcomes to be stored under their keys, for ever; a stale decision has none."""
    rows = [
        (
            c.actor.client,
            c.key,
            c.request,
            orjson.dumps(a.outcome),
            c.signed.digest if c.signed else None,
            (a.outcome.get("journals") or [None])[0],
        )
        for c, a in zip(commands, answers, strict=True)
        if a.outcome is not None
    ]
    names = ("client", "key", "request", "outcome", "evidence", "grp")
    return [*_evidence(commands, answers, now), *pack("insert_commands", rows, names, at=now)]


def _evidence(
    commands: Sequence[Command], answers: Sequence[Answer], now: datetime
) -> list[Packed]:
    """Make what is kept of signed requests, each once however many commands it brought."""
    found = {
        (s.digest, c.actor.client): (s.digest, c.actor.client, s.key, s.nonce, *_bytes(s))
        for c, a in zip(commands, answers, strict=True)
        if (s := c.signed) is not None and a.outcome is not None
    }
    names = ("digest", "client", "key", "nonce", "base", "signature", "body")
    return pack("insert_evidence", [*found.values()], names, at=now)


def _bytes(signed: Signed) -> tuple[bytes, bytes, bytes]:
    return signed.base, signed.signature, signed.body
