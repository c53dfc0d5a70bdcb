"""From what was decided to what the writer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from ledger.model.command import Command, Enter, Move
from ledger.refusals import RecordTooLarge, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.model.command import Act, Actor
    from settlement.desk import Decision, Envelope

BODY_BYTES_MAX: Final = 4096  # of an act's body in its record
LONG_BODY_BYTES_MAX: Final = 12 * 1024  # of one with few postings: a year's report of forty fuels
_FEW_POSTINGS: Final = 8


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
    """Leave room in every record for the postings beside what the caller wrote, up to 64 of them."""
    for act in acts:
        needed, bytes_max = len(orjson.dumps(act.body)), _body_bytes_max(act)
        if needed > bytes_max:
            return RecordTooLarge(bytes_needed=needed, bytes_max=bytes_max)
    return None


def _body_bytes_max(act: Act) -> int:
    """Give more room where an act moves nothing that could be cut into more postings than it has moves."""
    moves = [effect for effect in act.effects if not isinstance(effect, Enter)]
    fungible = all(isinstance(move, Move) and move.source is None for move in moves)
    return LONG_BODY_BYTES_MAX if fungible and len(moves) <= _FEW_POSTINGS else BODY_BYTES_MAX
