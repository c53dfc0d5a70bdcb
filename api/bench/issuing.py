"""Issue a month's certificates from its readings, as the door of issuances does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from api.bench.book import OPERATOR, new_key, parts
from ledger.refusals import Refusal
from settlement.desk import Decision, Envelope, Reader
from settlement.issuance import due

if TYPE_CHECKING:
    from api.bench.book import Book

_TOGETHER: Final = 1_000  # plant-months of one question
_HANDS: Final = 2  # while one's decisions are being stored, the other decides


Issued = dict[str, list[int]]  # journals by key: of a million lots, no more can be kept in mind


def issue(book: Book, readings: Sequence[int]) -> float:
    """Issue what is due for readings, one command a lot; return the seconds it took.

    A reading for which nothing is due would be the benchmark's own mistake.
    """
    begun = time.perf_counter()
    with ThreadPoolExecutor(_HANDS) as hands:
        done = list(hands.map(_issuing(book), parts(readings, _TOGETHER)))
    seconds = time.perf_counter() - begun
    for issued in done:
        book.compare({(OPERATOR.client, key): {"journals": j} for key, j in issued.items()})
    return seconds


def _issuing(book: Book) -> Callable[[list[int]], Issued]:
    def issued(readings: list[int]) -> Issued:
        keys = [new_key() for _ in readings]
        envelopes = [Envelope(key, sha256(key.encode()).digest()) for key in keys]
        answers = book.desk.post_many(OPERATOR, envelopes, _decide(readings))
        told = [(answer.outcome or {}).get("journals") for answer in answers]
        if not all(told):
            book.fault("a lot that was due was not issued")
        return {key: journals or [] for key, journals in zip(keys, told, strict=True)}

    return issued


def _decide(readings: list[int]) -> Callable[[Reader], list[Decision | Refusal]]:
    def decided(read: Reader) -> list[Decision | Refusal]:
        found = [item.decision for item in due(read, readings=readings)]
        assert len(found) == len(readings), "every reading of the benchmark has something due"
        return found

    return decided
