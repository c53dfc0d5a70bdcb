"""Rulebooks: what may be adopted, and which value is in force for a key date."""

from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.rulebook import NotInForce, Rulebook, RulebookInvalid, Rules

HEAD = """
name = "gec"
version = 1
[documents]
law = "Law 1"
"""
TABLE = """
[parameters."gec.max_trades"]
kind = "integer"
unit = "trade"
by = "registry_day"
"""
FIRST = '{ from = 2023-08-03, to = 2025-12-31, value = 1, document = "law", evidence = "own" }'
SECOND = '{ from = 2026-01-01, value = 2, document = "law", article = "9", evidence = "found" }'


def book(*spans: str, head: str = HEAD, table: str = TABLE) -> bytes:
    """Write a rulebook with one parameter."""
    return f"{head}{table}values = [{', '.join(spans)}]\n".encode()


def rules(*spans: str) -> Rules:
    """Read a rulebook with one parameter as the rules in force."""
    return Rules((Rulebook.parse(book(*spans)),))


def test_a_rulebook_reads_as_typed_parameters() -> None:
    """Every field of a span arrives, and the digest is that of the bytes."""
    raw = book(FIRST, SECOND)
    read = Rulebook.parse(raw)

    first, second = read.parameters
    assert (read.name, read.version, read.digest) == ("gec", 1, sha256(raw).hexdigest())
    assert (first.name, first.value, first.unit, first.by) == (
        "gec.max_trades",
        1,
        "trade",
        "registry_day",
    )
    assert (first.valid_from, first.valid_to) == (date(2023, 8, 3), date(2025, 12, 31))
    assert (second.document, second.article, second.evidence, second.note) == (
        "Law 1",
        "9",
        "found",
        "",
    )
    assert second.valid_to is None


VALUES = [
    ("integer", "7", 7),
    ("decimal", '"0.1229"', Decimal("0.1229")),
    ("decimal", '"-3"', Decimal(-3)),
    ("flag", "false", False),
    ("day", "2026-08-15", date(2026, 8, 15)),
    ("text", '"net"', "net"),
]


@pytest.mark.parametrize(("kind", "written", "expected"), VALUES)
def test_each_kind_of_value_is_read_exactly(kind: str, written: str, expected: object) -> None:
    """Whole numbers, exact decimals, flags, days and words; a flag is not a number."""
    span = SECOND.replace("value = 2", f"value = {written}")
    table = TABLE.replace('"integer"', f'"{kind}"')
    (parameter,) = Rulebook.parse(book(span, table=table)).parameters

    assert parameter.value == expected
    assert type(parameter.value) is type(expected)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("integer", "true"),
        ("integer", "1.0"),
        ("integer", '"1"'),
        ("decimal", "0.1229"),
        ("decimal", '"1e3"'),
        ("decimal", '"NaN"'),
        ("decimal", '"0,5"'),
        ("decimal", '"٣"'),
        ("flag", "1"),
        ("day", "2026-08-15T00:00:00Z"),
        ("day", '"2026-08-15"'),
        ("text", '" "'),
        ("float", "1.0"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, written: str) -> None:
    """A binary float is never the law, nor is anything that only looks like the kind announced."""
    span = SECOND.replace("value = 2", f"value = {written}")
    with pytest.raises(RulebookInvalid) as refused:
        Rulebook.parse(book(span, table=TABLE.replace('"integer"', f'"{kind}"')))

    assert refused.value.reason == "wrong_type"


YEARLY = TABLE.replace("registry_day", "compliance_year")
MONTHLY = TABLE.replace("registry_day", "production_month")
SPAN = '{{ from = {}, to = {}, value = 1, document = "law", evidence = "own" }}'

FAULTS = [
    ("not_toml", b"name = "),
    ("not_toml", b"\xff"),
    ("not_toml", b"a = " + b"[" * 10_000),
    ("wrong_type", book(SECOND, head=HEAD.replace("version = 1", "version = true"))),
    ("wrong_type", book(SECOND, head=HEAD.replace("version = 1", "version = 0"))),
    ("wrong_type", book(SECOND, head=HEAD.replace('name = "gec"', ""))),
    ("wrong_type", b'name = "gec"\nversion = 1\ndocuments = 1\n'),
    ("unknown_key", book(SECOND, head='valid = "x"\n' + HEAD)),
    ("unknown_key", book(SECOND, table=TABLE + "max = 2\n")),
    ("unknown_key", book(SECOND.replace("article", "artcle"))),
    ("bad_name", book(SECOND, table=TABLE.replace("gec.max_trades", "max trades"))),
    ("bad_by", book(SECOND, table=TABLE.replace("registry_day", "today"))),
    ("bad_evidence", book(SECOND.replace('"found"', '"sure"'))),
    ("bad_evidence", book(SECOND.replace(', evidence = "found"', ""))),
    ("bad_evidence", book(SECOND.replace('"found"', "[]"))),
    ("missing_source", book(SECOND.replace('document = "law", ', ""))),
    ("missing_source", book(SECOND.replace('"law"', '"other"'))),
    ("no_values", book()),
    ("wrong_type", book("1")),
    ("wrong_type", book(SECOND.replace("from = 2026-01-01, ", ""))),
    ("gap", book(FIRST.replace("2025-12-31", "2025-12-30"), SECOND)),
    ("overlap", book(FIRST.replace("2025-12-31", "2026-01-01"), SECOND)),
    ("overlap", book(FIRST.replace("to = 2025-12-31, ", ""), SECOND)),
    ("overlap", book(SECOND, FIRST)),
    ("span_reversed", book(SPAN.format("2026-01-02", "2026-01-01"))),
    ("span_not_whole", book(SPAN.format("2026-01-01", "2026-12-30"), table=YEARLY)),
    ("span_not_whole", book(SPAN.format("2026-01-02", "2026-12-31"), table=YEARLY)),
    ("span_not_whole", book(SPAN.format("2024-02-01", "2024-02-28"), table=MONTHLY)),
    ("span_not_whole", book(SPAN.format("2024-02-02", "2024-02-29"), table=MONTHLY)),
]


@pytest.mark.parametrize(("reason", "raw"), FAULTS)
def test_a_faulty_rulebook_is_refused_with_its_reason(reason: str, raw: bytes) -> None:
    """A fault in the law is named, never guessed around."""
    with pytest.raises(RulebookInvalid) as refused:
        Rulebook.parse(raw)

    assert refused.value.reason == reason
    assert refused.value.where
    assert reason in str(refused.value)


def test_the_day_before_and_the_day_of_a_change_have_their_own_values() -> None:
    """`valid_to` is the last day covered."""
    both = rules(FIRST, SECOND)

    assert both.integer("gec.max_trades", date(2023, 8, 3)) == 1
    assert both.integer("gec.max_trades", date(2025, 12, 31)) == 1
    assert both.integer("gec.max_trades", date(2026, 1, 1)) == 2
    assert both.value("gec.max_trades", date.max) == 2


@pytest.mark.parametrize(
    ("name", "key"),
    [("gec.max_trades", date(2023, 8, 2)), ("gec.unheard_of", date(2026, 1, 1))],
)
def test_outside_every_span_no_rule_is_in_force(name: str, key: date) -> None:
    """The ledger does not extend a law beyond the days it was made for."""
    with pytest.raises(NotInForce) as missing:
        rules(FIRST, SECOND).value(name, key)

    assert (missing.value.name, missing.value.key) == (name, key)
    assert name in str(missing.value)


def test_a_reader_of_the_wrong_kind_is_refused() -> None:
    """A rulebook may change the kind of a value; what then reads it says so."""
    with pytest.raises(RulebookInvalid) as refused:
        rules(SECOND).decimal("gec.max_trades", date(2026, 1, 1))

    assert refused.value.reason == "wrong_kind"
    flag = Rulebook.parse(
        book(SECOND.replace("2,", "true,"), table=TABLE.replace('"integer"', '"flag"'))
    )
    with pytest.raises(RulebookInvalid):
        Rules((flag,)).integer("gec.max_trades", date(2026, 1, 1))


def test_two_books_may_not_define_one_name() -> None:
    """Otherwise the order of the books would be the law."""
    one = Rulebook.parse(book(FIRST))
    other = Rulebook.parse(book(SECOND))

    with pytest.raises(RulebookInvalid) as refused:
        Rules((one, other))
    assert refused.value.reason == "defined_twice"


def test_the_digest_of_a_set_does_not_depend_on_its_order() -> None:
    """It is the hash of the sorted lines, and of nothing else."""
    one = Rulebook.parse(book(FIRST))
    other = Rulebook.parse(
        book(
            SECOND,
            head=HEAD.replace('"gec"', '"cea"'),
            table=TABLE.replace("gec.max", "cea.max"),
        )
    )
    lines = f"cea:{other.digest}\ngec:{one.digest}\n"

    assert Rules((one, other)).digest == Rules((other, one)).digest
    assert Rules((one, other)).digest == sha256(lines.encode()).hexdigest()


def test_open_points_are_what_was_not_read_in_the_official_text() -> None:
    """Asked twice, a point is listed once; asked before it exists, it is an error."""
    both = rules(FIRST, SECOND)
    names = ("gec.max_trades", "gec.max_trades")

    assert [p.evidence for p in both.open_points(names, date(2025, 1, 1))] == ["own"]
    assert both.open_points(names, date(2026, 1, 1)) == ()


def test_the_difference_of_two_versions_names_each_changed_span() -> None:
    """A span added, removed or altered is a change; equal rules differ in nothing."""
    before, after = rules(FIRST), rules(FIRST.replace("value = 1", "value = 3"), SECOND)
    altered, added = before.difference(after)

    assert (altered.before, altered.after) == (
        before.parameter("gec.max_trades", date(2025, 1, 1)),
        after.parameter("gec.max_trades", date(2025, 1, 1)),
    )
    assert (added.name, added.valid_from, added.before) == (
        "gec.max_trades",
        date(2026, 1, 1),
        None,
    )
    assert before.difference(before) == ()


def test_words_are_parted_by_commas() -> None:
    """A list of words is one text in the file."""
    span = SECOND.replace("value = 2", 'value = "wind, solar"')
    read = Rulebook.parse(book(span, table=TABLE.replace('"integer"', '"text"')))

    assert Rules((read,)).words("gec.max_trades", date(2026, 1, 1)) == {"wind", "solar"}


@given(
    days=st.lists(st.dates(date(2000, 1, 2), date(2100, 1, 1)), min_size=1, unique=True),
    key=st.dates(date(2000, 1, 1), date(2101, 1, 1)),
)
def test_spans_in_succession_cover_every_day_once(days: list[date], key: date) -> None:
    """From the first day on, exactly one span answers, and it is the latest that began."""
    starts = sorted(days)
    ends = [f", to = {start - timedelta(days=1)}" for start in starts[1:]] + [""]
    spans = (
        f'{{ from = {start}{end}, value = {n}, document = "law", evidence = "own" }}'
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    )
    found = rules(*spans).find("gec.max_trades", key)

    begun = [n for n, start in enumerate(starts) if start <= key]
    assert (found.value if found else None) == (begun[-1] if begun else None)
