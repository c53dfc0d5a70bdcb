"""Where every serial of a lot is: one small sorted list of runs per lot, which no run leaves. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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
        first = bisect_right(starts, lo) - 1
        if first + 1 == len(starts) or past <= starts[first + 1]:
            return [(lo, past, pieces[first])]
        last = bisect_left(starts, past)
        begins, ends = [lo, *starts[first + 1 : last]], [*starts[first + 1 : last], past]
        return list(zip(begins, ends, pieces[first:last], strict=True))

    def put(self, lo: int, past: int, piece: Piece) -> None:
        """Give a run of the lot to somebody; equal neighbours become one run."""
        starts, pieces = self.starts, self.pieces
        last, count = bisect_left(starts, past), len(starts)
        at, end = last - 1, starts[last] if last < count else self.size
        begins = starts[at]
        if past == end and begins <= lo and (last == count or pieces[last] != piece):
            if begins < lo and pieces[at] != piece:  # a sale takes the end of a run
                starts.insert(last, lo)
                pieces.insert(last, piece)
                return
            if begins == lo and (not at or pieces[at - 1] != piece):  # or all of it
                pieces[at] = piece
                return
        self._put_across(lo, past, piece)

    def _put_across(self, lo: int, past: int, piece: Piece) -> None:
        """Do so wherever the run begins and ends, and whatever lies beside it."""
        starts, pieces = self.starts, self.pieces
        first, last = bisect_left(starts, lo), bisect_left(starts, past)
        begins, given, rest = [lo], [piece], pieces[last - 1]
        if past == (starts[last] if last < len(starts) else self.size):
            last += last < len(starts) and pieces[last] == piece
        elif rest != piece:
            begins, given = [lo, past], [piece, rest]
        if first and pieces[first - 1] == piece:
            del begins[0], given[0]
        starts[first:last], pieces[first:last] = begins, given

    def everything(self) -> Iterator[tuple[int, Piece]]:
        """Yield how many units each run has, and whose they are."""
        ends = [*self.starts[1:], self.size]
        for start, end, piece in zip(self.starts, ends, self.pieces, strict=True):
            yield end - start, piece
