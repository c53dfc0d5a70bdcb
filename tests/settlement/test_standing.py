"""Where emitters stand: in a word, in a letter, on any day, and what being short may cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.command import Act, Enter, Plain
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook, Rules
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.penalty import Penalty, penalty, price_month
from settlement.quotes import Average
from settlement.standing import Standing, rules_known, standing
from tests.databases import Clones
from tests.settlement.duty_case import YEAR, Case, Emitter, done, opened_case
from tests.settlement.mill import two_persons

RULES = Rules(tuple(map(Rulebook.parse, shipped())))
DEADLINE, LAST_FOR_POWER = date(2026, 12, 31), date(2026, 6, 30)
YUAN = 100  # fen
SHORT = Standing(
    party=1,
    compliance_year=2025,
    day=date(2027, 1, 1),
    version=1,
    verified=1_000_000,
    taken_over=0,
    surrendered=990_000,
    ccer=0,
    due=10_000,
    ccer_room=0,
    changed_on=date(2026, 12, 1),
    sector="power",
    deadline=DEADLINE,
    verify_by=LAST_FOR_POWER,
)


@pytest.fixture
def case(clones: Clones) -> Iterator[Case]:
    """Open a registry for one test, which lets its time pass."""
    with clones.fresh() as urls, opened_case(urls) as found:
        yield found


def lists(one: Emitter, sector: str, status: str = "listed", version: int = 1) -> None:
    """Put a party on the list of the year, or take it off."""
    told: dict[str, Plain] = {
        "party": encode_id(IdPrefix.PARTY, one.party),
        "year": YEAR,
        "version": version,
        "status": status,
        "sector": sector,
        "reason": "by document",
        "document_no": "doc l",
        "installations": [],
    }
    row: dict[str, Plain] = {name: value for name, value in told.items() if name != "installations"}
    entry = Enter("ets_entity", row | {"party": one.party})
    done(
        two_persons(one.case.registry, lambda _r, _a: Decision((Act("cea.list", (entry,), told),)))
    )


def test_nothing_verified_and_nothing_emitted_are_not_the_same(case: Case) -> None:
    """F12: zero tonnes are verified tonnes, and met by nothing."""
    one = case.emitter()
    assert (one.stands().status, one.stands().letter) == ("NOT_VERIFIED", None)
    done(one.verify(0))
    stands = one.stands()

    assert (stands.status, stands.letter, stands.version, stands.days_late) == (
        "COMPLIED",
        "A",
        1,
        0,
    )


def test_the_deadline_s_own_day_is_in_time(case: Case) -> None:
    """DUE until its end, and then ARREARS, and B; what is met late is A, and late."""
    soon, late = case.emitter(2025), case.emitter(2025)
    for one in (soon, late):
        done(one.verify(10))
    case.on(DEADLINE)
    assert (late.stands().status, late.stands().letter) == ("DUE", None)
    done(soon.surrender(10))
    case.pass_days(1)
    assert (late.stands().status, late.stands().letter, late.stands().days_late) == (
        "ARREARS",
        "B",
        1,
    )
    case.pass_days(6)
    done(late.surrender(10))
    case.pass_days(30)

    assert (soon.stands().letter, soon.stands().days_late) == ("A", 0)
    assert (late.stands().letter, late.stands().days_late) == ("A", 7)
    assert late.stands(DEADLINE).status == "DUE"


def test_who_is_listed_and_not_verified_in_time_is_told_so(case: Case) -> None:
    """C from the day after: power's is a month before the others'; who is not listed owes nothing yet."""
    power, steel, off, stranger = (case.emitter() for _ in range(4))
    lists(power, "power")
    lists(steel, "steel")
    lists(off, "steel")
    lists(off, "steel", "removed", 2)
    everybody = [one.party for one in (power, steel, off, stranger)]
    case.pass_days(1)
    with case.registry.desk.reader() as read:
        found = standing(read, everybody, YEAR)
        at_end = standing(read, everybody, YEAR, date(2026, 8, 20))

    assert [found[party].letter for party in everybody] == ["C", "C", None, None]
    assert [found[party].verify_by for party in everybody[:2]] == [
        LAST_FOR_POWER,
        date(2026, 7, 31),
    ]
    assert [each.letter for each in at_end.values()] == ["C", "C", None, None]
    done(power.verify(5))
    assert power.stands().letter is None


def test_a_past_day_is_judged_by_the_rules_known_then(case: Case) -> None:
    """F13: a deadline moved later moves nothing of what was told."""
    one = case.emitter()
    done(one.verify(10))
    with case.registry.desk.reader() as read:
        day, before = read.day, rules_known(read, read.day).digest
    stood = one.stands()
    case.pass_days(1)
    case.amend(
        "cea",
        'value = 2026-12-31, document = "work_2026", evidence = "found" },\n  { from = 2026-01-01',
        'value = 2026-08-01, document = "work_2026", evidence = "found" },\n  { from = 2026-01-01',
    )

    assert one.stands().status == "ARREARS"
    assert one.stands(day) == stood
    with case.registry.desk.reader() as read:
        assert rules_known(read, day).digest == before != rules_known(read, read.day).digest
        assert rules_known(read, date(2020, 1, 1)).books == ()


# What it may cost


def asked(stood: Standing, fen: int | None) -> Penalty:
    """Work out a penalty at an average price."""
    found = penalty(stood, RULES, None if fen is None else Average(1_000, 1_000 * fen))
    assert found is not None
    return found


def test_the_old_law_asks_a_multiple_and_a_deduction() -> None:
    """V-13: a deadline of 2025, 10,000 t short at 80 yuan."""
    found = asked(replace(SHORT, compliance_year=2024, deadline=date(2025, 12, 31)), 80 * YUAN)

    assert (found.regime, found.fine, found.deduction) == ("A", None, 10_000)
    assert found.multiple == (4_000_000 * YUAN, 8_000_000 * YUAN)
    assert found.price_month == date(2025, 11, 1)


def test_the_new_law_asks_a_fine_first_and_deducts_nothing() -> None:
    """V-13: a deadline of 2026, the same shortfall and price."""
    found = asked(SHORT, 80 * YUAN)

    assert (found.regime, found.deduction) == ("B", 0)
    assert found.fine == (1_000_000 * YUAN, 5_000_000 * YUAN)
    assert found.multiple == (4_000_000 * YUAN, 8_000_000 * YUAN)
    assert (found.price_text, found.price_missing) == ("8000.00", False)


def test_without_a_price_only_the_fine_is_known() -> None:
    """It is said that the price is missing; nothing is made up."""
    found = asked(SHORT, None)

    assert (found.price_missing, found.multiple, found.price_text) == (True, None, None)
    assert found.fine is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"due": 0},
        {"day": DEADLINE},
        {"deadline": None},
        {"deadline": date(2023, 12, 31)},
    ],
    ids=str,
)
def test_nothing_is_asked_of_who_is_not_short(changes: dict[str, object]) -> None:
    """Nor before the deadline is over, nor by a law that was not there yet."""
    stood = replace(SHORT, **changes)  # type: ignore[arg-type]

    assert price_month(stood, RULES) is None
    assert penalty(stood, RULES, Average(1, 1)) is None


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**13))
def test_bounds_are_exact_and_never_above_the_law(due: int, volume: int, turnover: int) -> None:
    """Five and ten times the exact price, cut to a whole fen."""
    found = penalty(replace(SHORT, due=due), RULES, Average(volume, turnover))
    assert found is not None
    assert found.multiple is not None
    least, most = found.multiple
    exact = Fraction(turnover, volume) * due

    assert least <= 5 * exact < least + 1
    assert most <= 10 * exact < most + 1


def test_the_month_of_the_price_is_the_rulebook_s() -> None:
    """The month before the deadline's, or, where the law says so, the deadline's own."""
    name = "calendar_month_before"
    raw = next(raw for raw in shipped() if name.encode() in raw)
    other = Rulebook.parse(raw.replace(name.encode(), b"month_to_deadline"))
    rules = Rules(tuple(other if b.name == other.name else b for b in RULES.books))

    assert price_month(SHORT, RULES) == date(2026, 11, 1)
    assert price_month(SHORT, rules) == date(2026, 12, 1)
    january = replace(SHORT, deadline=date(2027, 1, 31), day=date(2027, 2, 1))
    assert price_month(january, RULES) == date(2026, 12, 1)
