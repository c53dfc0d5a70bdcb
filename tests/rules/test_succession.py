"""One version of a rulebook after another: nothing that is asked for may go missing."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook, RulebookInvalid, Rules
from ledger.rules.succession import (
    COUNTS,
    DEADLINES,
    LISTED,
    SHARES,
    UNDERSTOOD,
    check_succession,
)

DAY = date(2026, 6, 15)


def book(version: int, *tables: str, dropped: str = "") -> Rulebook:
    """Write a rulebook of the tables given, each made by `table`."""
    head = f'name = "gec"\nversion = {version}\n{dropped}\n[documents]\nlaw = "Law 1"\n'
    return Rulebook.parse((head + "[parameters]\n" + "\n".join(tables)).encode())


def table(
    name: str = "gec.max_trades",
    kind: str = "integer",
    value: str | int = "1",
    unit: str = "trade",
    by: str = "registry_day",
    span: str = "from = 2024-01-01",
) -> str:
    """Write one parameter with one span."""
    held = f'{span}, value = {value}, document = "law", evidence = "own"'
    return (
        f'"{name}" = {{ kind = "{kind}", unit = "{unit}", by = "{by}", values = [{{ {held} }}] }}'
    )


OLD = book(1, table(), table("gec.other"))
ASKED = book(1, table())


def test_every_shipped_book_may_follow_itself() -> None:
    """What is shipped asks for nothing it does not hold, and can be adopted on an empty registry."""
    for raw in shipped():
        found = Rulebook.parse(raw)
        check_succession(found, None, found, DAY)
        check_succession(replace(found, version=found.version + 1), found, found, DAY)


def test_a_version_may_add_change_and_drop_on_purpose() -> None:
    """Another value, another name, and a name given up that no verb asks for."""
    new = book(2, table(value="2"), table("gec.more"), dropped='dropped = ["gec.other"]')

    check_succession(new, OLD, ASKED, DAY)


FAULTS = [
    ("version_not_next", OLD),
    ("name_dropped", book(2, table())),
    ("name_dropped", book(2, table("gec.other"), dropped='dropped = ["gec.max_trades"]')),
    ("kind_changed", book(2, table(kind="decimal", value='"1"'), table("gec.other"))),
    ("kind_changed", book(2, table(kind="flag", value="true"), table("gec.other"))),
    ("key_changed", book(2, table(by="deadline"), table("gec.other"))),
    ("unit_changed", book(2, table(unit="trade a year"), table("gec.other"))),
    ("kind_changed", book(2, table(), table("gec.other", kind="text", value='"1"'))),
    ("key_lost", book(2, table(span="from = 2024-01-02"), table("gec.other"))),
    ("key_lost", book(2, table(span="from = 2024-01-01, to = 2026-06-14"), table("gec.other"))),
]


@pytest.mark.parametrize(("reason", "new"), FAULTS)
def test_a_version_that_leaves_a_gap_is_refused(reason: str, new: Rulebook) -> None:
    """Left out, read as another kind, keyed by another date, in another unit, or for fewer dates."""
    with pytest.raises(RulebookInvalid) as refused:
        check_succession(new, OLD, ASKED, DAY)

    assert refused.value.reason == reason
    assert refused.value.where.startswith("gec")


def test_a_rule_may_end_from_today_on() -> None:
    """The law may run out; what it said of days gone by stays."""
    new = book(2, table(span="from = 2024-01-01, to = 2026-06-15"), table("gec.other"))

    check_succession(new, OLD, ASKED, DAY)


def test_a_rule_that_had_ended_may_end_again_where_it_did() -> None:
    """And not before."""
    ended = book(1, table(span="from = 2024-01-01, to = 2024-12-31"))
    check_succession(replace(ended, version=2), ended, ASKED, DAY)
    sooner = book(2, table(span="from = 2024-01-01, to = 2024-12-30"))

    with pytest.raises(RulebookInvalid, match="key_lost"):
        check_succession(sooner, ended, ASKED, DAY)


def test_a_first_book_must_hold_what_the_release_asks_for() -> None:
    """Otherwise each verb would find out on its own, one refusal after another."""
    with pytest.raises(RulebookInvalid) as refused:
        check_succession(book(1, table("gec.other")), None, ASKED, DAY)

    assert (refused.value.reason, refused.value.where) == ("name_missing", "gec.max_trades")


def test_a_book_no_verb_asks_is_free() -> None:
    """A registry may keep law of its own; only its own versions bind it."""
    check_succession(book(1, table("gec.other")), None, None, DAY)


@pytest.mark.parametrize("name", sorted(UNDERSTOOD))
def test_a_word_this_release_cannot_act_on_is_refused(name: str) -> None:
    """Adopted silently, it would be law that nobody applies."""
    year = "budget_year"
    for word in UNDERSTOOD[name]:
        check_succession(book(1, table(name, "text", f'"{word}"', "word", year)), None, None, DAY)
    with pytest.raises(RulebookInvalid) as refused:
        check_succession(book(1, table(name, "text", '"whatever"', "word", year)), None, None, DAY)

    assert refused.value.reason == "word_unknown"


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_list_may_only_name_what_this_release_can_act_on(name: str) -> None:
    """One word that nobody has would take the others' place in silence."""
    known = ",".join(sorted(LISTED[name]))
    texts = {
        text: table(name, "text", f'"{text}"', "words", "budget_year") for text in (known, "x")
    }
    check_succession(book(1, texts[known]), None, None, DAY)
    with pytest.raises(RulebookInvalid, match="word_unknown"):
        check_succession(book(1, texts["x"]), None, None, DAY)


@pytest.mark.parametrize("name", sorted(DEADLINES))
def test_a_last_day_is_one_of_every_year(name: str) -> None:
    """A month and a day, or none."""
    texts = ("none", "03-31", "02-29", "soon")
    books = {
        text: book(1, table(name, "text", f'"{text}"', "day", "budget_year")) for text in texts
    }
    for text in ("none", "03-31"):
        check_succession(books[text], None, None, DAY)
    for text in ("02-29", "soon"):
        with pytest.raises(RulebookInvalid, match="word_unknown"):
            check_succession(books[text], None, None, DAY)


@pytest.mark.parametrize("name", sorted(SHARES))
def test_a_share_is_a_part_of_a_whole(name: str) -> None:
    """From 0 to 1, both included."""
    new = {
        share: book(1, table(name, "decimal", f'"{share}"', "share", "budget_year"))
        for share in ("0", "0.5", "1", "1.1", "-0.1")
    }
    for share in ("0", "0.5", "1"):
        check_succession(new[share], None, None, DAY)
    for share in ("1.1", "-0.1"):
        with pytest.raises(RulebookInvalid, match="share_out_of_range"):
            check_succession(new[share], None, None, DAY)


@pytest.mark.parametrize("unit", sorted(COUNTS))
def test_a_count_can_be_counted_by(unit: str) -> None:
    """A longer time than dates have, or a divisor of nothing, would stop whoever asks for it."""
    least, most = COUNTS[unit][0], COUNTS[unit][-1]
    for value in (least, most):
        check_succession(
            book(1, table("x.y", "integer", value, unit, "registry_day")), None, None, DAY
        )
    for value in (least - 1, most + 1):
        with pytest.raises(RulebookInvalid, match="count_out_of_range"):
            check_succession(
                book(1, table("x.y", "integer", value, unit, "registry_day")), None, None, DAY
            )


def test_a_fuel_factor_is_per_kilogram_or_cubic_metre() -> None:
    """Charging knows no other unit, and one wrong fuel would stop every unit's charge."""
    litres = table("feb.fuel.peat.factor", "decimal", '"1"', "kgce/l", "budget_year")

    with pytest.raises(RulebookInvalid, match="unit_changed"):
        check_succession(book(1, litres), None, None, DAY)


def test_a_name_is_not_both_dropped_and_defined() -> None:
    """The file would say two things."""
    with pytest.raises(RulebookInvalid, match="dropped_defined"):
        book(2, table(), dropped='dropped = ["gec.max_trades"]')
    with pytest.raises(RulebookInvalid, match="wrong_type"):
        book(2, table(), dropped='dropped = "gec.other"')


ADOPTED = Path(__file__).parent / "adopted"
SHIPPED = {found.name: found for found in map(Rulebook.parse, shipped())}
FIRST = {
    "ccer": "c0566be639107326913aec7e8999353e0022c32b2672dab4c0496543b0a36443",
    "fossil_budget": "19dc8975c6637535006864b31c68c0edba70fcc8b6e2a7a83050da7a81f7f76e",
    "gec": "9caeb9ce0c6d3dde6e9f4919c571fb4ac51e63f198fca13fab16b6b9e42c1675",
}
"""SHA-256 of the first versions, which records name."""


@pytest.mark.parametrize("name", sorted(FIRST))
def test_a_first_version_is_still_read_and_may_be_followed_by_the_shipped_one(name: str) -> None:
    """Registries live under it, and auditors read records by its bytes, for ever."""
    old = Rulebook.parse((ADOPTED / f"{name}_1.toml").read_bytes())

    assert (old.name, old.version, old.digest) == (name, 1, FIRST[name])
    check_succession(SHIPPED[name], old, SHIPPED[name], DAY)


@pytest.mark.parametrize("name", ["cea", "fossil_budget"])
def test_a_second_book_may_be_followed_by_the_shipped_one(name: str) -> None:
    """It adds names and changes no figure."""
    old = Rulebook.parse((ADOPTED / f"{name}_2.toml").read_bytes())
    new = {(span.name, span.valid_from): span.value for span in SHIPPED[name].parameters}

    assert old.version == 2
    check_succession(SHIPPED[name], old, SHIPPED[name], DAY)
    assert [s for s in old.parameters if new.get((s.name, s.valid_from)) != s.value] == []


def test_the_second_version_changes_no_figure_of_the_first() -> None:
    """What a closed year rested on is the same law, but for the name that was given another place."""
    for name in FIRST:
        old = Rulebook.parse((ADOPTED / f"{name}_1.toml").read_bytes())
        new = {(span.name, span.valid_from): span.value for span in SHIPPED[name].parameters}
        gone = {span.name for span in old.parameters if (span.name, span.valid_from) not in new}
        assert gone == SHIPPED[name].dropped
        for span in old.parameters:
            assert span.name in gone or new[span.name, span.valid_from] == span.value
    purposes = Rules((Rulebook.parse((ADOPTED / "fossil_budget_1.toml").read_bytes()),))
    assert purposes.words("feb.purposes", DAY) == Rules((SHIPPED["fossil_budget"],)).words(
        "metric.purposes.fossil_budget", DAY
    )
