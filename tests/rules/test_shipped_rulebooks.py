"""The shipped policy: it loads, it has no gaps, and its figures are those of the law as found."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import combinations, pairwise

import pytest

from ledger.model.period import valid_until
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Parameter, Rulebook, Rules


@cache
def rules() -> Rules:
    """Read what is shipped as the rules in force."""
    return Rules(tuple(Rulebook.parse(raw) for raw in shipped()))


def test_six_rulebooks_are_shipped() -> None:
    """One for each scheme, each adopted on its own, each with the version it has come to."""
    assert [(book.name, book.version) for book in rules().books] == [
        ("calendar", 1),
        ("ccer", 2),
        ("cea", 3),
        ("fossil_budget", 3),
        ("gec", 2),
        ("share", 1),
    ]


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
        ("cea.allocation_by_approval", date(2024, 12, 31), False),
        ("cea.allocation_by_approval", date(2025, 1, 1), True),
        ("cea.formula.industry", date(2024, 1, 1), "verified"),
        ("cea.formula.industry", date(2026, 1, 1), "alpha"),
        ("cea.carry.batch_1_closes", date(2025, 1, 1), date(2026, 3, 20)),
        ("cea.carry.batch_2_done", date(2025, 1, 1), date(2026, 6, 26)),
        ("cea.entity_list_deadline", date(2027, 1, 1), date(2026, 10, 31)),
        ("cea.late.pre", date(2026, 1, 1), "marked"),
        ("cea.late.carry_over", date(2026, 1, 1), "refused"),
        ("cea.penalty.price_month", date(2026, 12, 31), "calendar_month_before"),
        ("ccer.cap", date(2025, 1, 1), Decimal("0.05")),
        ("ccer.registered_after", date(2025, 1, 1), date(2024, 1, 22)),
        ("feb.mode", date(2026, 1, 1), "net"),
        ("feb.c_e", date(2026, 1, 1), Decimal("0.1229")),
        ("feb.kgce_kj", date(2026, 1, 1), 29_307),
        ("feb.heat.factor", date(2026, 1, 1), Decimal("0.03412")),
        ("feb.fuel.natural_gas.factor", date(2026, 1, 1), Decimal("1.3300")),
        ("keu.threshold", date(2026, 1, 1), 10_000),
        ("acc.cap_method", date(2024, 1, 1), "first_come"),
        ("acc.cap_exempt_origins", date(2025, 12, 31), "assigned"),
        ("acc.cap_exempt_origins", date(2026, 1, 1), "assigned"),
        ("acc.c_categories", date(2026, 1, 1), "on_grid"),
        ("acc.traded_confirmed", date(2026, 1, 1), True),
        ("acc.late_retirement_until", date(2026, 1, 1), "none"),
        ("acc.storage_charge", date(2026, 1, 1), "grid_offtake"),
        ("acc.line_loss_bearer", date(2025, 12, 31), "seller"),
        ("acc.line_loss_bearer", date(2026, 1, 1), "seller"),
        ("acc.line_loss", date(2026, 1, 1), "sent_less_received"),
        ("feb.gross_cap", date(2026, 1, 1), "none"),
        ("feb.gross_cap_share", date(2026, 1, 1), Decimal(1)),
        ("feb.c_e.basis", date(2026, 1, 1), "calorific"),
        ("feb.fuel.ldg.factor", date(2021, 1, 1), Decimal("0.2714")),
        ("ccer.freeze_on_issue", date(2026, 9, 30), True),
        ("ccer.freeze_on_issue", date(2026, 10, 1), True),
        ("share.min.new_project", date(2025, 12, 31), Decimal("0.20")),
        ("share.min.aluminium", date(2025, 1, 1), Decimal("0.25")),
        ("share.min.data_centre_hub", date(2026, 12, 31), Decimal("0.80")),
        ("share.denominator", date(2026, 1, 1), "G_plus_P"),
    ],
)
def test_a_figure_is_in_force_on_its_day(name: str, key: date, expected: object) -> None:
    """The figures that other rules rest on, each at the edge of its span where it has one."""
    assert rules().value(name, key) == expected


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("share.min.new_project", date(2023, 12, 31)),
        ("share.min.new_project", date(2026, 1, 1)),
        ("share.min.aluminium", date(2024, 12, 31)),
        ("share.min.aluminium", date(2026, 1, 1)),
        ("share.min.data_centre_hub", date(2024, 12, 31)),
        ("share.min.data_centre_hub", date(2027, 1, 1)),
        ("ccer.freeze_on_issue", date(2024, 9, 30)),
        ("acc.cap_method", date(2023, 12, 31)),
        ("feb.purposes", date(2026, 1, 1)),
        ("calendar.closed", date(2025, 12, 31)),
        ("calendar.worked", date(2027, 1, 1)),
        ("cea.prealloc_ratio.industry", date(2025, 1, 1)),
    ],
)
def test_no_figure_is_in_force_outside_its_days(name: str, key: date) -> None:
    """A target ends with the years it was set for; what version 2 renamed is gone."""
    assert rules().find(name, key) is None


DAY = date(2026, 1, 1)


def test_every_fuel_is_counted_in_the_unit_its_factor_is_per() -> None:
    """A factor per kg goes with t, one per m3 with m3; no fuel lacks its unit."""
    factors = [n for n in rules().names("feb.fuel.") if n.endswith(".factor")]
    units = {"kgce/kg": "t", "kgce/m3": "m3"}

    assert len(factors) == 37
    for name in factors:
        found = rules().parameter(name, DAY)
        assert rules().text(name.replace(".factor", ".unit"), DAY) == units[found.unit]


def test_a_reporting_code_names_one_fuel() -> None:
    """Codes 01 to 31 of the table, each once."""
    codes = [rules().text(n, DAY) for n in rules().names("feb.fuel.") if n.endswith(".code")]

    assert sorted(codes) == [f"{n:02}" for n in range(1, 32)]


def test_reporting_codes_that_were_read_are_told_from_those_that_were_not() -> None:
    """Thirteen were read, none of them in the scheme's own form; the rest is this house's own."""
    codes = [rules().parameter(n, DAY) for n in rules().names("feb.fuel.") if n.endswith(".code")]

    read = sorted(int(str(code.value)) for code in codes if code.evidence == "found_2nd")
    assert read == [1, 5, 6, 9, 11, 12, 13, 14, 15, 16, 18, 19, 21]
    assert {code.evidence for code in codes} == {"found_2nd", "own"}
    assert {code.document for code in codes if code.evidence == "own"} == {
        "国家统计局 能源统计报表制度, 205-1表 能源购进、消费与库存"
    }
    assert all(code.note and not code.note_zh.isascii() for code in codes)


@pytest.mark.parametrize("name", ["feb.by_products", "feb.secondary_gases"])
def test_a_list_of_fuels_lists_fuels(name: str) -> None:
    """A misspelt fuel would be law that is silently not applied."""
    known = {n.split(".")[2] for n in rules().names("feb.fuel.")}

    assert rules().words(name, DAY) <= known


def test_a_target_is_of_a_sector_or_a_trait() -> None:
    """The last word of its name says whom it binds."""
    whom = rules().words("feb.sectors", DAY) | rules().words("share.traits", DAY)

    assert {n.split(".")[2] for n in rules().names("share.min.")} <= whom


@pytest.mark.parametrize("mode", ["net", "gross"])
def test_a_consequence_is_told_in_two_languages(mode: str) -> None:
    """Chinese first, English after the bar."""
    chinese, english = rules().text(f"feb.consequence.{mode}", DAY).split(" | ")

    assert not chinese.isascii()
    assert english.isascii()


def test_metrics_share_in_pairs() -> None:
    """Every two metrics have one flag, named in the order of the alphabet."""
    metrics = sorted(n.removeprefix("metric.purposes.") for n in rules().names("metric.purposes."))
    pairs = {f"metric.share.{one}.{other}" for one, other in combinations(metrics, 2)}

    assert set(rules().names("metric.share.")) == pairs


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


def test_holidays_and_days_worked_for_them_are_days_of_their_year() -> None:
    """No day is both; what is worked for a holiday is a day of a weekend."""
    year = (date(2026, 1, 1), date(2026, 12, 31))
    spans = [item.split("/") for item in rules().words("calendar.closed", DAY)]
    closed = [(date.fromisoformat(span[0]), date.fromisoformat(span[-1])) for span in spans]
    worked = [date.fromisoformat(item) for item in rules().words("calendar.worked", DAY)]

    assert sum((last - first).days + 1 for first, last in closed) == 33
    assert all(year[0] <= first <= last <= year[1] for first, last in closed)
    assert all(day.year == 2026 and day.weekday() >= 5 for day in worked)
    assert not [day for day in worked if any(a <= day <= b for a, b in closed)]


def test_regulator_data_is_in_no_rulebook() -> None:
    """Apportionment factors and caps are entered by the regulator, per province and year."""
    assert not [name for name in rules().names() if name.startswith("acc.k")]
