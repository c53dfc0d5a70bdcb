"""Runs of serials: what a lot is made of and what a parcel holds."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class SerialRange:
    """The serials of one lot from `first` on, `count` of them.

    The end is derived and half-open, so no two fields can ever disagree about the size.
    """

    first: int
    count: int

    def __post_init__(self) -> None:
        assert self.first >= 0
        assert self.count > 0

    @property
    def end(self) -> int:
        """The serial after the last one: where an adjacent range begins."""
        return self.first + self.count

    def split_low(self, count: int) -> tuple[Self, Self]:
        """Cut `count` serials off the low end: answer (cut, rest), which tile the range."""
        assert 0 < count < self.count
        cut = type(self)(self.first, count)
        return cut, type(self)(cut.end, self.count - count)

    def split_high(self, count: int) -> tuple[Self, Self]:
        """Cut `count` serials off the high end: answer (cut, rest), which tile the range."""
        rest, cut = self.split_low(self.count - count)
        return cut, rest

    def contains(self, serial: int) -> bool:
        """Tell whether a serial is one of these."""
        return self.first <= serial < self.end

    def covers(self, other: "SerialRange") -> bool:
        """Tell whether every serial of the other range is one of these."""
        return self.first <= other.first and other.end <= self.end

    def overlaps(self, other: "SerialRange") -> bool:
        """Tell whether the two ranges share a serial."""
        return self.first < other.end and other.first < self.end

    def adjoins(self, other: "SerialRange") -> bool:
        """Tell whether one range begins where the other ends."""
        return self.end == other.first or other.end == self.first

    def merge(self, other: "SerialRange") -> Self:
        """Join two adjacent ranges into the one they tile, in either order."""
        assert self.adjoins(other)
        return type(self)(min(self.first, other.first), self.count + other.count)
