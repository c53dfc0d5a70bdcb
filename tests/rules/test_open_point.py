"""What a figure rests on that was not read in the law: told by name, in both languages."""

import re
from datetime import date
from decimal import Decimal

import pytest

from ledger.rulebooks import shipped
from ledger.rules.factor import Figure
from ledger.rules.open_point import OpenPoint, rests, spelt
from ledger.rules.rulebook import NotInForce, Parameter, Rulebook, Rules

RULES = Rules(tuple(map(Rulebook.parse, shipped())))
DAY = date(2026, 1, 1)
SYMBOLS = {
    "1", "fen/tCO2e", "kJ/kgce", "kWh", "kgce/MJ", "kgce/kg", "kgce/m3", "tCO2/GJ", "tCO2/MWh", "tCO2e",
    "tce/MWh",
}  # fmt: skip
"""Units that are the same in any language."""
K = Figure("k", "13", 2026, 2, Decimal("0.250"), "冀发改〔2026〕1号")


def test_parameters_and_figures_are_listed_in_the_order_asked() -> None:
    """What was read in the law is left out; a province's figure is always told."""
    names = ("feb.c_e", "gec.kwh_per_cert", "feb.mode", "feb.c_e")
    found = rests(names, DAY, RULES, [K])

    assert [point.name for point in found] == ["feb.c_e", "feb.mode", "k"]


def test_a_parameter_is_told_in_both_languages() -> None:
    """Value, unit, standing and document; the note in each language."""
    (point,) = rests(["feb.c_e"], DAY, RULES)

    assert point.en == (
        "feb.c_e = 0.1229 tce/MWh is known from secondary sources only"
        " (GB/T 2589-2020 综合能耗计算通则)."
    )
    assert point.zh == "feb.c_e = 0.1229 tce/MWh，仅据二手资料（GB/T 2589-2020 综合能耗计算通则）。"
    assert "等价值 instead was not found" in point.note
    assert "未查到" in point.note_zh


def test_a_figure_is_told_with_its_version_and_document() -> None:
    """A figure without a unit is told without one."""
    (point,) = rests((), DAY, RULES, [K])

    assert (point.evidence, point.value) == ("entered", "0.250")
    assert (
        point.en == "k = 0.250 is taken as entered, its document not read here (冀发改〔2026〕1号)."
    )
    assert point.zh == "k = 0.250，为填报值，文件未经本系统核对（冀发改〔2026〕1号）。"
    assert point.note == "Province 13, 2026, version 2"
    assert "13" in point.note_zh


def test_a_name_that_is_not_in_force_is_an_error() -> None:
    """Nothing rests on a rule that is not there."""
    with pytest.raises(NotInForce):
        rests(["feb.c_e"], date(2023, 1, 1), RULES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("1E+2"), "100"),
        (date(2026, 8, 15), "2026-08-15"),
        ("net", "net"),
    ],
)
def test_a_value_is_spelt_as_in_its_rulebook(value: Decimal, expected: str) -> None:
    """No exponents, no Python words."""
    assert spelt(value) == expected


def _open() -> list[Parameter]:
    return [span for book in RULES.books for span in book.parameters if span.evidence != "found"]


def test_every_open_note_is_told_in_chinese() -> None:
    """English words in a note ask for a translation; names of fuels need none."""
    for span in _open():
        if re.search("[a-z]{3,}", span.note):
            assert span.note_zh, span.name
            assert not span.note_zh.isascii()


def test_every_unit_that_is_no_symbol_is_told_in_chinese() -> None:
    """A sentence in Chinese has no English words but names; figures of fuels are in kgce/kg."""
    for span in (span for book in RULES.books for span in book.parameters):
        assert (span.unit in SYMBOLS) != bool(span.unit_zh), span.name
        assert not (span.unit_zh and span.unit_zh.isascii())
    (point,) = rests(["acc.cap_method"], DAY, RULES)
    assert point.zh.startswith("acc.cap_method = first_come 先到先得或按比例，")


def test_every_tag_has_its_words() -> None:
    """Each evidence there is can be told."""
    for span in _open():
        point = rests([span.name], span.valid_from, RULES)[0]
        assert isinstance(point, OpenPoint)
        assert point.en.endswith(f"({span.document}).")
        assert point.zh.endswith(f"（{span.document}）。")
