"""Time the engine: prepared commands through the writer, one batch after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from api.bench.book import outcomes
from api.bench.sample import Sample
from api.serving import calm_collector

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.bench.book import Book
    from api.bench.loads import Load
    from api.bench.scale import Scale
    from ledger.posting.answers import Answer


def drive(book: Book, make: Callable[[int], Load], scale: Scale) -> Sample:
    """Post the batches of one round; tell commands per second, and what each batch took.

    Every answer is compared with the book afterwards, and with what was to be expected.
    """
    loads = [make(scale.together) for _ in range(scale.batches)]
    answered: list[list[Answer]] = []
    times: list[float] = []
    calm_collector()  # as the server does
    for load in loads:
        begun = time.perf_counter()
        answered.append(book.desk.writer.submit(load.commands))
        times.append(time.perf_counter() - begun)
    for load, answers in zip(loads, answered, strict=True):
        _check(book, load, answers)
    return Sample(
        sum(len(load.commands) for load in loads) / sum(times),
        tuple(seconds * 1000 for seconds in times),
    )


def _check(book: Book, load: Load, answers: list[Answer]) -> None:
    """A case that is refused what it should get, or gets what it should not, measures something else."""
    told = outcomes(load.commands, answers)
    refused = {key: outcome for (_, key), outcome in told.items() if "journals" not in outcome}
    if refused.keys() != load.refused:
        odd = sorted(refused.keys() ^ load.refused)
        book.fault(f"unexpected answers: {len(odd)}, first {refused.get(odd[0], 'accepted')}")
    book.compare(told)
