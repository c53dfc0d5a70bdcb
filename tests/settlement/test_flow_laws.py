"""Laws of provinces' flows: what one gains another loses, and what lines lose is the seller's alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ledger.rulebooks import shipped
from ledger.rules.factor import Figure
from ledger.rules.line_loss import lost_kwh
from ledger.rules.rulebook import Rulebook, Rules
from settlement.reports.cut import Cell
from settlement.reports.flows import Flow, balanced, sent_abroad
from settlement.reports.losses import BEARER, METHOD, Ground

YEAR, UNIT = 2026, 1000
RULES = Rules(tuple(map(Rulebook.parse, shipped())))
ADOPTED = Path(__file__).parents[1] / "rules/adopted"
PLACES = ("11", "15", "44")
FLOWS = st.lists(
    st.builds(
        Flow,
        home=st.sampled_from(PLACES),
        maker=st.sampled_from(PLACES),
        with_power=st.booleans(),
        count=st.integers(1, 10**9),
    )
)
SHARES = st.decimals(0, Decimal("0.999999999"), places=9)
KNOWN = st.dictionaries(st.sampled_from(PLACES), SHARES)


def ground(shares: Mapping[str, Decimal], rules: Rules = RULES) -> Ground:
    """Give what losses are worked out from where these shares were entered."""
    figures = {
        place: Figure("line_loss", place, YEAR, 1, value, "doc") for place, value in shares.items()
    }
    return Ground(rules, YEAR, figures)


def told(flows: list[Flow], shares: Mapping[str, Decimal]) -> dict[str, dict[str, Cell]]:
    """Tell flows by province, and in all."""
    report = balanced(flows, ground(shares).charged(sent_abroad(flows)))
    rows = {str(row[0]): dict(zip(report.columns, row, strict=True)) for row in report.rows}
    return rows | {"all": dict(report.sums)}


@given(FLOWS, KNOWN)
def test_what_is_gained_is_lost_whatever_lines_lose(
    flows: list[Flow], shares: dict[str, Decimal]
) -> None:
    """The balance is zero in sum, and the same as where lines lose nothing."""
    rows, without = told(flows, shares), told(flows, {})

    assert rows["all"]["net"] == 0
    assert {place: row["net"] for place, row in rows.items()} == {
        place: row["net"] for place, row in without.items()
    }


@given(FLOWS, KNOWN)
def test_only_who_sent_power_is_charged(flows: list[Flow], shares: dict[str, Decimal]) -> None:
    """By its own share, of all that others received of it; unknown, not zero, where it has none."""
    rows = told(flows, shares)
    for place in rows.keys() - {"all"}:
        received = UNIT * sum(
            flow.count
            for flow in flows
            if flow.with_power and flow.maker == place and flow.home != place
        )
        known = received == 0 or place in shares
        expected = lost_kwh(received, shares.get(place, Decimal(0))) if known else None
        assert rows[place]["line_loss_kwh"] == expected
        assert (rows[place]["lost_traded"] == 0) == (received == 0)
    charged = [row["line_loss_kwh"] for place, row in rows.items() if place != "all"]
    assert rows["all"]["line_loss_kwh"] == sum(kwh for kwh in charged if isinstance(kwh, int))


@given(FLOWS, KNOWN, st.data())
def test_a_run_told_in_parts_loses_the_same(
    flows: list[Flow], shares: dict[str, Decimal], data: st.DataObject
) -> None:
    """What is rounded is a province's year, never a run; in whatever order the runs come."""
    parts: list[Flow] = []
    for flow in flows:
        at = data.draw(st.integers(0, flow.count - 1))
        parts += [replace(flow, count=flow.count - at), *([replace(flow, count=at)] if at else [])]

    assert told(data.draw(st.permutations(parts)), shares) == told(flows, shares)


@given(FLOWS, KNOWN)
def test_a_share_that_is_missing_is_named(flows: list[Flow], shares: dict[str, Decimal]) -> None:
    """Each that is asked for, in both languages, and no other; each that is used, with its document."""
    sent = sent_abroad(flows)
    points = ground(shares).points(sent)
    lacking = {point.note[9:11] for point in points if point.evidence == "missing"}
    used = {point.note[9:11] for point in points if point.evidence == "entered"}

    assert (lacking, used) == (sent.keys() - shares.keys(), sent.keys() & shares.keys())
    assert [point.name for point in points if point.evidence == "own"] == ([METHOD] if sent else [])
    assert all(not point.note_zh.isascii() for point in points)


def test_without_a_rule_nothing_is_charged() -> None:
    """A registry that has not adopted the rulebook's third version says so, and guesses nothing."""
    books = [book for book in RULES.books if book.name != "fossil_budget"]
    second = Rulebook.parse((ADOPTED / "fossil_budget_2.toml").read_bytes())
    before = ground({"11": Decimal("0.05")}, Rules((*books, second)))
    [point] = before.points({"11": 7})

    assert before.charged({"11": 7}) == {"11": None}
    assert (point.name, point.evidence) == (BEARER, "missing")
    assert point.en == (
        "acc.line_loss_bearer is missing, and what rests on it is not told"
        " (发改能源〔2026〕622号 附件1)."
    )
    assert (
        point.zh
        == "acc.line_loss_bearer，缺失，据此得出的数值不予列示（发改能源〔2026〕622号 附件1）。"
    )
