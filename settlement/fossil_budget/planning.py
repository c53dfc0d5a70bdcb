"""The plan of a budget: what it would take, which own certificates to retire first, what to buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.fossil_budget.facts import Facts, claim, facts
from settlement.fossil_budget.figures import as_entered
from settlement.fossil_budget.filed import filed_many, reported_budget
from settlement.fossil_budget.planner import Plan, Proposal, Stock, Supply, supply
from settlement.fossil_budget.reported import spell_exact
from settlement.fossil_budget.statement import K
from settlement.fossil_budget.stock import Wanted, run_of, stock_of
from settlement.fossil_budget.told import tell_need, tell_open
from settlement.fossil_budget.whatif import Change, Known, Outlook, what_if

if TYPE_CHECKING:
    from ledger.model.command import Plain
    from settlement.desk import Reader
    from settlement.fossil_budget.statement import Statement

_SHOWN: Final = 500  # proposals in one answer; `parcels` counts them all


def proposed(read: Reader, found: Facts, judged: Statement, hold: int | None = None) -> Stock:
    """Choose, of what the unit holds, what the plan in the mode that posts would retire.

    With `hold`, of what was set aside for it.
    """
    serves = claim(read, found.on_file)
    wanted = Wanted(serves, judged.posting.plan.needed, judged.posting.room, hold)
    return stock_of(read, found.on_file, wanted)


def plan(
    read: Reader, budget: int, price_fen: int | None = None, change: Change | None = None
) -> dict[str, Plain]:
    """Tell what it would take to meet a budget; `price_fen` is what a certificate would cost.

    With `change`, tell beside it what would be needed if the year and later ones went so.

    Raises:
        ConsumptionMissing, BudgetUnknown, BudgetClosed: there is nothing to plan; also as `charge`
            and `what_if`.
    """
    found = facts(read, reported_budget(read, budget))
    judged = found.judge(read)
    stock = proposed(read, found, judged)
    wanted, uncapped = judged.posting.plan, claim(read, found.on_file).uncapped
    covered = supply(wanted, judged.posting.room, stock, uncapped)
    told: dict[str, Plain] = {
        "budget_id": found.on_file.code,
        "mode": wanted.mode.value,
        "status": judged.posting.status.value,
        **tell_need(wanted),
        **_covered(wanted, covered),
        "retire": [_proposal(one) for one in stock.retire[:_SHOWN]],
        "parcels": len(stock.retire),
        "cost_fen": stock.cost_fen,
        **_bought(covered, price_fen),
        "open_points": tell_open(judged.open_points),
        "other": {"mode": judged.other.mode.value, **tell_need(judged.other.plan)},
    }
    if change is None:
        return told
    years = what_if(found.case, change, _later(read, found, change), read.rules)
    return told | {"what_if": [_year(one, price_fen) for one in years]}


def _later(read: Reader, found: Facts, change: Change) -> dict[int, Known]:
    """Read what is on file about the years after a budget's own."""
    own, years = found.on_file, range(found.case.year + 1, found.case.year + change.years)
    b, f = t.fossil_budget.c, t.factor.c
    numbers = read.conn.execute(select(b.id).where(b.party == own.party, b.year.in_(years)))
    budgets = {
        one.year: one.budget_gce for one in filed_many(read, numbers.scalars().all()).values()
    }
    rows = read.conn.execute(
        select(f.year, f.province, f.version, f.value, f.document_no)
        .where(f.name == K, f.province == own.province, f.year.in_(years))
        .order_by(f.version)
    )
    ks = {row.year: as_entered(K, row.year, row) for row in rows}  # the latest version of each
    return {year: Known(budgets.get(year), ks.get(year)) for year in years}


def _year(one: Outlook, price_fen: int | None) -> dict[str, Plain]:
    """Tell a year as it would be, before any certificate that the unit holds."""
    head: dict[str, Plain] = {"year": one.year, "assumed": list(one.assumed)}
    if one.statement is None:
        return head | {"not_in_force": one.missing}
    case, view = one.statement.case, one.statement.posting
    told = head | {
        "budget_gce": case.budget_gce,
        "k": spell_exact(case.k),
        "status": view.status.value,
        "excess_gce": spell_exact(view.plan.excess_gce),
        **tell_need(view.plan),
        "open_points": tell_open(one.statement.open_points),
    }
    if price_fen is None:
        return told
    return told | {"cost_at_price_fen": min(view.plan.needed, view.plan.room) * price_fen}


def _covered(wanted: Plan, covered: Supply) -> dict[str, Plain]:
    """Tell what own certificates and purchases make of it together."""
    return {
        "feasible": covered.certificates >= wanted.needed,
        "residual_gce": spell_exact(wanted.left(covered.certificates)),
        "own": covered.own,
        "fragmented": covered.fragmented,
    }


def _bought(covered: Supply, price_fen: int | None) -> dict[str, Plain]:
    """Tell what is to be bought: from which direction, and for how much."""
    told: dict[str, Plain] = {
        "to_buy": covered.to_buy,
        "buy": {to.value: span._asdict() for to, span in covered.buy.items()},
    }
    if price_fen is None:
        return told
    return told | {"price_fen": price_fen, "cost_at_price_fen": covered.cost_fen(price_fen)}


def _proposal(proposal: Proposal) -> dict[str, Plain]:
    parcel, cut = proposal.parcel, run_of(proposal)
    return {
        "lot_id": encode_id(IdPrefix.LOT, cut.lot),
        "first_serial": cut.serial,
        "count": cut.count,
        "valid_until": parcel.expires_on.isoformat(),
        "price_fen": parcel.price_fen,
    }
