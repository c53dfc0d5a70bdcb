"""What an exchange tells of its days: versions, averages of a month as once known, the last close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from ledger.database import Urls
from settlement.quotes import (
    Average,
    Quote,
    QuoteOrder,
    last_close,
    month_average,
    record_quotes,
)
from tests.registry import OPERATOR, Registry, code_of, opened

NOV = date(2026, 11, 1)


@pytest.fixture
def registry(database: Urls) -> Iterator[Registry]:
    """Open a registry in the last days of a year."""
    with opened(database.app) as found:
        found.clock.now = datetime(2026, 12, 30, 4, tzinfo=UTC)
        yield found


def told(registry: Registry, day: date, *quotes: Quote) -> str | None:
    """Tell a day; give the code of the refusal, if it was refused."""
    order = QuoteOrder(day, quotes)
    return code_of(registry.ask(OPERATOR, lambda read, actor: record_quotes(read, actor, order)))


def average(registry: Registry, month: date = NOV, day: date | None = None) -> Average | None:
    """Ask for a month's average, as known at the end of a day; of today if none is named."""
    with registry.desk.reader() as read:
        return month_average(read, month, day or read.day)


def close(registry: Registry, vintage: int, before: date) -> int | None:
    """Ask for the last close before a day."""
    with registry.desk.reader() as read:
        return last_close(read, vintage, before)


def test_a_month_is_averaged_by_volume(registry: Registry) -> None:
    """Both ends of the month count, and no other day; the average is exact."""
    for day, volume, turnover in (
        (date(2026, 10, 31), 1, 1),
        (date(2026, 11, 1), 100, 800_000),
        (date(2026, 11, 30), 50, 400_001),
        (date(2026, 12, 1), 1, 1),
    ):
        assert told(registry, day, Quote(8_000, volume, turnover)) is None

    found = average(registry)
    assert found == Average(150, 1_200_001)
    assert found.price == Fraction(1_200_001, 150)
    assert average(registry, date(2026, 12, 25)) == Average(1, 1)
    assert average(registry, date(2026, 9, 1)) is None


def test_a_day_counts_once_whole_or_by_its_vintages(registry: Registry) -> None:
    """Where all vintages are told together, theirs are parts of it; where not, they add up."""
    parts = (Quote(8_000, 10, 80_000, 2025), Quote(7_000, 20, 140_000, 2024))
    assert told(registry, date(2026, 11, 2), *parts, Quote(7_500, 31, 230_000)) is None
    assert told(registry, date(2026, 11, 3), *parts) is None

    assert average(registry) == Average(61, 450_000)


def test_a_day_told_again_counts_as_last_told_and_as_once_known(registry: Registry) -> None:
    """An average asked for a past day never changes by what is told later."""
    known = registry.clock().date()
    assert told(registry, date(2026, 11, 2), Quote(8_000, 10, 80_000)) is None
    before = average(registry, day=known)
    registry.clock.advance(timedelta(days=1))
    assert told(registry, date(2026, 11, 2), Quote(8_100, 20, 162_000)) is None

    assert average(registry, day=known) == before == Average(10, 80_000)
    assert average(registry) == Average(20, 162_000)
    assert average(registry, day=known - timedelta(days=1)) is None
    assert close(registry, 2025, date(2026, 11, 3)) == 8_100


def test_the_last_close_is_of_an_earlier_day(registry: Registry) -> None:
    """Of the vintage if it was ever quoted, of all together if not; weekends do not matter."""
    assert close(registry, 2025, date(2026, 11, 6)) is None
    assert told(registry, date(2026, 11, 2), Quote(6_236, 1, 6_236, 2025)) is None
    assert told(registry, date(2026, 11, 5), Quote(6_000, 0, 0), Quote(6_300, 0, 0, 2025)) is None

    assert close(registry, 2025, date(2026, 11, 5)) == 6_236
    assert close(registry, 2025, date(2026, 11, 6)) == 6_300
    assert close(registry, 2024, date(2026, 11, 6)) == 6_000
    assert close(registry, 2024, date(2026, 11, 5)) is None


@pytest.mark.parametrize(
    ("day", "quotes"),
    [
        (date(2026, 12, 31), (Quote(8_000, 1, 8_000),)),
        (date(2026, 12, 30), (Quote(8_000, 1, 8_000), Quote(8_000, 1, 8_000))),
        (date(2026, 12, 30), (Quote(8_000, 0, 1),)),
        (date(2026, 12, 30), (Quote(8_000, 1, 0, 2025),)),
    ],
)
def test_what_cannot_be_is_not_put_on_file(
    registry: Registry, day: date, quotes: tuple[Quote, ...]
) -> None:
    """Of a day to come, a vintage twice, turnover without volume or the other way."""
    assert told(registry, day, *quotes) == "quote_unfit"
    assert average(registry, date(2026, 12, 1)) is None
