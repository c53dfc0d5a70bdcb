"""Certificate codes: no two certificates share one, and each is read back."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.certificate_code import (
    DEFAULT_CODE_MAP,
    CertificateName,
    CodeMap,
    decode,
    encode,
)

CATEGORIES = ("on_grid", "self_use", "off_grid", "storage")
WHOLE_YEARS = CodeMap(
    year_base=0,
    year_digits=4,
    sequence_digits=6,
    categories=tuple((word, f"0{n}") for n, word in enumerate(CATEGORIES)),
    trades=(("tradable", "7"), ("non_tradable", "8")),
)
MAPS = st.sampled_from([DEFAULT_CODE_MAP, WHOLE_YEARS])
NAMES = st.builds(
    CertificateName,
    plant_code=st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=17, max_size=17),
    month=st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: day.replace(day=1)),
    serial=st.integers(0, 999_999),
    category=st.sampled_from(CATEGORIES),
    trade=st.sampled_from(["tradable", "non_tradable"]),
)
NAME = CertificateName("A1B2C3D4E5F6G7H8J", date(2025, 10, 1), 16_199_999, "on_grid", "tradable")


@given(MAPS, NAMES)
def test_a_code_is_read_back_as_its_name(code_map: CodeMap, name: CertificateName) -> None:
    """So no two names can share a code."""
    code = encode(code_map, name)

    assert decode(code_map, code) == name
    assert len(code) == 32


@given(MAPS, NAMES, NAMES)
def test_different_names_have_different_codes(
    code_map: CodeMap, one: CertificateName, other: CertificateName
) -> None:
    """Said directly as well."""
    assert (encode(code_map, one) == encode(code_map, other)) == (one == other)


@given(MAPS, st.from_regex(r"[0-9A-Z]{17}[0-9]{15}", fullmatch=True))
def test_a_code_that_is_read_has_no_other_spelling(code_map: CodeMap, code: str) -> None:
    """What decodes is what encode writes."""
    name = decode(code_map, code)

    assert name is None or encode(code_map, name) == code


@given(MAPS, st.text(max_size=40))
def test_any_other_text_is_no_code(code_map: CodeMap, text: str) -> None:
    """A question about foreign text never fails."""
    name = decode(code_map, text)

    assert name is None or encode(code_map, name) == text


def test_the_largest_plants_last_serial_fits() -> None:
    """22.5 GW in a month of 720 hours are 16.2 million certificates."""
    assert encode(DEFAULT_CODE_MAP, NAME) == "A1B2C3D4E5F6G7H8J" + "2510" + "016199999" + "11"


@pytest.mark.parametrize(
    "name",
    [
        replace(NAME, serial=10**9),
        replace(NAME, serial=-1),
        replace(NAME, month=date(1999, 12, 1)),
        replace(NAME, month=date(2100, 1, 1)),
        replace(NAME, month=date(2025, 10, 2)),
        replace(NAME, category="nuclear"),
        replace(NAME, trade=""),
        replace(NAME, plant_code="A" * 16),
        replace(NAME, plant_code="a" * 17),
        replace(NAME, plant_code="A" * 17 + "\n"),
    ],
)
def test_a_name_the_map_cannot_write_is_refused(name: CertificateName) -> None:
    """Nothing is cut short or wrapped around."""
    with pytest.raises(ValueError):
        encode(DEFAULT_CODE_MAP, name)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "A" * 17 + "251301619999911",
        "A" * 17 + "250001619999911",
        "A" * 17 + "251001619999991",
        "A" * 17 + "251001619999919",
        "A" * 17 + "251001619999911\n",
        "A" * 17 + "25100161999991\uff11",
        "a" * 17 + "251001619999911",
    ],
)
def test_a_text_that_is_no_code_has_no_name(code: str) -> None:
    """Month 13 and 0, unknown categories, line ends, full-width digits, lower case."""
    assert decode(DEFAULT_CODE_MAP, code) is None


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("sequence_digits", 8),
        ("year_digits", 4),
        ("year_base", -2000),
        ("trades", (("tradable", "1"), ("non_tradable", "1"))),
        ("trades", (("tradable", "1"), ("tradable", "0"))),
        ("trades", (("tradable", "1"), ("non_tradable", "00"))),
        ("trades", (("tradable", "1"), ("non_tradable", "x"))),
        ("trades", (("tradable", "1"), ("non_tradable", "²"))),
        ("trades", ()),
    ],
)
def test_a_map_that_could_not_be_read_back_is_refused(changed: str, value: object) -> None:
    """Widths must fill fifteen digits, and meanings must be told apart."""
    with pytest.raises(ValueError):
        replace(DEFAULT_CODE_MAP, **{changed: value})  # type: ignore[arg-type]
