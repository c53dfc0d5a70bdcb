"""A certificate's 32-character code, made from its name and read back.

The first 17 characters are the plant's registration code; the last 15 digits tell production
month, sequence, energy category and trade category, in that order. Their widths are not
published, so they are a map, and the shipped map is our own proposal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final

PLANT_CODE_LENGTH: Final = 17
SUFFIX_LENGTH: Final = 15

_CODE_SHAPE: Final = re.compile(rf"[0-9A-Z]{{{PLANT_CODE_LENGTH}}}[0-9]{{{SUFFIX_LENGTH}}}")
_PLANT_SHAPE: Final = re.compile(rf"[0-9A-Z]{{{PLANT_CODE_LENGTH}}}")

Meanings = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CertificateName:
    """What tells one certificate from every other.

    Serials count from 0 within plant, production month, category and trade.
    """

    plant_code: str
    month: date
    serial: int
    category: str
    trade: str


def _width(meanings: Meanings) -> int:
    """Answer the one width of all digits, having seen that they can be told apart."""
    words, written = {word for word, _ in meanings}, {digits for _, digits in meanings}
    widths = {len(digits) for digits in written}
    plain = all(digits.isascii() and digits.isdigit() for digits in written)
    if len(widths) != 1 or not plain or not len(words) == len(written) == len(meanings):
        raise ValueError(f"these meanings cannot be read back: {meanings}")
    return widths.pop()


@dataclass(frozen=True, slots=True)
class CodeMap:
    """How the last 15 digits are divided, and what their categories are called.

    The year is written as its distance from `year_base`: 2000 with two digits for the usual YY,
    0 with four for the whole year.

    Raises:
        ValueError: the widths do not add up to 15, or a meaning could not be read back.
    """

    year_base: int
    year_digits: int
    sequence_digits: int
    categories: Meanings
    trades: Meanings

    def __post_init__(self) -> None:
        numbers = (self.year_digits, 2, self.sequence_digits)
        widths = (*numbers, _width(self.categories), _width(self.trades))
        if sum(widths) != SUFFIX_LENGTH or min(widths) < 1 or self.year_base < 0:
            raise ValueError(f"widths {widths} do not divide {SUFFIX_LENGTH} digits")


DEFAULT_CODE_MAP: Final = CodeMap(
    year_base=2000,
    year_digits=2,
    # The largest plant makes 16.2 million certificates a month: nine digits hold sixty times that.
    sequence_digits=9,
    categories=(("on_grid", "1"), ("self_use", "2"), ("off_grid", "3"), ("storage", "4")),
    trades=(("tradable", "1"), ("non_tradable", "0")),
)


def encode(code_map: CodeMap, name: CertificateName) -> str:
    """Write a certificate's code; different names have different codes.

    Raises:
        ValueError: the name holds what the map cannot write: a month with another day than the
            first, a year, serial or category outside it, a plant code of another shape.
    """
    if _PLANT_SHAPE.fullmatch(name.plant_code) is None or name.month.day != 1:
        raise ValueError(f"no certificate is called {name}")
    parts = (
        name.plant_code,
        _digits(name.month.year - code_map.year_base, code_map.year_digits),
        _digits(name.month.month, 2),
        _digits(name.serial, code_map.sequence_digits),
        _meaning(code_map.categories, name.category),
        _meaning(code_map.trades, name.trade),
    )
    return "".join(parts)


def decode(code_map: CodeMap, code: str) -> CertificateName | None:
    """Read a code back; None for any text `encode` would not write under the same map."""
    if _CODE_SHAPE.fullmatch(code) is None:
        return None
    plant, year, month, serial, category, trade = _cut(code_map, code)
    meant = _meant(code_map.categories, category), _meant(code_map.trades, trade)
    try:
        produced = date(code_map.year_base + int(year), int(month), 1)
    except ValueError:
        return None
    if meant[0] is None or meant[1] is None:
        return None
    return CertificateName(plant, produced, int(serial), meant[0], meant[1])


def _cut(code_map: CodeMap, code: str) -> Iterator[str]:
    category, trade = _width(code_map.categories), _width(code_map.trades)
    widths = (PLANT_CODE_LENGTH, code_map.year_digits, 2, code_map.sequence_digits, category, trade)
    ends = accumulate(widths)
    return (code[end - width : end] for width, end in zip(widths, ends, strict=True))


def _digits(number: int, width: int) -> str:
    if not 0 <= number < 10**width:
        raise ValueError(f"{number} does not fit into {width} digits")
    return f"{number:0{width}}"


def _meaning(meanings: Meanings, word: str) -> str:
    for meant, digits in meanings:
        if meant == word:
            return digits
    raise ValueError(f"the code map has no digits for {word!r}")


def _meant(meanings: Meanings, digits: str) -> str | None:
    return next((word for word, written in meanings if written == digits), None)
