"""Restating a budget: the differences between what is due now and what stands, in one act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ledger.model.command import Act, Enter, Expect, Move, Plain
from settlement.fossil_budget.charge import differences
from settlement.fossil_budget.facts import Facts
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.reported import spell_exact
from settlement.fossil_budget.statement import Statement

if TYPE_CHECKING:
    from ledger.model.command import Effect


def moves(found: Facts, judged: Statement) -> tuple[Move, ...]:
    """Give the postings that bring a budget's parts, and its room under caps, to what they should be."""
    on_file = found.on_file
    parts = on_file.moves(differences(judged.posting.whole, on_file.whole))
    return parts + found.caps.moves(judged.recognition.capped)


def restate(
    found: Facts, judged: Statement, entries: tuple[Effect, ...], names: Mapping[str, Plain]
) -> Act:
    """Post the differences, with the figures they come from; `names` adds what brought them about."""
    case = judged.case
    body: dict[str, Plain] = {
        "budget_id": found.on_file.code,
        "mode": case.mode.value,
        "budget_gce": case.budget_gce,
        "k": spell_exact(case.k),
        "traded_kwh": judged.recognised.traded_kwh,
        "certificates": judged.recognised.certificates,
        "inputs_digest": found.digest(),
    }
    if found.caps.caps:
        capped = judged.recognition.capped
        body["capped"] = {to.value: count for to, count in capped.items()}
    opened = found.caps.opened(judged.recognition.capped)
    effects = (*opened, *moves(found, judged), *entries)
    return Act("budget.restate", effects, body | dict(names))


def expected(found: Facts, judged: Statement) -> tuple[Expect, ...]:
    """Give the balances a decision rests on: the budget's own, and room enough under the caps."""
    return (found.on_file.expect, *found.caps.expects(judged.recognition.capped))


def event_of(on_file: Filed, kind: str, body: Mapping[str, Plain]) -> Enter:
    """Enter the next event of a budget."""
    row: dict[str, Plain] = {
        "budget": on_file.id,
        "n": on_file.next_n,
        "kind": kind,
        "body": dict(body),
    }
    return Enter("fossil_budget_event", row)
