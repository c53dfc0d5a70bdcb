"""The decision: commands in arrival order against a loaded book, each wholly or not at all. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias, cast

from ledger.book.accounts import change_account
from ledger.book.book import Book
from ledger.book.checks import check_energy, check_papers, check_reversible
from ledger.book.holds import close_hold, open_hold
from ledger.book.lots import consolidate
from ledger.book.moves import move
from ledger.book.trial import Trial
from ledger.kinds import KINDS, Kind
from ledger.model.account import is_contra
from ledger.model.command import (
    Act,
    CloseHold,
    Command,
    Consolidate,
    Decide,
    Effect,
    EndKey,
    Enter,
    Expect,
    FromHold,
    Move,
    OpenHold,
    Revoke,
    Signed,
    Touch,
)
from ledger.model.journal import Draft
from ledger.refusals import (
    ApprovalDecided,
    ApprovalNeeded,
    Refusal,
    SigningKeyEnded,
)
from ledger.rules.approval import check_decision
from ledger.rules.rulebook import NotInForce, Rules
from schemas.identifiers import IdPrefix, encode_id


@dataclass(frozen=True, slots=True)
class Posted:
    """The command was accepted; these are its journals, in order, and the serials it moved."""

    drafts: tuple[Draft, ...]
    moved: tuple[tuple[int, int, int], ...]  # (lot, lo, count)


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was refused; nothing of it is in the book."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Stale:
    """The caller decided on facts that have changed; it must decide again. Not an answer."""


Outcome: TypeAlias = Posted | Refused | Stale


def judge(
    book: Book,
    commands: Sequence[Command],
    now: datetime,
    day: date,
    rules: Rules,
    numbered: int = 0,
) -> list[Outcome]:
    """Decide every command in order; what one does, the next sees. Refusals disturb nobody else.

    `numbered` tells how many journals of the batch came before these commands.
    """
    outcomes: list[Outcome] = []
    for command in commands:
        outcome = _decide(Trial(book, command, now, day, rules, numbered))
        if isinstance(outcome, Posted):
            numbered += len(outcome.drafts)
            book.keep()
        else:
            book.roll_back()
        outcomes.append(outcome)
    return outcomes


def _decide(trial: Trial) -> Outcome:
    if not _is_as_assumed(trial):
        return Stale()
    if trial.command.refused is not None:
        return Refused(trial.command.refused)
    if not all(_stands(trial, expect) for expect in trial.command.expect):
        return Stale()
    acts = trial.command.acts
    for at, act in enumerate(acts):
        refusal = _refusal(trial, act)
        if refusal is not None:
            refusal.at = at if len(acts) > 1 else None
            return Refused(refusal)
    return Posted(tuple(trial.drafts), tuple(trial.moved))


def _stands(trial: Trial, expect: Expect) -> bool:
    """Tell whether what a decision expects of a balance is so."""
    balance = trial.book.balance((expect.account, expect.instrument))
    enough = expect.enough is not None and balance.available >= expect.enough
    return enough or balance.version == expect.version


def _is_as_assumed(trial: Trial) -> bool:
    """Tell whether a decision made without a view rests on the rules in force, and its keys are good."""
    command = trial.command
    if command.signed is not None and not _counts(trial, command.signed):
        return False
    if command.assumes is None:
        return True
    return command.assumes == trial.rules.digest and command.actor.client not in trial.book.revoked


def _counts(trial: Trial, signed: Signed) -> bool:
    """Tell whether a signature's key and time have not ended meanwhile."""
    return signed.key not in trial.book.ended_keys and trial.now <= signed.good_until


def _refusal(trial: Trial, act: Act) -> Refusal | None:
    """Perform an act, or answer what stands against it."""
    try:
        _perform(trial, act)
    except Refusal as refusal:
        return refusal.with_traceback(None)  # its frames hold the book, in a circle
    except NotInForce as missing:
        return missing.refused()
    return None


def _perform(trial: Trial, act: Act) -> None:
    trial.open_part(act)
    kind = KINDS[act.kind]
    check_papers(kind, act)
    check_reversible(trial, act)
    check_energy(trial, act, kind)
    _check_four_eyes(trial, kind, act)
    for effect in act.effects:
        _apply(trial, kind, act, effect)


def _check_four_eyes(trial: Trial, kind: Kind, act: Act) -> None:
    """Refuse what needs a second person unless one approved it earlier in this command."""
    if trial.approved or kind.four_eyes == "never":
        return
    if kind.four_eyes == "always":
        raise ApprovalNeeded(kind=kind.name)
    given: dict[int, int] = {}
    for account, amount in _given(act):
        limit = trial.book.account(account).approval_above
        if limit is None:
            continue
        given[account] = given.get(account, 0) + amount
        if given[account] >= limit:
            raise ApprovalNeeded(kind=kind.name)


def _given(act: Act) -> Iterator[tuple[int, int]]:
    """Yield what an act takes from whom; what a hold set aside was looked at when it was opened."""
    for effect in act.effects:
        match effect:
            case OpenHold():
                yield effect.account, effect.amount
            case Move(source=source) if not (
                is_contra(effect.debit) or isinstance(source, FromHold)
            ):
                yield effect.debit, effect.amount


def _apply(trial: Trial, kind: Kind, act: Act, effect: Effect) -> None:
    match effect:
        case Move():
            move(trial, kind, act, effect)
        case OpenHold():
            open_hold(trial, kind, effect)
        case CloseHold():
            close_hold(trial, kind, effect)
        case Consolidate():
            consolidate(trial, effect)
        case Touch():
            trial.touch(trial.drafts[-1], (effect.account, effect.instrument))
        case Decide():
            _decide_approval(trial, effect)
        case Revoke() | EndKey() | Enter(table="verified_emission"):
            _bar(trial, effect)
        case _:
            change_account(trial, effect)


def _bar(trial: Trial, effect: Revoke | EndKey | Enter) -> None:
    """Take note of a key that opens, or signs, no longer; one that signs is ended once.

    What a key signed that ended meanwhile is refused: for those who read the log it counts no more.
    """
    if isinstance(effect, Revoke):
        trial.book.put(trial.book.revoked, effect.client, value=True)
        return
    key = effect.key if isinstance(effect, EndKey) else cast("int | None", effect.row.get("key"))
    if key is None:
        return
    if key in trial.book.ended_keys:
        raise SigningKeyEnded(key=encode_id(IdPrefix.SIGNING_KEY, key))
    if isinstance(effect, EndKey):
        trial.book.put(trial.book.ended_keys, key, value=True)


def _decide_approval(trial: Trial, decision: Decide) -> None:
    approval = trial.book.approvals.get(decision.approval)
    if approval is None:
        raise ApprovalDecided(
            approval=encode_id(IdPrefix.APPROVAL, decision.approval), state="unknown"
        )
    check_decision(approval, trial.command.actor.person, decision.state, trial.now)
    trial.book.put(trial.book.approvals, approval.id, replace(approval, state=decision.state))
    trial.approved |= decision.state == "approved"
    if approval.hold is not None:
        trial.granted.add(approval.hold)
