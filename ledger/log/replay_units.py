"""Where every serial of a lot is: one small sorted list of runs per lot, which no run leaves. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Piece: TypeAlias = tuple[str, str, int]
"""Account, hold or nothing, and how often these units were traded."""


@dataclass(slots=True)
class Units:
    """One lot: what its act said of it, and who has which of its serials."""

    plant: str
    month: str
    energy: str
    category: str
    trade: str
    mechanism: bool
    first: int  # serial
    size: int
    valid_until: str
    starts: list[int] = field(default_factory=list)  # counted from the start of the lot
    pieces: list[Piece] = field(default_factory=list)

    def runs(self, lo: int, past: int) -> list[tuple[int, int, Piece]]:
        """List what lies between two units of the lot, cut where it begins and ends."""
        starts, pieces = self.starts, self.pieces
        if len(starts) == 1:
            return [(lo, past, pieces[0])]
        at = bisect_left(starts, lo + 1) - 1
        found = []
        while at < len(starts) and starts[at] < past:
            end = starts[at + 1] if at + 1 < len(starts) else self.size
            found.append((max(lo, starts[at]), min(end, past), pieces[at]))
            at += 1
        return found

    def put(self, lo: int, past: int, piece: Piece) -> None:
        """Give a run of the lot to somebody; equal neighbours become one run."""
        if past - lo == self.size:
            self.starts, self.pieces = [0], [piece]
            return
        first, last = self._cut(lo), self._cut(past)
        self.starts[first:last] = [lo]
        self.pieces[first:last] = [piece]
        self._join(first + 1)
        self._join(first)

    def everything(self) -> Iterator[tuple[int, Piece]]:
        """Yield how many units each run has, and whose they are."""
        ends = [*self.starts[1:], self.size]
        for start, end, piece in zip(self.starts, ends, self.pieces, strict=True):
            yield end - start, piece

    def _cut(self, at: int) -> int:
        """Find the place of the run that begins at a unit; make it begin there, if none does."""
        place = bisect_left(self.starts, at)
        begins = place < len(self.starts) and self.starts[place] == at
        if not begins and at < self.size:
            self.starts.insert(place, at)
            self.pieces.insert(place, self.pieces[place - 1])
        return place

    def _join(self, place: int) -> None:
        if 0 < place < len(self.pieces) and self.pieces[place] == self.pieces[place - 1]:
            del self.starts[place], self.pieces[place]
