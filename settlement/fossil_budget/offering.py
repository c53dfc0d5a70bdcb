"""What an offset brings to a budget: retirements of before, or own certificates retired in the act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from ledger.model.account import RETIRED
from ledger.model.command import Act, Enter, Exact, Expect, Move, Plain
from ledger.model.instrument import GEC
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.balances import as_read
from settlement.fossil_budget.certificates import Offer, Run, offers
from settlement.fossil_budget.facts import METRIC, Facts, claim
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.planning import proposed
from settlement.fossil_budget.recognition import Claim, Reason, ineligible
from settlement.fossil_budget.stock import retired_now, run_of
from settlement.fossil_budget.told import run
from settlement.metrics import check_unused, use_for, use_of
from settlement.refusals import RetirementUnknown
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import release_hold

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class Offering:
    """Runs that will serve the budget, the acts and entries behind them, and what was in vain."""

    offers: tuple[Offer, ...] = ()
    acts: tuple[Act, ...] = ()
    uses: tuple[Enter, ...] = ()
    rejected: tuple[Plain, ...] = ()
    expect: tuple[Expect, ...] = ()
    result: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was brought at all."""
        return not self.uses and not self.rejected and not self.acts

    @property
    def named(self) -> dict[str, Plain]:
        """Name the retirements brought, for the record."""
        names = dict.fromkeys(encode_id(IdPrefix.RETIREMENT, o.retirement) for o in self.offers)
        return {"retirement_ids": list(names)}

    @property
    def body(self) -> dict[str, Plain]:
        """Tell the event: what was brought, and what was in vain."""
        return self.named | {"rejected": list(self.rejected)}


def offered(read: Reader, found: Facts, retirements: Sequence[int]) -> Offering:
    """Look at retirements of before.

    One that cannot serve this unit and year is listed with its reason and stays free for
    whatever it can serve; any other is used for this metric from now on.

    Raises:
        RetirementUnknown: it is neither by the unit nor for it.
        RetirementUsedAlready: it serves the metric already.
    """
    asked = list(dict.fromkeys(retirements))
    _check(read, found.on_file, asked)
    runs = offers(read, found.on_file, asked)
    serves = claim(read, found.on_file)
    used = {offer.retirement for offer in runs if _may_serve(serves, offer)}
    vain = [offer for offer in runs if offer.retirement not in used]
    unit = found.on_file
    return Offering(
        offers=tuple(offer for offer in runs if offer.retirement in used),
        uses=use_for(read, METRIC, sorted(used), unit.credit_code, unit.year, unit.id),
        rejected=tuple(_told(serves, offer) for offer in vain),
    )


def retired_own(read: Reader, actor: Actor, found: Facts, hold: int | None) -> Offering:
    """Retire as many own certificates as the plan proposes, as one retirement for the budget.

    Where they lie in more parcels than one act may retire, these are the first of them. With
    `hold`, they are taken from what an approval set aside, and the rest of that goes back.
    """
    chosen = proposed(read, found, found.judge(read), hold).retire
    account = found.on_file.user
    freed = () if hold is None else release_hold(read, actor, hold, None).acts
    if account is None or not chosen:
        return Offering(acts=freed)
    runs = [run_of(proposal) for proposal in chosen]
    act, names = retirement_of(read, actor, found.on_file, runs)
    number = decode_id(IdPrefix.RETIREMENT, str(names["retirement_id"]))
    assert number is not None
    last = max((offer.line.order for offer in found.offered.values()), default=0)
    return Offering(
        offers=tuple(
            retired_now(read, found.on_file, proposal, (number, last + n))
            for n, proposal in enumerate(chosen, 1)
        ),
        acts=(*freed, act),
        uses=(use_of(METRIC, number, found.on_file.id),),
        expect=(as_read(read, account, GEC),),
        result=names | {"retired": sum(one.count for one in runs)},
    )


def retirement_of(
    read: Reader, actor: Actor, on_file: Filed, runs: Sequence[Run]
) -> tuple[Act, dict[str, Plain]]:
    """Retire these runs of a unit's account for its budget; also what the retirement is called."""
    account = on_file.user
    assert account is not None  # there are certificates in it
    order = RetirementOrder(
        account=account,
        quantity=sum(one.count for one in runs),
        beneficiary_code=on_file.credit_code,
        beneficiary_name=on_file.name,
        purpose=METRIC,
        consumption_year=on_file.year,
        party=on_file.party,
    )
    decision = retire(read, actor, order)
    act = decision.acts[0]
    moves = tuple(Move(account, RETIRED, GEC, one.count, Exact(one.lot, one.lo)) for one in runs)
    rest = tuple(effect for effect in act.effects if not isinstance(effect, Move))
    return replace(act, effects=(*moves, *rest)), dict(decision.result)


def _check(read: Reader, on_file: Filed, asked: Sequence[int]) -> None:
    r = t.retirement.c
    mine = or_(r.party == on_file.party, r.beneficiary_code == on_file.credit_code)
    there = set(read.conn.execute(select(r.id).where(r.id.in_(asked), mine)).scalars())
    for number in asked:
        if number not in there:
            raise RetirementUnknown(encode_id(IdPrefix.RETIREMENT, number))
    check_unused(read, METRIC, asked)


def _may_serve(serves: Claim, offer: Offer) -> bool:
    return ineligible(serves, offer.line) in {None, Reason.COUNTED_AS_TRADED}


def _told(serves: Claim, offer: Offer) -> dict[str, Plain]:
    reason = ineligible(serves, offer.line)
    assert reason is not None
    return run(offer, offer.run.count) | {"reason": reason.value}
