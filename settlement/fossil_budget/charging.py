"""Charging budgets with what their units consumed, one or many at once; a later report replaces it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.refusals import Refusal
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, decode_id
from settlement.commands import too_wordy
from settlement.desk import Decision
from settlement.fossil_budget.facts import Facts, consumption_of, facts_of
from settlement.fossil_budget.filed import Filed, filed_many
from settlement.fossil_budget.reported import read_consumption, spell_consumption
from settlement.fossil_budget.restating import event_of, expected, moves, restate
from settlement.fossil_budget.statement import Statement
from settlement.fossil_budget.told import tell_result
from settlement.refusals import BudgetClosed, EvidenceUnknown

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class Report:
    """A year's consumption as the wire spells it, and the number of the budget it is charged to."""

    budget: int
    consumption: Mapping[str, Any]


def charge(read: Reader, actor: Actor, budget: int, consumption: Mapping[str, Any]) -> Decision:
    """Charge what was consumed in the year. The same again is no news.

    Raises:
        BudgetUnknown, BudgetClosed: it cannot be charged.
        EvidenceUnknown: a document named is not on file.
        FactorMissing, RuleNotInForce, TradedAboveOfftake: it cannot be worked out; also
            whatever `check_consumption` refuses.
    """
    [decided] = charge_many(read, actor, [Report(budget, consumption)])
    if isinstance(decided, Refusal):
        raise decided
    return decided


def charge_many(read: Reader, actor: Actor, reports: Sequence[Report]) -> list[Decision | Refusal]:
    """Charge budgets, each for itself, in the statements of one; no budget may stand there twice.

    All of them may be posted as one act: what one has recognised under a cap leaves less for the
    next.

    Raises:
        BudgetUnknown: there is none of a number.
    """
    on_file = filed_many(read, [report.budget for report in reports])
    assert len(on_file) == len(reports)
    documents = _documents(read, reports)
    before = [_reported(actor, on_file[r.budget], r.consumption, documents) for r in reports]
    gathered = facts_of(read, [found for found in before if not isinstance(found, Refusal)])
    taken = _Taken()
    decided: list[Decision | Refusal] = []
    for report, found in zip(reports, before, strict=True):
        known = found if isinstance(found, Refusal) else gathered[report.budget]
        decided.append(_decided(read, on_file[report.budget], known, taken))
    return decided


class _Taken:
    """What budgets decided before, in the same act, took of the room under caps, by instrument."""

    def __init__(self) -> None:
        """Start with none."""
        self._units: Counter[int] = Counter()

    def left_for(self, found: Facts) -> Facts:
        """Give the facts with less room."""
        caps = found.caps.caps.items()
        taken = {to: self._units[cap.instrument.id] for to, cap in caps}
        return found.with_caps(found.caps.without(taken)) if any(taken.values()) else found

    def add(self, found: Facts, judged: Statement) -> None:
        """Count what a budget takes now."""
        for to, cap in found.caps.caps.items():
            self._units[cap.instrument.id] += cap.taken(judged.recognition.capped[to])


def _decided(
    read: Reader, before: Filed, known: Facts | Refusal, taken: _Taken
) -> Decision | Refusal:
    if isinstance(known, Refusal):
        return known
    try:
        return _charge(read, before, taken.left_for(known), taken)
    except Refusal as refusal:
        return refusal


def _charge(read: Reader, before: Filed, found: Facts, taken: _Taken) -> Decision:
    judged = found.judge(read)
    report = found.on_file.report
    assert report is not None
    if _same(before.report, report) and not moves(found, judged):
        return Decision((), result=tell_result(found, judged) | {"unchanged": True})
    event = event_of(before, "consumption", report)
    act = restate(found, judged, (event,), {"event": "consumption", **report})
    if refused := too_wordy([act]):
        raise refused
    taken.add(found, judged)
    return Decision((act,), expected(found, judged), tell_result(found, judged))


def _reported(
    actor: Actor,
    on_file: Filed,
    consumption: Mapping[str, Any],
    documents: Mapping[int, int],
) -> Filed | Refusal:
    """See a budget with the report on its file, if it may be charged and its evidence is there."""
    if on_file.closing is not None:
        return BudgetClosed(on_file.code)
    names: list[str] = list(dict.fromkeys(consumption.get("document_ids") or ()))
    for name in names:
        number = decode_id(IdPrefix.DOCUMENT, name)
        if number is None or documents.get(number) not in {on_file.party, actor.party}:
            return EvidenceUnknown(name)
    spelt = spell_consumption(read_consumption(consumption))
    return on_file.after("consumption", {"consumption": spelt, "document_ids": names})


def _documents(read: Reader, reports: Sequence[Report]) -> dict[int, int]:
    """Read whose the documents are that reports name."""
    named = {name for report in reports for name in report.consumption.get("document_ids") or ()}
    numbers = {decode_id(IdPrefix.DOCUMENT, name) for name in named} - {None}
    if not numbers:
        return {}
    d = t.document.c
    rows = read.conn.execute(select(d.id, d.party).where(among(d.id, numbers)))
    return {row.id: row.party for row in rows}


def _same(before: Mapping[str, Any] | None, report: Mapping[str, Any]) -> bool:
    if before is None or before["document_ids"] != report["document_ids"]:
        return False
    return consumption_of(before) == consumption_of(report)
