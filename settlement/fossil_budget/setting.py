"""Setting a budget: the regulator's decision, first or revised; the account and the instrument."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import BUDGET_SOURCE
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import yearly
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.fossil_budget.cap_rooms import pool_or_opening
from settlement.fossil_budget.covered import check_year
from settlement.fossil_budget.facts import facts
from settlement.fossil_budget.filed import Filed, budget_of, open_budget
from settlement.fossil_budget.restating import event_of, expected, moves, restate
from settlement.instruments import instrument_row
from settlement.refusals import PartyUnknown, SectorUnknown
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor, Effect
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class BudgetOrder:
    """A key unit's budget for a year as the regulator decided it.

    `mode` is net or gross; None leaves it as it was said before, or to the rulebook where nothing was.
    `sector` and `traits` say what the unit is, where a share or a report asks; None says nothing.
    """

    party: int
    year: int
    budget_gce: int
    mode: str | None
    document_no: str
    sector: str | None = None
    traits: tuple[str, ...] | None = None


def set_budget(read: Reader, actor: Actor, order: BudgetOrder) -> Decision:
    """Set a budget, or revise it: then the difference is posted, and all is restated.

    Raises:
        RuleNotInForce: the adopted rulebooks do not cover the year.
        PartyUnknown: there is no such unit.
        SectorUnknown: the rules of the year know no such sector or trait.
        BudgetClosed: the year is closed; also whatever `charge` refuses, once charged.
    """
    check_year(read.rules, order.year)
    _check_words(read, order)
    known = budget_of(read, order.party, order.year)
    if known is None:
        mode = order.mode or read.rules.text("feb.mode", date(order.year, 1, 1))
        return _first(read, actor, replace(order, mode=mode))
    on_file = open_budget(read, known)
    return _revision(read, on_file, replace(order, mode=order.mode or on_file.mode.value))


def _first(read: Reader, actor: Actor, order: BudgetOrder) -> Decision:
    known = select(t.party.c.id).where(t.party.c.id == order.party)
    if read.conn.execute(known).first() is None:
        raise PartyUnknown(encode_id(IdPrefix.PARTY, order.party))
    number, instrument = read.numbers.entity(), yearly("FEB", order.year)
    account, opening = account_or_opening(read, order.party, "budget")
    row: dict[str, Plain] = {
        "id": number,
        "party": order.party,
        "year": order.year,
        "account": account,
        "mode": order.mode,
    }
    event: dict[str, Plain] = {"budget": number, "n": 1, "kind": "set", "body": _decided(order)}
    effects: list[Effect] = [
        *opening,
        instrument_row(instrument),
        Enter("fossil_budget", row),
        Enter("fossil_budget_event", event),
    ]
    if order.budget_gce:
        effects.append(Move(BUDGET_SOURCE, account, instrument.id, order.budget_gce))
    names = _set_names(order, encode_id(IdPrefix.FOSSIL_BUDGET, number))
    _, opened = pool_or_opening(read, actor)
    return Decision((Act("budget.set", tuple(effects), names), *opened), result=names)


def _revision(read: Reader, on_file: Filed, order: BudgetOrder) -> Decision:
    body, change = _decided(order), order.budget_gce - on_file.budget_gce
    decided = replace(on_file.after("set", body), budget_gce=order.budget_gce)
    changed = (on_file.move(BUDGET_SOURCE, -change),) if change else ()
    restated: tuple[Act, ...] = ()
    expect: tuple[Expect, ...] = (on_file.expect,)
    if on_file.report is not None:
        found = facts(read, decided)
        judged = found.judge(read)
        if moves(found, judged):
            restated = (restate(found, judged, (), {"event": "set"}),)
            expect = expected(found, judged)
    names = _set_names(order, on_file.code)
    act = Act("budget.set", (*changed, event_of(on_file, "set", body)), names)
    return Decision((act, *restated), expect, names)


def _check_words(read: Reader, order: BudgetOrder) -> None:
    """Refuse what the rulebook of the year does not know: nothing would ever be found for it."""
    said = {
        "feb.sectors": () if order.sector is None else (order.sector,),
        "share.traits": order.traits or (),
    }
    for name, words in said.items():
        known = read.rules.words(name, date(order.year, 1, 1)) if words else frozenset()
        for word in words:
            if word not in known:
                raise SectorUnknown(word, sorted(known))


def _decided(order: BudgetOrder) -> dict[str, Plain]:
    told: dict[str, Plain] = {
        "budget_gce": order.budget_gce,
        "mode": order.mode,
        "document_no": order.document_no,
    }
    told |= {} if order.sector is None else {"sector": order.sector}
    return told | ({} if order.traits is None else {"traits": [*order.traits]})


def _set_names(order: BudgetOrder, code: str) -> dict[str, Plain]:
    party = encode_id(IdPrefix.PARTY, order.party)
    return {"budget_id": code, "party_id": party, "year": order.year, **_decided(order)}
