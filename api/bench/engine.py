"""Time the engine: prepared commands through the writer, one batch waiting while another is posted."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from api.bench.book import outcomes
from api.bench.sample import Sample
from api.serving import calm_collector
from ledger.posting.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.bench.book import Book
    from api.bench.loads import Load
    from api.bench.scale import Scale
    from ledger.posting.answers import Answer


_SUBMITTERS: Final = 2  # callers; each has one batch under way, and waits for it


def drive(book: Book, make: Callable[[int], Load], scale: Scale) -> Sample:
    """Post the batches of one round; tell commands per second, and what each batch took.

    Every answer is compared with the book afterwards, and with what was to be expected. So all of them
    are kept, which a server does not do: nobody goes over them in search of cycles meanwhile.
    """
    loads = [make(scale.together) for _ in range(scale.batches)]
    calm_collector()  # as the server does
    begun = time.perf_counter()
    with uncollected(), ThreadPoolExecutor(_SUBMITTERS) as pool:
        posted = list(pool.map(lambda load: _post(book, load), loads))
    seconds = time.perf_counter() - begun
    for load, (answers, _) in zip(loads, posted, strict=True):
        _check(book, load, answers)
    return Sample(
        sum(len(load.commands) for load in loads) / seconds,
        tuple(milliseconds for _, milliseconds in posted),
    )


def _post(book: Book, load: Load) -> tuple[list[Answer], float]:
    begun = time.perf_counter()
    answers = book.desk.writer.submit(load.commands)
    return answers, (time.perf_counter() - begun) * 1000


def _check(book: Book, load: Load, answers: list[Answer]) -> None:
    """A case that is refused what it should get, or gets what it should not, measures something else."""
    told = outcomes(load.commands, answers)
    refused = {key: outcome for (_, key), outcome in told.items() if "journals" not in outcome}
    if refused.keys() != load.refused:
        odd = sorted(refused.keys() ^ load.refused)
        book.fault(f"unexpected answers: {len(odd)}, first {refused.get(odd[0], 'accepted')}")
    book.compare(told)
