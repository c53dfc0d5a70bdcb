"""The acts that a budget's figures rest on, and the green power that its closing takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.fossil_budget.facts import Facts
from settlement.fossil_budget.green_power import green_lines

if TYPE_CHECKING:
    from settlement.desk import Reader
    from settlement.fossil_budget.certificates import Run


class Source(NamedTuple):
    """An act that figures rest on: what it brought, its journal, and the hash of its leaf."""

    what: str
    journal: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Sources:
    """What stands behind one budget's figures; `green` is held free, and retired when it is closed."""

    acts: tuple[Source, ...]
    green: tuple[Run, ...] = ()


def sources_of(read: Reader, found: Sequence[Facts]) -> dict[int, Sources]:
    """Read what stands behind budgets, by number, in two statements however many."""
    filed = [facts.on_file for facts in found]
    green = green_lines(read, filed)
    decided = {facts.on_file.id: _decided(facts) for facts in found}
    came = {number: {line.journal for line in lines} for number, lines in green.items()}
    runs = {facts.on_file.id: came[facts.on_file.id] | _retired(facts) for facts in found}
    journals = {j for acts in decided.values() for j in acts.values()}.union(*runs.values())
    rows = _journals(read, journals)
    return {
        number: Sources(
            _acts(rows, decided[number], runs[number]), tuple(line.run for line in green[number])
        )
        for number in decided
    }


def _decided(facts: Facts) -> dict[str, int]:
    figures = {f"factor.{name}": journal for name, journal in facts.figures.items()}
    caps = {
        f"cap.{to.value}": cap.journal
        for to, cap in facts.caps.caps.items()
        if cap.journal is not None
    }
    return {**facts.on_file.sources, **figures, **caps}


def _retired(facts: Facts) -> set[int]:
    return {offer.journal for offer in (*facts.offered.values(), *facts.green_power.retired)}


def _journals(read: Reader, journals: Collection[int]) -> dict[int, tuple[str, bytes]]:
    """Read the kinds and leaf hashes of journals."""
    j = t.journal.c
    rows = read.conn.execute(select(j.seq, j.kind, j.leaf).where(among(j.seq, journals)))
    return {journal: (kind, leaf) for journal, kind, leaf in rows.all()}


def _acts(
    rows: Mapping[int, tuple[str, bytes]], decided: Mapping[str, int], runs: Collection[int]
) -> tuple[Source, ...]:
    named = [(journal, what) for what, journal in decided.items()]
    behind = [(journal, rows[journal][0]) for journal in runs]
    return tuple(
        Source(what, journal, rows[journal][1]) for journal, what in sorted({*named, *behind})
    )
