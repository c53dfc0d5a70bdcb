"""The shipped policy: it loads, it has no gaps, and its figures are those of the law as found."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from ledger.model.period import valid_until
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Parameter, Rulebook, Rules


@cache
def rules() -> Rules:
    """Read what is shipped as the rules in force."""
    return Rules(tuple(Rulebook.parse(raw) for raw in shipped()))


def test_four_rulebooks_are_shipped() -> None:
    """One for each scheme, each adopted on its own."""
    assert [book.name for book in rules().books] == ["ccer", "cea", "fossil_budget", "gec"]


def test_no_name_has_a_gap_between_its_spans() -> None:
    """Where one span ends and another follows, it follows on the next day."""
    for name in rules().names():
        spans = [p for book in rules().books for p in book.parameters if p.name == name]
        for earlier, later in pairwise(spans):
            assert earlier.valid_to is not None
            assert later.valid_from - earlier.valid_to == timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("gec.kwh_per_cert", date(2025, 10, 1), 1000),
        ("gec.max_trades", date(2026, 1, 1), 1),
        ("gec.hydro_cutoff", date(2026, 1, 1), date(2023, 1, 1)),
        ("gec.storage_issue", date(2025, 1, 1), False),
        ("gec.storage_issue", date(2026, 1, 7), False),
        ("gec.same_year_retire", date(2025, 12, 31), False),
        ("gec.same_year_retire", date(2026, 1, 1), True),
        ("gec.capacity_margin", date(2026, 1, 1), Decimal("1.05")),
        ("gec.objection_window", date(2026, 1, 7), 3),
        ("cea.threshold_direct", date(2026, 1, 1), 26_000),
        ("cea.prealloc_ratio.power", date(2024, 1, 1), Decimal("0.70")),
        ("cea.prealloc_ratio.power", date(2025, 1, 1), Decimal("0.50")),
        ("cea.gap_cap", date(2026, 1, 1), Decimal("0.20")),
        ("cea.surrender_deadline", date(2024, 1, 1), date(2025, 12, 31)),
        ("cea.surrender_deadline", date(2025, 12, 31), date(2026, 12, 31)),
        ("cea.penalty_regime", date(2025, 12, 31), "A"),
        ("cea.penalty_regime", date(2026, 8, 14), "A"),
        ("cea.penalty_regime", date(2026, 8, 15), "B"),
        ("cea.penalty.next_year_deduction", date(2026, 12, 31), False),
        ("cea.penalty.fine_min_fen", date(2026, 12, 31), 100_000_000),
        ("cea.carry.base", date(2025, 1, 1), 10_000),
        ("cea.carry.multiplier", date(2025, 1, 1), Decimal("1.5")),
        ("cea.price_band.listed", date(2026, 1, 1), Decimal("0.10")),
        ("cea.block_min", date(2026, 1, 1), 100_000),
        ("ccer.cap", date(2025, 1, 1), Decimal("0.05")),
        ("ccer.registered_after", date(2025, 1, 1), date(2024, 1, 22)),
        ("feb.mode", date(2026, 1, 1), "net"),
        ("feb.c_e", date(2026, 1, 1), Decimal("0.1229")),
        ("feb.kgce_kj", date(2026, 1, 1), 29_307),
        ("feb.heat.factor", date(2026, 1, 1), Decimal("0.03412")),
        ("feb.fuel.natural_gas.factor", date(2026, 1, 1), Decimal("1.3300")),
        ("keu.threshold", date(2026, 1, 1), 10_000),
    ],
)
def test_a_figure_is_in_force_on_its_day(name: str, key: date, expected: object) -> None:
    """The figures that other rules rest on, each at the edge of its span where it has one."""
    assert rules().value(name, key) == expected


@pytest.mark.parametrize(
    ("compliance_year", "on_time", "in_arrears"),
    [
        (2019, (2019, 2020), (2019, 2026)),
        (2020, (2019, 2020), (2019, 2026)),
        (2021, (2019, 2021), (2019, 2026)),
        (2023, (2019, 2023), (2019, 2026)),
        (2024, (2019, 2024), (2019, 2026)),
        (2025, (2025, 2026), (2025, 2026)),
        (2026, (2025, 2026), (2025, 2026)),
    ],
)
def test_a_compliance_year_accepts_its_vintages(
    compliance_year: int, on_time: tuple[int, int], in_arrears: tuple[int, int]
) -> None:
    """Old vintages clear old years only; 2025 and 2026 accept either of their vintages."""
    key = date(compliance_year, 1, 1)
    spans = [
        tuple(rules().integer(f"cea.vintage.{edge}", key) for edge in edges)
        for edges in (("min", "max"), ("arrears_min", "arrears_max"))
    ]

    assert spans == [on_time, in_arrears]
    assert rules().day("cea.surrender_deadline", key).year > compliance_year


@pytest.mark.parametrize(
    ("month", "last_day"),
    [
        (date(2025, 10, 1), date(2027, 9, 30)),
        (date(2024, 1, 1), date(2025, 12, 31)),
        (date(2023, 12, 1), date(2025, 12, 31)),
        (date(2023, 5, 1), date(2025, 12, 31)),
        (date(2024, 3, 1), date(2026, 2, 28)),
    ],
)
def test_certificates_last_as_long_as_their_production_month_says(
    month: date, last_day: date
) -> None:
    """Two years counted from the month itself; everything from before 2024 to the end of 2025."""
    found = valid_until(
        month,
        rules().integer("gec.validity_months", month),
        rules().day("gec.transition_before", month),
        rules().day("gec.transition_until", month),
    )

    assert found == last_day


def _spans() -> list[Parameter]:
    return [span for book in rules().books for span in book.parameters]


def test_what_rests_on_a_draft_says_so() -> None:
    """Figures read only in the consultation draft of the 2025-26 plan are never called found."""
    drafted = [span for span in _spans() if "征求意见稿" in span.document]

    assert drafted
    assert {span.evidence for span in drafted} <= {"draft", "own"}


def test_what_the_house_chose_is_never_called_found() -> None:
    """Our own choices carry the tag `own`, and a note that says what stands open."""
    chosen = [span for span in _spans() if span.document.startswith("greenledger")]

    assert chosen
    assert {span.evidence for span in chosen} == {"own"}
    assert all(span.note for span in chosen)


def test_regulator_data_is_in_no_rulebook() -> None:
    """Apportionment factors and caps are entered by the regulator, per province and year."""
    assert not [name for name in rules().names() if name.startswith("acc.k")]
