"""Issue a month's certificates from its readings, as the door of issuances does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from api.bench.book import OPERATOR, new_key, parts
from ledger.refusals import Refusal
from settlement.desk import Decision, Envelope, Reader
from settlement.issuance import due

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.bench.book import Book

_TOGETHER: Final = 1_000  # plant-months of one question
_HANDS: Final = 2  # while one's decisions are being stored, the other decides


def issue(book: Book, readings: Sequence[int]) -> float:
    """Issue what is due for readings, one command a lot; return the seconds it took.

    A reading for which nothing is due would be the benchmark's own mistake.
    """
    begun = time.perf_counter()
    with ThreadPoolExecutor(_HANDS) as hands:
        answered = list(hands.map(_issuing(book), parts(readings, _TOGETHER)))
    seconds = time.perf_counter() - begun
    for outcomes in answered:
        book.compare(outcomes)
    return seconds


def _issuing(book: Book) -> Callable[[list[int]], dict[tuple[int, str], Mapping[str, Any]]]:
    def issued(readings: list[int]) -> dict[tuple[int, str], Mapping[str, Any]]:
        keys = [new_key() for _ in readings]
        envelopes = [Envelope(key, sha256(key.encode()).digest()) for key in keys]
        answers = book.desk.post_many(OPERATOR, envelopes, _decide(readings))
        told = [answer.outcome or {} for answer in answers]
        if not all(outcome.get("journals") for outcome in told):
            book.fault("a lot that was due was not issued")
        return {(OPERATOR.client, key): outcome for key, outcome in zip(keys, told, strict=True)}

    return issued


def _decide(readings: list[int]) -> Callable[[Reader], list[Decision | Refusal]]:
    def decided(read: Reader) -> list[Decision | Refusal]:
        found = [item.decision for item in due(read, readings=readings)]
        assert len(found) == len(readings), "every reading of the benchmark has something due"
        return found

    return decided
