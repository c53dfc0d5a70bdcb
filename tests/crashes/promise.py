"""What is promised whatever dies: acknowledged ⇒ once; refused ⇒ absent; the retry answers the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.races.books import check_acknowledged, check_books
from tests.registry import rows


@dataclass(frozen=True)
class Heard:
    """What a caller was told under a key."""

    client: int
    key: str
    outcome: Mapping[str, Any]

    @classmethod
    def read(cls, line: str) -> Self:
        """Read what `line` wrote."""
        return cls(*json.loads(line))

    def line(self) -> str:
        """Write it down; tuples and lists are one to a caller."""
        return json.dumps([self.client, self.key, self.outcome])


class Known:
    """Everything that any caller was ever told, by key."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self.told: dict[tuple[int, str], Mapping[str, Any]] = {}

    def hear(self, heard: Iterable[Heard]) -> None:
        """Take answers in: one key has one answer, for ever."""
        with self._lock:
            for one in heard:
                plain = Heard.read(one.line()).outcome
                assert self.told.setdefault((one.client, one.key), plain) == plain


def check_promise(
    url: str,
    known: Known,
    refused: Iterable[tuple[int, str]] = (),
    *,
    complete: bool = False,
) -> None:
    """Compare what callers were told with the book, and the book with its own history.

    Args:
        url: the owner's, of the book.
        known: what was told.
        refused: requests that the registry would not take (503); they left nothing.
        complete: everybody was answered, so whatever else has an outcome was never asked for.
    """
    check_acknowledged(url, [(*name, outcome) for name, outcome in known.told.items()])
    stored = rows(url, "SELECT client, key, outcome FROM command")
    assert {(client, key) for client, key, _ in stored}.isdisjoint(refused)
    if complete:
        lanes = {key.rpartition(" ")[0] for _, key in known.told}
        extra = {(c, k) for c, k, _ in stored if k.rpartition(" ")[0] in lanes} - known.told.keys()
        assert not extra
    _groups_are_whole(url, [outcome["journals"] for _, _, outcome in stored if "result" in outcome])
    check_books(url)


def _groups_are_whole(url: str, told: Iterable[list[int]]) -> None:
    """The journals of a group are those of one command, all of them and in order."""
    groups = dict(rows(url, "SELECT grp, array_agg(seq ORDER BY seq) FROM journal GROUP BY grp"))
    assert {journals[0]: journals for journals in told if journals} == groups
