"""What a report rests on that was not read in the law, as budgets' own answers name it.

A closed year rests on what its closing said; an open one on the rules and the regulator's figures as
the cut has them, though what is posted may be older than these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.rules.factor import Figure
from ledger.rules.open_point import rests
from ledger.rules.rulebook import Rules
from ledger.store import tables as t
from ledger.store.queries.among import among
from ledger.store.queries.rulebooks import in_force
from settlement.fossil_budget.facts import consumption_of
from settlement.fossil_budget.figures import as_entered
from settlement.fossil_budget.recognition import Direction
from settlement.fossil_budget.statement import K, bounds_on, rests_on
from settlement.fossil_budget.told import open_point
from settlement.reports.budgets import BudgetThen, budgets_then, reports_then
from settlement.reports.cut import Cut
from settlement.rulebooks import parsed

if TYPE_CHECKING:
    from ledger.model.command import Plain
    from settlement.fossil_budget.energy import Consumption

Points: TypeAlias = tuple[Mapping[str, "Plain"], ...]
"""Open points as they are told, each value once."""
_CONFIRMED: Final = "acc.traded_confirmed"
_OF_DUTIES: Final = (
    "ccer.cap",
    "cea.surrender_deadline",
    "cea.verification_deadline.industry",
    "cea.verification_deadline.power",
)
_OF_PRICES: Final = ("cea.penalty.average",)
_OF_ENTITLEMENTS: Final = (
    "cea.formula.industry",
    "cea.gap_cap",
    "cea.prealloc_ratio.industry",
    "cea.prealloc_ratio.power",
)
_ORDER: Final = ("name", "value", "document", "evidence", "note")


def nothing(_cut: Cut) -> Points:
    """Say that a report rests on postings alone."""
    return ()


def confirmations(cut: Cut) -> Points:
    """Tell whether traded energy asks for a confirmation, where a rule of the year says so."""
    return _known(cut, (_CONFIRMED,))


def budgets(cut: Cut) -> Points:
    """Tell what the year's reported budgets rest on, each value once, by name."""
    reported = [budget for budget in budgets_then(cut) if budget.is_reported]
    closed = _said_at_closing(cut, [one.id for one in reported if one.is_closed])
    still_open = [one for one in reported if not one.is_closed]
    return in_order([*closed, *_of_open(cut, still_open)])


def closings(cut: Cut) -> Points:
    """Tell what the year's closings said that they rest on, each value once, by name."""
    return in_order(_said_at_closing(cut, [one.id for one in budgets_then(cut) if one.is_closed]))


def duties(cut: Cut) -> Points:
    """Tell what deadlines and the share of reductions rest on, where a rule of the year says so."""
    return _known(cut, _OF_DUTIES)


def trading(cut: Cut) -> Points:
    """Tell how an average price is made, where a rule of the year says so."""
    return _known(cut, _OF_PRICES)


def entitlements(cut: Cut) -> Points:
    """Tell what pre-allocation and approval rest on, where a rule of the year says so."""
    return _known(cut, _OF_ENTITLEMENTS)


def _known(cut: Cut, names: Iterable[str]) -> Points:
    rules, key = rules_of(cut), date(cut.year, 1, 1)
    known = [name for name in names if rules.find(name, key) is not None]
    return in_order(map(open_point, rests(known, key, rules)))


def _said_at_closing(cut: Cut, numbers: Collection[int]) -> list[dict[str, Plain]]:
    """Read what closings said, each value once however many said it."""
    e = t.fossil_budget_event.c
    last = (
        select(e.body["statement"]["open_points"].label("points"))
        .ext(distinct_on(e.budget))
        .where(among(e.budget, numbers), e.kind == "close", cut.holds(e.journal))
        .order_by(e.budget, e.n.desc())
        .subquery()
    )
    said = select(func.jsonb_array_elements(last.c.points)).distinct()
    return list(cut.conn.execute(said).scalars())


def _of_open(cut: Cut, known: Sequence[BudgetThen]) -> Iterator[dict[str, Plain]]:
    k, caps, reports = figures_of(cut, K), _caps(cut), _reports(cut, [one.id for one in known])
    names: set[str] = set()
    figures: set[Figure] = set()
    for one in known:
        offered, place = bool(one.parts["recognised.certificate"]), one.province or ""
        capped = caps.get(place, ()) if offered else ()
        known_k = [k[place]] if place in k else []
        figures |= {*known_k, *capped}
        names |= {*rests_on(reports[one.id], offered=offered, capped=bool(capped))}
    rules, key = rules_of(cut), date(cut.year, 1, 1)
    names |= {*bounds_on(rules, cut.year)} if known else set()
    there = [name for name in names if rules.find(name, key) is not None]
    return map(open_point, rests(there, key, rules, [*figures]))


def _reports(cut: Cut, numbers: Collection[int]) -> dict[int, Consumption]:
    """Read the latest report of each budget."""
    return {n: consumption_of(body) for n, body in reports_then(cut, numbers).items()}


def figures_of(cut: Cut, name: str) -> dict[str, Figure]:
    """Read a figure of the year of each province, as last entered by the cut."""
    f = t.factor.c
    rows = cut.conn.execute(
        select(f.province, f.version, f.value, f.document_no)
        .ext(distinct_on(f.province))
        .where(f.name == name, f.year == cut.year, cut.holds(f.journal))
        .order_by(f.province, f.version.desc())
    )
    return {row.province: as_entered(name, cut.year, row) for row in rows}


def _caps(cut: Cut) -> dict[str, tuple[Figure, ...]]:
    """Read the caps of each province as last set by the cut."""
    c = t.cap.c
    rows = cut.conn.execute(
        select(c.province, c.direction, c.version, c.cap.label("value"), c.document_no)
        .ext(distinct_on(c.province, c.direction))
        .where(c.year == cut.year, cut.holds(c.journal))
        .order_by(c.province, c.direction, c.version.desc())
    )
    found: dict[str, tuple[Figure, ...]] = {}
    for row in rows:
        cap = as_entered(Direction(row.direction).cap, cut.year, row)
        found[row.province] = (*found.get(row.province, ()), cap)
    return found


def rules_of(cut: Cut) -> Rules:
    """Read the rulebooks that were adopted by the cut."""
    return Rules(tuple(parsed(bytes(row.raw)) for row in in_force(cut.conn, cut.size)))


def in_order(points: Iterable[Mapping[str, Plain]]) -> Points:
    """Put each once, by name and what else tells two of a name apart: provinces', versions'."""
    once = {tuple(str(point[name]) for name in _ORDER): point for point in points}
    return tuple(once[place] for place in sorted(once))
