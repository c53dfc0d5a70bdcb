"""From what was decided to what the writer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from ledger.model.command import Command
from ledger.refusals import RecordTooLarge, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.model.command import Act, Actor
    from settlement.desk import Decision, Envelope

BODY_BYTES_MAX: Final = 4096  # of an act's body in its record


def command_of(
    actor: Actor, envelope: Envelope, decision: Decision | Refusal, assumes: str | None = None
) -> Command:
    """Put a decision, or a refusal, under the key it was asked with.

    `assumes` is the digest of the rules of a decision that was made without a view.
    """
    done = None if isinstance(decision, Refusal) else decision
    refused = decision if isinstance(decision, Refusal) else too_wordy(decision.acts)
    if refused is not None:
        done = None
    return Command(
        key=envelope.key,
        request=envelope.request,
        actor=actor,
        acts=done.acts if done else (),
        expect=done.expect if done else (),
        result=done.result if done else {},
        fingerprint=envelope.fingerprint,
        refused=refused,
        signed=envelope.signed,
        assumes=assumes,
    )


def too_wordy(acts: Iterable[Act]) -> Refusal | None:
    """Leave room in every record for 64 postings beside what the caller wrote."""
    for act in acts:
        if len(orjson.dumps(act.body)) > BODY_BYTES_MAX:
            return RecordTooLarge(bytes_max=BODY_BYTES_MAX)
    return None
