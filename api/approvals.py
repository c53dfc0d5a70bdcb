"""Four eyes at the doors: which acts may wait, how they are kept, and how they are done at last."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import select

from api.idempotency import Shape, plain
from api.met import met
from api.problems import DoorCode, Problem
from ledger.book.checks import check_papers
from ledger.kinds import KINDS
from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor, Move, OpenHold
from ledger.rules.trade import check_price
from ledger.store import tables as t
from schemas.text import strict_json
from schemas.wire.body import Body
from settlement.approvals import (
    WAITS_HOURS,
    ApprovalOrder,
    approve,
    load_approval,
    open_approval,
)
from settlement.commands import too_wordy

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.security import Caller
    from ledger.model.command import Source
    from settlement.desk import AnyRow, Decision, Reader

B = TypeVar("B", bound=Body)
_PAYLOAD_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Units:
    """What an act would take: units of one account, set aside while the act waits."""

    account: int
    instrument: int
    quantity: int
    source: Source = None


@dataclass(frozen=True, slots=True)
class Operation(Generic[B]):
    """An act that may need a second person.

    `model` holds all of it, ids of the path included: what is approved is what was asked, byte by
    byte. `decide` gets the maker as its actor, and the approval's hold once there is one.
    `units` tells what a decision takes where only acts above an account's limit need a second person.
    `checkers` are the roles that decide where it is not the maker's own party that does.
    `waits` is asked at opening instead of `decide`, where deciding twice would be too dear: it raises
    what refuses the act anyway. `shows` names what of the decision the one who opens is told.
    `looks_up` makes the answer's shape where it also tells what stands in the registry for good.
    `hours` is how long it waits at most.
    """

    name: str
    permission: str
    model: type[B]
    decide: Callable[[Reader, Actor, B, int | None], Decision]
    always: bool = False
    units: Callable[[Decision], Units | None] | None = None
    shape: Shape = plain
    status: int = 201
    looks_up: Callable[[Engine], Shape] | None = None
    checkers: frozenset[str] = frozenset()
    waits: Callable[[Reader, Actor, B], None] | None = None
    shows: tuple[str, ...] = ()
    hours: int = WAITS_HOURS

    def shape_of(self, reads: Engine) -> Shape:
        """Answer how an outcome of this operation is told."""
        return self.looks_up(reads) if self.looks_up else self.shape


def moved_units(decision: Decision) -> Units:
    """Tell the units of a decision's first movement."""
    move = decision.acts[0].effects[0]
    assert isinstance(move, Move)
    return Units(move.debit, move.instrument, move.amount, move.source)


OPERATIONS: Final[dict[str, Operation[Any]]] = {}


def register(operation: Operation[B]) -> Operation[B]:
    """Make an operation known by its name, which approvals keep for ever."""
    assert operation.name not in OPERATIONS or OPERATIONS[operation.name].model.__qualname__ == (
        operation.model.__qualname__
    )
    OPERATIONS[operation.name] = operation
    return operation


def perform(read: Reader, actor: Actor, operation: Operation[B], model: B) -> Decision:
    """Decide an act, or put it before a second person where it needs one.

    It is judged as far as can be before it waits: what is refused anyway bothers nobody.
    """
    if operation.waits is not None:
        operation.waits(read, actor, model)
        return _opened(read, actor, operation, model, None)
    done = operation.decide(read, actor, model, None)
    units = operation.units(done) if operation.units else None
    if not operation.always and not _above_limit(read, units):
        return done
    _check_acts(done)
    opened = _opened(read, actor, operation, model, _hold(read, operation, units))
    shown = {name: done.result[name] for name in operation.shows}
    expect = done.expect if units else ()
    return replace(opened, expect=expect, result={**opened.result, **shown})


def _opened(
    read: Reader, actor: Actor, operation: Operation[B], model: B, hold: OpenHold | None
) -> Decision:
    payload = model.model_dump_json(by_alias=True, exclude_unset=True).encode()
    order = ApprovalOrder(operation.name, payload, hold, operation.hours)
    return open_approval(read, actor, order)


def _check_acts(decision: Decision) -> None:
    """Refuse what nobody could approve: without evidence, with a price where there is none, too long.

    Raises:
        RecordTooLarge: what an act says is more than its record can hold.
    """
    if (refusal := too_wordy(decision.acts)) is not None:
        raise refusal
    for act in decision.acts:
        kind = KINDS[act.kind]
        check_papers(kind, act)
        for effect in act.effects:
            if isinstance(effect, Move):
                check_price(effect, kind)


def _above_limit(read: Reader, units: Units | None) -> bool:
    if units is None:
        return False
    account = met(read.conn.engine).find(units.account)
    if account is not None:
        limit = account.approval_above
    else:
        a = t.account.c
        limit = read.conn.execute(select(a.approval_above).where(a.id == units.account)).scalar()
    return limit is not None and units.quantity >= limit


def _hold(read: Reader, operation: Operation[B], units: Units | None) -> OpenHold | None:
    """Set the units aside for the registry: neither the holder nor a lapse of the order frees them."""
    if units is None:
        return None
    return OpenHold(
        id=read.numbers.entity(),
        kind="approval",
        account=units.account,
        instrument=units.instrument,
        amount=units.quantity,
        controller=REGISTRY_PARTY,
        beneficiary=None,
        expires_at=None,
        reference=operation.name,
        source=units.source,
    )


def operation_of(caller: Caller, row: AnyRow) -> Operation[Any]:
    """Find the operation of an approval, if the caller may decide it.

    The checker is of the maker's party, or a regulator where the act is a regulator's; or has a
    role that checks this act, and is then of another party.

    Raises:
        Problem: `forbidden`.
    """
    operation = OPERATIONS[row.operation]
    own = caller.party == row.maker_party
    near = own or caller.role == "regulator"
    if operation.checkers:
        near = caller.role in operation.checkers and not own
    if not near or not caller.may(operation.permission):
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": operation.permission})
    return operation


def approved(read: Reader, actor: Actor, number: int, operation: Operation[Any]) -> Decision:
    """Do what was asked, from the bytes that were kept, by the second person's word."""
    row = load_approval(read, number)
    model = operation.model.model_validate(payload_of(row))
    maker = Actor(row.maker_party, row.maker_person, row.maker_client)
    return approve(read, actor, number, operation.decide(read, maker, model, row.hold))


def payload_of(row: AnyRow) -> Any:
    """Read the payload of an approval; its digest was kept beside it."""
    payload = bytes(row.payload)
    assert hmac.compare_digest(sha256(payload).digest(), bytes(row.payload_sha256))
    return strict_json(payload, _PAYLOAD_BYTES)
