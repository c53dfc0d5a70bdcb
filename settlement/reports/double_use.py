"""Certificates that were used twice, found serial by serial, whatever the registers say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select

from ledger.model.account import RETIRED
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.reports.cut import Cell, Cut, Report
from settlement.reports.serials import (
    CERTIFICATE,
    ENDS,
    Use,
    claims_of,
    ends_of,
    green_of,
    retired_of,
)

_COLUMNS = (
    "finding",
    "lot_id",
    "first_serial",
    "count",
    "first_use",
    "first_journal",
    "first_credit_code",
    "second_use",
    "second_journal",
    "second_credit_code",
)
_BY_CCER = frozenset({"retired", "cancelled_for_ccer"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Units of a lot, from `lo` on, that serve twice; no `second` where what should be behind them lacks."""

    name: str
    lot: int
    lo: int
    count: int
    first: Use
    second: Use | None


def double_use(cut: Cut) -> Report:
    """List certificates produced in the year that were used twice, run by run.

    `retired_twice`, `ccer_and_claim`, `ended_twice`: two ends, and the first was not taken back.
    `claimed_twice`: two closed years' statements recognise them. `traded_and_certificate`: they came
    with green power, and are recognised as certificates. `claimed_not_retired`: they are
    recognised, and not retired. A party that may not be told of has no credit code.
    """
    claims = claims_of(cut)
    lots = {use.lot for use in claims}
    certificates = [use for use in claims if use.what == CERTIFICATE]
    found = [
        *ended_twice(ends_of(cut)),
        *meeting("claimed_twice", claims),
        *between("traded_and_certificate", certificates, green_of(cut, lots)),
        *uncovered("claimed_not_retired", certificates, retired_of(cut, lots)),
    ]
    told = _Told(cut, found)
    rows = sorted(told.row(finding) for finding in found if told.may_tell(finding))
    sums = {name: sum(row[0] == name for row in rows) for name in sorted({str(r[0]) for r in rows})}
    return Report("double-use", _COLUMNS, tuple(rows), {"findings": len(rows), **sums})


def ended_twice(uses: Iterable[Use]) -> Iterator[Finding]:
    """Replay ends, and ends taken back, lot by lot as they were done; find what ends while it has."""
    standing: list[Use] = []
    for use in uses:
        standing = [one for one in standing if one.lot == use.lot]
        met = [one for one in standing if one.lo < use.past and use.lo < one.past]
        if use.begins:
            yield from (_finding(_name(one, use), one, use) for one in met)
            standing.append(use)
        else:
            kept = (one for one in standing if one not in met)
            standing = [*kept, *(part for one in met for part in _without(one, use))]


def meeting(name: str, uses: Iterable[Use]) -> Iterator[Finding]:
    """Find where uses, in order of lot and serial, meet one another."""
    standing: list[Use] = []
    for use in uses:
        standing = [one for one in standing if one.lot == use.lot and one.past > use.lo]
        yield from (_finding(name, one, use) for one in standing)
        standing.append(use)


def between(name: str, these: Iterable[Use], those: Iterable[Use]) -> Iterator[Finding]:
    """Find where one of these meets one of those."""
    marked = [(use, True) for use in these] + [(use, False) for use in those]
    ordered = sorted(marked, key=lambda pair: (pair[0].lot, pair[0].lo, pair[0].journal))
    standing: list[tuple[Use, bool]] = []
    for use, side in ordered:
        standing = [s for s in standing if s[0].lot == use.lot and s[0].past > use.lo]
        for other, its in standing:
            if its is not side:
                yield _finding(name, *((use, other) if side else (other, use)))
        standing.append((use, side))


def uncovered(name: str, uses: Iterable[Use], covers: Iterable[Use]) -> Iterator[Finding]:
    """Find the parts of uses that nothing covers."""
    by_lot: dict[int, list[Use]] = {}
    for cover in covers:
        by_lot.setdefault(cover.lot, []).append(cover)
    for use in uses:
        left = [use]
        for cover in by_lot.get(use.lot, ()):
            left = [part for one in left for part in _without(one, cover)]
        for part in left:
            yield Finding(name, part.lot, part.lo, part.past - part.lo, use, None)


def _without(use: Use, cut_out: Use) -> Iterator[Use]:
    """Give what is left of a run without another."""
    if use.lo < min(use.past, cut_out.lo):
        yield replace(use, past=min(use.past, cut_out.lo))
    if max(use.lo, cut_out.past) < use.past:
        yield replace(use, lo=max(use.lo, cut_out.past))


def _finding(name: str, first: Use, second: Use) -> Finding:
    lo, past = max(first.lo, second.lo), min(first.past, second.past)
    return Finding(name, first.lot, lo, past - lo, first, second)


def _name(first: Use, second: Use) -> str:
    ends = {first.what, second.what}
    if ends == {ENDS[RETIRED]}:
        return "retired_twice"
    return "ccer_and_claim" if ends == _BY_CCER else "ended_twice"


class _Told:
    """Findings as they may be told to whoever asks."""

    def __init__(self, cut: Cut, found: Iterable[Finding]) -> None:
        """Look up lots' first serials, and the parties that may be told of."""
        uses = [use for finding in found for use in (finding.first, finding.second) if use]
        lot, p = t.lot.c, t.party.c
        starts = select(lot.id, lot.first_serial).where(among(lot.id, {use.lot for use in uses}))
        seen = select(p.id, p.identity).where(among(p.id, {u.party for u in uses}), cut.sees)
        self._starts = {row.id: row.first_serial for row in cut.conn.execute(starts)}
        self._codes = {row.id: row.identity for row in cut.conn.execute(seen)}

    def may_tell(self, finding: Finding) -> bool:
        """Tell whether one of the parties is the asker's to see."""
        second = finding.second
        return finding.first.party in self._codes or bool(second and second.party in self._codes)

    def row(self, finding: Finding) -> tuple[Cell, ...]:
        """Tell a finding; of whom may not be told there is no credit code."""
        second: tuple[Cell, ...] = self._use(finding.second) if finding.second else ("", "", "")
        return (
            finding.name,
            encode_id(IdPrefix.LOT, finding.lot),
            self._starts[finding.lot] + finding.lo,
            finding.count,
            *self._use(finding.first),
            *second,
        )

    def _use(self, use: Use) -> tuple[Cell, ...]:
        journal = encode_id(IdPrefix.JOURNAL, use.journal)
        return use.what, journal, self._codes.get(use.party, "")
