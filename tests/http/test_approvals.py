"""Acts above an account's limit wait for a second person, with their units held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from api.approvals import OPERATIONS, Operation, moved_units, perform, register
from api.idempotency import with_serials
from ledger.model.command import Actor
from schemas.fields import AccountId, Quantity
from schemas.identifiers import IdPrefix, decode_id, encode_id
from schemas.wire.body import Body
from settlement.desk import Decision, Reader
from settlement.retirement import RetirementOrder, retire
from tests.http.doors import As, Door
from tests.registry import code_of, credit_code, rows


class Retire(Body):
    """The least a retirement needs."""

    account_id: AccountId
    quantity: Quantity


def _retire(read: Reader, actor: Actor, model: Retire, hold: int | None) -> Decision:
    order = RetirementOrder(
        account=model.account_id,
        quantity=model.quantity,
        beneficiary_code=credit_code(1),
        beneficiary_name="某某",
        purpose="voluntary",
        consumption_year=2025,
    )
    return retire(read, actor, order, hold)


@dataclass(slots=True)
class Holder:
    """An account of 100 certificates that asks a second person from 10 on, and its two persons."""

    door: Door
    operation: Operation[Retire]
    account: int
    maker: As
    checker: As

    def ask(self, quantity: int) -> Any:
        """Ask to retire, as the maker."""
        party = decode_id(IdPrefix.PARTY, self.maker.party)
        assert party is not None
        model = Retire.model_construct(account_id=self.account, quantity=quantity)
        answer = self.door.registry.ask(
            Actor(party, self.maker.person, 77),
            lambda read, actor: perform(read, actor, self.operation, model),
        )
        assert answer.outcome is not None
        return answer.outcome.get("result") or code_of(answer)

    def balance(self) -> tuple[int, int]:
        """Tell posted and held."""
        url = self.door.registry.desk.reads.url.set(drivername="postgresql")
        found = rows(
            url.render_as_string(hide_password=False),
            "SELECT posted, held FROM balance WHERE account = %s",
            self.account,
        )
        return found[0][0], found[0][1]


@pytest.fixture
def holder(door: Door) -> Iterator[Holder]:
    """Issue 100 certificates to an account with a limit of 10."""
    registry = door.registry
    registry.adopt_shipped()
    party = registry.party("generator")
    account = registry.account(party, "generator", approval_above=10)
    registry.issue(registry.plant(party, capacity_kw=10_000), date(2025, 10, 1), 100)
    maker, checker = door.pair("generator", encode_id(IdPrefix.PARTY, party))
    operation = register(
        Operation(
            "test.retire",
            "retirements:write",
            Retire,
            _retire,
            units=moved_units,
            shape=with_serials,
        )
    )
    yield Holder(door, operation, account, maker, checker)
    del OPERATIONS["test.retire"]


def test_below_the_limit_nobody_is_asked(holder: Holder) -> None:
    """Nine of ten."""
    assert "retirement_id" in holder.ask(9)
    assert holder.balance() == (91, 0)


def test_from_the_limit_on_the_units_wait_with_the_act(holder: Holder) -> None:
    """They are held, the second person's word retires them, and the answer is the act's own."""
    waiting = holder.ask(10)
    assert (waiting["state"], holder.balance()) == ("pending", (100, 10))

    address = f"/v1/approvals/{waiting['approval_id']}"
    told = holder.maker.get(address).json()
    assert told["payload"] == {
        "account_id": encode_id(IdPrefix.ACCOUNT, holder.account),
        "quantity": 10,
    }
    assert told["hold_id"].startswith("hld_")
    assert holder.maker.bare(f"{address}/approve").json()["code"] == "maker_is_checker"
    done = holder.checker.bare(f"{address}/approve", idem="go")
    assert (done.status_code, holder.balance()) == (201, (90, 0))
    assert sum(run["count"] for run in done.json()["serials"]) == 10
    again = holder.checker.bare(f"{address}/approve", idem="go")
    assert (again.content, holder.balance()) == (done.content, (90, 0))


def test_rejected_units_go_back(holder: Holder) -> None:
    """All of them, at once."""
    waiting = holder.ask(60)
    assert holder.ask(50) == "units_short"
    answer = holder.checker.bare(f"/v1/approvals/{waiting['approval_id']}/reject")

    assert (answer.status_code, answer.json()["state"]) == (200, "rejected")
    assert holder.balance() == (100, 0)


def test_a_dry_run_of_an_approval_approves_nothing(holder: Holder) -> None:
    """Judged in full, and still pending."""
    waiting = holder.ask(10)
    address = f"/v1/approvals/{waiting['approval_id']}"
    dry = holder.checker.bare(f"{address}/approve", dry_run="true")

    assert (dry.status_code, dry.json()["dry_run"]) == (200, True)
    assert holder.maker.get(address).json()["state"] == "pending"
    assert holder.balance() == (100, 10)
