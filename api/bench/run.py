"""Run the cases that some figures need: round by round, then those that are measured once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from api.bench.cases import CASES, Case
from api.bench.report import Report
from api.bench.stand import Stand, is_durable, stand_of
from api.bench.tpcb import find_pgbench
from ledger.embedded import find_binaries

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.figures import Figure
    from api.bench.sample import Sample
    from api.bench.scale import Scale

Say = Callable[[str], None]

_BUSY: Final = 0.25  # load by core from which a ratio says more about the neighbours
_KINDS_WEIGHED: Final = ("transfer.listing", "gec.retire", "gec.issue")


def run(scale: Scale, figures: Sequence[Figure], say: Say) -> Report:
    """Measure figures on a stand of their own, and let the books decide whether the run counts."""
    begun, load = time.monotonic(), os.getloadavg()[0]
    if load > (os.cpu_count() or 1) * _BUSY:
        say(
            f"this machine is busy (load {load:.1f}): TPC-B has sixteen backends and gets more of it"
        )
    wanted = {name for figure in figures for name in figure.cases}
    cases = [case for case in CASES if case.name in wanted]
    if "tpcb" in wanted:
        find_pgbench(find_binaries(None))  # before anything is filled
    with stand_of(scale, say) as stand:
        machine = stand.machine()
        samples = measure(stand, cases, say)
        faults = [fault for book in stand.books for fault in inspect(book, say)]
        acknowledged = sum(book.acknowledged for book in stand.books)
    if not is_durable(machine):
        faults.append("the server was not durable")
    told = {"scale": scale.name, "seconds": round(time.monotonic() - begun)}
    told |= {"load_at_start": round(load, 2), **machine}
    units = {case.name: case.unit for case in cases}
    return Report(figures, samples, units, faults, told | {"acknowledged": acknowledged})


def measure(stand: Stand, cases: Sequence[Case], say: Say) -> dict[str, list[Sample]]:
    """Play the rounds, every case in each, so that a slow minute of the machine hits all of them."""
    samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
    repeated = [case for case in cases if not case.once]
    for case in repeated:
        getattr(stand, case.needs)
    for number in range(stand.scale.rounds if repeated else 0):
        for case in repeated:
            samples[case.name].append(case.measure(stand))
            say(f"round {number + 1}: {case.name} {samples[case.name][-1].value:,.1f} {case.unit}")
    for case in cases:
        if case.once:
            samples[case.name].append(case.measure(stand))
            say(f"once: {case.name} {samples[case.name][-1].value:,.2f} {case.unit}")
    return samples


def inspect(book: Book, say: Say) -> list[str]:
    """Let `doctor` look at a book, weigh its records, and return all faults found in it."""
    say(f"{book.settings.registry}: {book.acknowledged:,} acknowledged commands; examining")
    book.examine()
    book.weigh_records(_KINDS_WEIGHED)
    return book.faults
