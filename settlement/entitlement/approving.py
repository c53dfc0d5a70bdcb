"""Approval of what a year gives entities (核定), and what follows from it at once (多退少补)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final

from ledger.model.account import SOURCE
from ledger.model.command import Act, Effect, Enter, Expect, Move, Plain
from ledger.model.instrument import CEA_DEBT, yearly
from ledger.rules.rulebook import NotInForce
from schemas.identifiers import IdPrefix, encode_id
from settlement.allocating import AllocationOrder, Duty, allocation
from settlement.allowances import opened_vintage
from settlement.desk import Decision
from settlement.emitters import the_listed
from settlement.entitlement.facts import Facts, Party, facts
from settlement.entitlement.returning import Return, returns
from settlement.entitlement.worked import Entitled, EntitlementOrder, entitled
from settlement.instruments import instrument_row
from settlement.refusals import (
    AllocationAccountMissing,
    FraudCutOutOfRange,
    ReturnWithoutProvince,
    StageApprovedAlready,
    StageOutOfOrder,
)
from settlement.registration import account_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader

TOGETHER_MAX: Final = 500
"""Parties in one group: three acts each at most, in one commit."""


def approve_many(read: Reader, actor: Actor, orders: Sequence[EntitlementOrder]) -> Decision:
    """Approve a stage of a year for each party: return what is too much, or allocate what is added.

    What a party gets is what its sector's formula gives on verified data, and never more. Each party
    stands in a group once. Cost: ten statements a year, however many parties there are.

    Source: 2023、2024年度 and 2025-2026年度配额总量和分配方案 (the latter as drafted).

    Raises:
        EntityNotListed: a party is not on the list of the year.
        StageApprovedAlready, StageOutOfOrder: the stage does not follow what was approved.
        FraudCutOutOfRange: the share cut for fraud is not one the law allows.
        ReturnWithoutProvince, AllocationAccountMissing: nobody knows where units would go.
        RuleNotInForce: no rule of the stage covers the year; else as `entitled`.
    """
    years = defaultdict[int, list[int]](list)
    once = set[int]()
    for order in orders:
        if order.party in once:
            raise StageApprovedAlready(party=_named(order.party), stage=order.stage)
        once.add(order.party)
        years[order.year].append(order.party)
    found = {year: facts(read, year, parties) for year, parties in years.items()}
    for year in {order.year for order in orders if order.allocate and order.province_account}:
        opened_vintage(read, year)
    approvals = [_Approval.of(read, order, found[order.year]) for order in orders]
    told: list[Plain] = [approval.told() for approval in approvals]
    return Decision(
        tuple(act for approval in approvals for act in approval.acts()),
        tuple(dict.fromkeys(one for approval in approvals for one in approval.expects())),
        {"approvals": told},
    )


@dataclass(frozen=True, slots=True)
class _Approval:
    """One party's stage as it was worked out, with its duty account, opened along where it is not there."""

    order: EntitlementOrder
    party: Party
    what: Entitled
    duty: int
    opening: tuple[Enter, ...]

    @classmethod
    def of(cls, read: Reader, order: EntitlementOrder, given: Facts) -> _Approval:
        """Work it out."""
        party = given.parties[order.party]
        entity = the_listed(
            {} if party.entity is None else {order.party: party.entity}, order.party, order.year
        )
        _check_stage(order, party)
        _check_cut(read, order)
        try:
            what = entitled(order, party, entity, given, read.rules)
        except NotInForce as missing:
            raise missing.refused() from missing
        duty, opens = (
            (party.duty, ())
            if party.duty is not None
            else account_opening(read, order.party, "duty")
        )
        return cls(order, party, what, duty, opens)

    @property
    def whole(self) -> int:
        """Tell what the year gives after it."""
        if self.order.stage == "auction":
            return self.party.whole + self.what.quantity
        return self.party.auctioned + self.what.quantity

    @property
    def change(self) -> int:
        """Tell what it adds to the quota, or takes."""
        return self.whole - self.party.whole

    @property
    def left(self) -> int:
        """Tell what was not allocated of what was approved before."""
        return self.party.of_duty(yearly("QUOTA-CEA", self.order.year).id).free

    @property
    def returned(self) -> int:
        """Tell what must come back, since less is approved than was allocated."""
        return max(0, -self.change - self.left)

    @property
    def given(self) -> int:
        """Tell what is allocated at once: everything approved that was not."""
        wanted = self.order.allocate and self.order.province_account is not None
        return max(0, self.left + self.change) if wanted else 0

    @property
    def cut(self) -> int:
        """Tell what of the year is cut for fraud, and so owed from now on."""
        share = self.order.fraud_cut
        return 0 if share is None else floor(Fraction(share) * self.whole)

    @property
    def as_duty(self) -> Duty:
        """See the duty account as an allocation does, with what this approval adds."""
        debt, quota = CEA_DEBT, yearly("QUOTA-CEA", self.order.year).id
        owed, held = self.party.of_duty(debt), self.party.of_duty(quota)
        return Duty(
            self.duty,
            True,
            owed.free + self.cut,
            owed.version,
            self.left + self.change,
            held.version,
        )

    def acts(self) -> tuple[Act, ...]:
        """Give the acts in order: what comes back makes room for what the approval takes."""
        back = returns(self._return()) if self.returned else ()
        cut = (self._reduction(),) if self.cut else ()
        given = (allocation(self._allocation(), self.as_duty),) if self.given else ()
        return (*back, self._act(), *cut, *given)

    def expects(self) -> tuple[Expect, ...]:
        """State what it rests on: nothing was allocated, verified, cut or moved meanwhile."""
        if self.opening:
            return ()
        year = self.order.year
        verified = year - 1 if self.order.stage == "pre" else year
        codes = [
            yearly("QUOTA-CEA", year).id,
            CEA_DEBT,
            *([] if self.order.stage == "auction" else [yearly("DUE-CEA", verified).id]),
        ]
        of_duty = [Expect(self.duty, code, self.party.of_duty(code).version) for code in codes]
        return (*of_duty, *(self._expects_of_holders() if self.returned else ()))

    def told(self) -> dict[str, Plain]:
        """Tell the caller what came of it."""
        kept = min(self.given, self.as_duty.debt)
        return {
            "party_id": _named(self.order.party),
            "year": self.order.year,
            "n": self._n,
            "stage": self.order.stage,
            "formula": self.what.formula,
            "quantity": self.whole,
            "change": self.change,
            "returned": self.returned,
            "cut": self.cut,
            "allocated": self.given,
            "kept_back": kept,
        }

    @property
    def _n(self) -> int:
        return len(self.party.approved) + 1

    def _act(self) -> Act:
        order, quota = self.order, yearly("QUOTA-CEA", self.order.year)
        worked: dict[str, Plain] = {
            "formula": self.what.formula,
            "inputs": list(self.what.inputs),
            "steps": [{"name": name, "quantity": str(units)} for name, units in self.what.steps],
        }
        facts: dict[str, Plain] = {
            "year": order.year,
            "n": self._n,
            "stage": order.stage,
            "quantity": self.whole,
            "change": self.change,
            "document_no": order.document_no,
        }
        if self.what.verified_version is not None:
            facts["verified_version"] = self.what.verified_version
        if order.ground is not None:
            facts["ground"] = order.ground
        row = Enter("entitlement", {**facts, "party": order.party, "body": worked})
        effects: list[Effect] = [*self.opening, instrument_row(quota), row]
        if self.change > 0:
            effects.append(Move(SOURCE, self.duty, quota.id, self.change))
        elif self.change < 0:
            effects.append(Move(self.duty, SOURCE, quota.id, -self.change))
        body = {**facts, **worked, "party": _named(order.party), "vintage": order.year}
        return Act("cea.approve", tuple(effects), body)

    def _reduction(self) -> Act:
        """Owe what is cut, by the act that reductions are decided by; allocation keeps it back at once."""
        body: dict[str, Plain] = {
            "account": encode_id(IdPrefix.ACCOUNT, self._account("cea_registry")),
            "quantity": self.cut,
            "cause": "fraud",
            "document_no": self.order.document_no,
        }
        return Act("cea.reduce", (Move(SOURCE, self.duty, CEA_DEBT, self.cut),), body)

    def _account(self, cls: str) -> int:
        accounts = self.party.accounts.get(cls, ())
        if not accounts:
            raise AllocationAccountMissing(party=_named(self.order.party), account_class=cls)
        return accounts[0]

    def _allocation(self) -> AllocationOrder:
        order = self.order
        assert order.province_account is not None
        cls = "province_custody" if order.ground is not None else "cea_registry"
        return AllocationOrder(
            order.province_account,
            self._account(cls),
            order.year,
            self.given,
            order.stage,
            order.document_no,
        )

    def _holders(self) -> list[int]:
        """Name the accounts that give back, what is in custody first."""
        accounts = self.party.accounts
        return [*accounts.get("province_custody", ()), *accounts.get("cea_registry", ())]

    def _expects_of_holders(self) -> tuple[Expect, ...]:
        vintage = yearly("CEA", self.order.year).id
        held = ((one, self.party.held.get((one, vintage))) for one in self._holders())
        return tuple(Expect(one, vintage, of.version if of else 0) for one, of in held)

    def _return(self) -> Return:
        order, vintage = self.order, yearly("CEA", self.order.year).id
        province = self.party.gave or order.province_account
        if province is None or not self._holders():
            raise ReturnWithoutProvince(account=encode_id(IdPrefix.ACCOUNT, self.duty))
        held = ((one, self.party.held.get((one, vintage))) for one in self._holders())
        return Return(
            order.year,
            self.returned,
            order.stage,
            order.document_no,
            province,
            self.duty,
            (),
            self.party.kept,
            tuple((one, of.free if of else 0) for one, of in held),
            quota=True,
        )


def _check_stage(order: EntitlementOrder, party: Party) -> None:
    """Refuse a stage that was there, or does not follow: pre before final, adjustments after it."""
    if order.stage in {"pre", "final"} and order.stage in party.stages:
        raise StageApprovedAlready(party=_named(order.party), stage=order.stage)
    settled = "final" in party.stages
    if (order.stage == "pre" and settled) or (order.stage == "adjustment" and not settled):
        raise StageOutOfOrder(party=_named(order.party), stage=order.stage)


def _check_cut(read: Reader, order: EntitlementOrder) -> None:
    """Refuse a cut for fraud outside the law's range. Source: 国令第775号 Art. 22."""
    if order.fraud_cut is None:
        return
    ends = ("cea.fraud_cut_min", "cea.fraud_cut_max")
    try:
        least, most = (read.rules.decimal(name, read.day) for name in ends)
    except NotInForce as missing:
        raise missing.refused() from missing
    if not least <= order.fraud_cut <= most:
        raise FraudCutOutOfRange(share=f"{order.fraud_cut:f}", least=f"{least:f}", most=f"{most:f}")


def _named(party: int) -> str:
    return encode_id(IdPrefix.PARTY, party)
