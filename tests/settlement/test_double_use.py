"""Uses that meet are found, whatever their order and however they are cut: as serial by serial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from settlement.reports.double_use import Finding, between, ended_twice, meeting, uncovered
from settlement.reports.serials import Use

SIZE = 12
WHATS = st.sampled_from(["retired", "expired", "cancelled_for_ccer"])


@st.composite
def runs(draw: st.DrawFn, journal: int, *, may_end: bool = False) -> Use:
    """Draw a run of one of two small lots."""
    lo = draw(st.integers(0, SIZE - 1))
    past = draw(st.integers(lo + 1, SIZE))
    begins = not may_end or draw(st.booleans())
    return Use(draw(st.integers(1, 2)), lo, past, draw(WHATS), journal, 1, begins)


@st.composite
def stories(draw: st.DrawFn, *, may_end: bool = False) -> list[Use]:
    """Draw what was done, one journal after another."""
    count = draw(st.integers(0, 7))
    return [draw(runs(journal, may_end=may_end)) for journal in range(1, count + 1)]


def serials(use: Use) -> set[tuple[int, int]]:
    """List the serials of a run, each with its lot."""
    return {(use.lot, serial) for serial in range(use.lo, use.past)}


def pairs(found: Iterable[Finding]) -> set[tuple[tuple[int, int], int, int]]:
    """Spread findings out: serial, and the journals of both uses, the lower one first."""
    spread = set()
    for finding in found:
        assert finding.second is not None
        low, high = sorted((finding.first.journal, finding.second.journal))
        for serial in range(finding.lo, finding.lo + finding.count):
            spread.add(((finding.lot, serial), low, high))
    return spread


def replayed(story: Iterable[Use]) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Do the same serial by serial, in the plainest way."""
    ended: dict[tuple[int, int], list[int]] = {}
    for use, serial in [(one, at) for one in story for at in serials(one)]:
        standing = ended.setdefault(serial, [])
        if not use.begins:
            standing.clear()
            continue
        yield from ((serial, other, use.journal) for other in standing)
        standing.append(use.journal)


def placed(story: Iterable[Use]) -> list[Use]:
    """Put uses in the order in which the finder reads them."""
    return sorted(story, key=lambda use: (use.lot, use.lo, use.journal))


@given(stories(may_end=True))
def test_ends_are_replayed_as_serial_by_serial(story: list[Use]) -> None:
    """Ended, taken back, ended again: only what ends while it has ended is found."""
    by_lot = sorted(story, key=lambda use: (use.lot, use.journal))

    assert pairs(ended_twice(by_lot)) == set(replayed(story))


@given(stories())
def test_runs_that_meet_are_found_once_each(story: list[Use]) -> None:
    """Every pair of runs that share a serial, and no other; the serials are those they share."""
    found = list(meeting("claimed_twice", placed(story)))
    wanted = {
        (serial, one.journal, other.journal)
        for one in story
        for other in story
        if one.journal < other.journal
        for serial in serials(one) & serials(other)
    }

    assert pairs(found) == wanted
    assert len(found) == len({(f.first.journal, f.second.journal) for f in found if f.second})


@given(stories(), stories())
def test_runs_of_two_kinds_are_found_where_they_meet(these: list[Use], those: list[Use]) -> None:
    """One of each kind, never two of the same; the first named is the first kind."""
    shifted = [Use(u.lot, u.lo, u.past, "green_power", u.journal + 100, u.party) for u in those]
    found = list(between("x", these, shifted))
    wanted = {
        (serial, one.journal, other.journal)
        for one in these
        for other in shifted
        for serial in serials(one) & serials(other)
    }

    assert pairs(found) == wanted
    assert all(finding.second and finding.second.what == "green_power" for finding in found)


@given(stories(), stories())
def test_what_nothing_covers_is_found(uses: list[Use], covers: list[Use]) -> None:
    """Serial by serial: in the use, and in no cover."""
    covered = set().union(*map(serials, covers)) if covers else set()
    wanted = {(s, use.journal) for use in uses for s in serials(use) - covered}
    found = {
        ((finding.lot, serial), finding.first.journal)
        for finding in uncovered("x", uses, placed(covers))
        for serial in range(finding.lo, finding.lo + finding.count)
    }

    assert found == wanted


def test_the_names_say_what_met() -> None:
    """Two retirements; a retirement and a CCER credit; any other two ends."""

    def named(first: str, second: str) -> str:
        uses = [Use(1, 0, 5, first, 1, 1), Use(1, 4, 9, second, 2, 2)]
        [finding] = ended_twice(uses)
        assert (finding.lo, finding.count) == (4, 1)
        return finding.name

    assert named("retired", "retired") == "retired_twice"
    assert named("retired", "cancelled_for_ccer") == "ccer_and_claim"
    assert named("cancelled_for_ccer", "retired") == "ccer_and_claim"
    assert named("expired", "retired") == "ended_twice"
