"""Closing a budget's year: green power that counts is retired, all is restated, a statement is kept.

One group does all three, so nobody can sell what was counted. Status is read off the account: what is
posted on it, and what was taken off for green power and certificates. Source: plan of the State
Council, 12 of 2024; who retires green power, and when, is the reading of this house.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.model.command import Act, Enter, Expect, Plain
from ledger.refusals import Refusal, TooFragmented
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.desk import Decision
from settlement.fossil_budget.charge import RECOGNISED
from settlement.fossil_budget.document import Edition, statement_bytes
from settlement.fossil_budget.facts import METRIC, Facts, facts_of
from settlement.fossil_budget.filed import Filed, filed_many
from settlement.fossil_budget.green_power import rests_on_held
from settlement.fossil_budget.offering import retirement_of
from settlement.fossil_budget.recognition import Reason
from settlement.fossil_budget.restating import event_of, moves, restate
from settlement.fossil_budget.sources import Sources, sources_of
from settlement.fossil_budget.statement import Statement, Status
from settlement.fossil_budget.told import tell
from settlement.metrics import use_of
from settlement.refusals import BudgetClosed, CapNotApportioned, GreenPowerFrozen, TradedUnconfirmed

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader

PARCELS_MAX: Final = 4096
"""Runs of green power that one closing retires; more are consolidated first."""


def close(read: Reader, actor: Actor, budget: int) -> Decision:
    """Close a budget's year on what is true now; the statement is kept as it is told today.

    Raises:
        ConsumptionMissing, BudgetUnknown, BudgetClosed: there is nothing to close.
        CapNotApportioned: a cap of its province is yet to be shared out.
        TradedUnconfirmed: nobody confirmed all the energy said to be traded elsewhere.
        GreenPowerFrozen: the account is frozen that holds the green power to be retired.
        TooFragmented: the unit's green power lies in too many runs; also as `charge`.
    """
    found = closings(read, actor, (budget,))[budget]
    if isinstance(found, Refusal):
        raise found
    return found.decision


@dataclass(frozen=True, slots=True)
class Closing:
    """A closing as decided, how many runs it retires, and what it has to do with others' room.

    `place` is the province and year of its caps; it `changes` what is free under them for others,
    or it `rests` on that.
    """

    decision: Decision
    runs: int
    place: tuple[str | None, int]
    changes: bool
    rests: bool


def closings(read: Reader, actor: Actor, budgets: Collection[int]) -> dict[int, Closing | Refusal]:
    """Decide the closing of each budget by its number, or why it stays open; what is read is read once.

    Raises:
        BudgetUnknown: there is none of a number.
    """
    filed = filed_many(read, budgets)
    standing = [on_file for on_file in filed.values() if on_file.closing is None]
    found = facts_of(read, standing)
    whole = [facts for facts in found.values() if isinstance(facts, Facts)]
    rests, held = sources_of(read, whole), rests_on_held(read, standing)
    cases = {
        number: facts if isinstance(facts, Refusal) else _Case(facts, rests[number], held[number])
        for number, facts in found.items()
    }
    return {
        number: _closed_or_refusal(read, actor, cases.get(number) or BudgetClosed(on_file.code))
        for number, on_file in filed.items()
    }


@dataclass(frozen=True, slots=True)
class _Case:
    """One budget to be closed: its facts, the acts behind them, and the balances they rest on."""

    found: Facts
    rests: Sources
    held: tuple[Expect, ...]


def status_of(balance_gce: int, whole: Mapping[str, int]) -> Status:
    """Read a budget's final status off its account: what is on it, and what was taken off, in gce."""
    if balance_gce < 0:
        return Status.NOT_MET
    without = balance_gce - sum(whole[name] for name in RECOGNISED)
    return Status.MET if without >= 0 else Status.MET_WITH_OFFSET


def _closed_or_refusal(read: Reader, actor: Actor, case: _Case | Refusal) -> Closing | Refusal:
    if isinstance(case, Refusal):
        return case
    try:
        return _closed(read, actor, case)
    except Refusal as refusal:
        return refusal


def _closed(read: Reader, actor: Actor, case: _Case) -> Closing:
    found = case.found
    judged = found.judge(read)
    _check_ready(read, case)
    kept = _Statement.of(read, case, judged)
    retired, names = _retired(read, actor, case)
    restated = [restate(found, judged, (), {"event": "close"})] if moves(found, judged) else []
    acts = (*retired, *restated, _close(case, judged, kept, names))
    rest = (found.on_file.expect, *found.caps.as_read, *case.held)  # all that the statement tells
    decision = Decision(acts, rest, kept.told | names)
    changes = found.caps.changes_free(judged.recognition.capped)
    rests = changes or any(
        one.reason is Reason.CAP_EXHAUSTED for one in judged.recognition.uncounted
    )
    place = (found.on_file.province, found.on_file.year)
    return Closing(decision, len(case.rests.green), place, changes, rests)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement that is to be kept: its bytes, its place, and how it is told."""

    raw: bytes
    edition: Edition
    told: dict[str, Plain]

    @classmethod
    def of(cls, read: Reader, case: _Case, judged: Statement) -> _Statement:
        """Write it, and see that the account, the exact figures and the postings say the same."""
        found, view = case.found, judged.posting
        before = found.on_file.closings
        supersedes = before[-1].get("statement_sha256") if before else None
        edition = Edition(read.log, len(before) + 1, supersedes)
        raw = statement_bytes(found, judged, case.rests, read.rules, edition)
        balance = _balance_after(found, judged)
        status = status_of(balance, view.whole)
        assert (balance, status) == (view.balance_gce, view.status)
        told = tell(found, judged) | {
            "state": "closed",
            "status": status.value,
            "balance_gce": balance,
            "restate_due": False,
            "statement_n": edition.n,
            "statement_sha256": sha256(raw).hexdigest(),
        }
        return cls(raw, edition, told)

    @property
    def names(self) -> dict[str, Plain]:
        """Name it as the record of the closing does."""
        named: dict[str, Plain] = {
            "n": self.edition.n,
            "statement_sha256": self.told["statement_sha256"],
        }
        if self.edition.supersedes is not None:
            named["supersedes"] = self.edition.supersedes
        return named


def _check_ready(read: Reader, case: _Case) -> None:
    on_file, electricity = case.found.on_file, case.found.case.consumption.electricity
    confirmed = on_file.confirmed_kwh.get("traded", 0)
    bound = read.rules.flag("acc.traded_confirmed", date(on_file.year, 1, 1))
    if case.found.caps.waits:
        raise CapNotApportioned(on_file.code)
    if bound and electricity.other_traded_kwh > confirmed:
        raise TradedUnconfirmed(on_file.code, electricity.other_traded_kwh, confirmed)
    if on_file.user_frozen and case.rests.green:
        certificates = sum(run.count for run in case.rests.green)
        raise GreenPowerFrozen(
            on_file.code, encode_id(IdPrefix.ACCOUNT, on_file.user or 0), certificates
        )
    if len(case.rests.green) > PARCELS_MAX:
        account = encode_id(IdPrefix.ACCOUNT, on_file.user or 0)
        raise TooFragmented(account=account, parcels_limit=PARCELS_MAX)


def _balance_after(found: Facts, judged: Statement) -> int:
    """Add to what is on the account what the closing posts."""
    on_file = found.on_file
    changes = (
        move.amount if move.credit == on_file.account else -move.amount
        for move in moves(found, judged)
        if move.instrument == on_file.instrument.id
    )
    return on_file.balance_gce + sum(changes)


def _retired(read: Reader, actor: Actor, case: _Case) -> tuple[list[Act], dict[str, Plain]]:
    """Retire the green power that counts as traded energy, so that it can serve nobody else."""
    on_file, green = case.found.on_file, case.rests.green
    if not green or on_file.user is None:
        return [], {}
    act, names = retirement_of(read, actor, on_file, green)
    return [act], names | {"retired": sum(run.count for run in green)}


def _close(case: _Case, judged: Statement, kept: _Statement, retired: Mapping[str, Plain]) -> Act:
    found = case.found
    on_file, view = found.on_file, judged.posting
    body: dict[str, Plain] = {"statement": kept.told, **kept.names}
    names: dict[str, Plain] = {
        "budget_id": on_file.code,
        "mode": view.mode.value,
        "status": view.status.value,
        "balance_gce": view.balance_gce,
        "rules_digest": judged.rules_digest,
        "inputs_digest": found.digest(),
        "open_points": [point.name for point in judged.open_points],
        **kept.names,
    }
    entries = [event_of(on_file, "close", body), Enter("budget_statement", _row(on_file, kept))]
    if retired:
        number = decode_id(IdPrefix.RETIREMENT, str(retired["retirement_id"]))
        assert number is not None
        entries.append(use_of(METRIC, number, on_file.id))
        names["retirement_ids"] = [retired["retirement_id"]]
    return Act("budget.close", tuple(entries), names)


def _row(on_file: Filed, kept: _Statement) -> dict[str, Plain]:
    return {
        "budget": on_file.id,
        "n": kept.edition.n,
        "sha256": f"\\x{kept.told['statement_sha256']}",
        "bytes": f"\\x{kept.raw.hex()}",
    }
