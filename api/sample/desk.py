"""How the sample is posted: through the desk, under keys that make a second load change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, TypeVar

from sqlalchemy import select

from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Actor
from ledger.refusals import Refusal
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.desk import Decision, Desk, Envelope, Reader

OPERATOR: Final = Actor(REGISTRY_PARTY, "demo operator", 1)
_BEGUN: Final = "begun"
_DONE: Final = "done"
_CHUNK: Final = 1_000  # commands sent together, as the writer takes them
_PREFIX: Final = "sample:"

Decide = Callable[[Reader], Decision]
Keyed = tuple[str, Decide]
Item = TypeVar("Item")
Order = TypeVar("Order")
Result = TypeVar("Result")


class Refused(Exception):
    """The sample asked for something the registry refuses: the sample is wrong, not the registry."""


@dataclass(slots=True)
class Clock:
    """A clock that the sample turns."""

    now: datetime

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def turn(self, year: int, month: int, day: int, hour: int = 4) -> None:
        """Go to noon of a registry day, unless the clock is past it."""
        self.now = max(self.now, datetime(year, month, day, hour, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Office:
    """The desk and the clock, as the sample uses them."""

    desk: Desk
    clock: Clock

    def post(self, actor: Actor, keyed: Iterable[Keyed]) -> list[dict[str, Any]]:
        """Post requests in order; every one must be accepted.

        Raises:
            Refused: one was not.
        """
        return [told for part in _parts(list(keyed)) for told in self._chunk(actor, part)]

    def one(self, actor: Actor, key: str, decide: Decide) -> dict[str, Any]:
        """Post one request, and return its result."""
        result: dict[str, Any] = self.post(actor, [(key, decide)])[0]["result"]
        return result

    def two(self, maker: Actor, checker: Actor, key: str, decide: Decide) -> dict[str, Any]:
        """Have one person ask and another approve."""
        order = ApprovalOrder(operation=key, payload=key.encode())
        opened = self.one(maker, f"{key}:ask", lambda read: open_approval(read, maker, order))
        number = id_in(opened, "approval_id", IdPrefix.APPROVAL)
        return self.one(
            checker, f"{key}:approve", lambda read: approve(read, checker, number, decide(read))
        )

    def together(
        self,
        actor: Actor,
        verb: Callable[[Reader, Actor, Sequence[Order]], Sequence[Decision | Refusal]],
        orders: Mapping[str, Order],
    ) -> None:
        """Post orders, by key, that a verb decides together; every one must be accepted."""
        for part in _parts(list(orders.items())):
            self._all(actor, [key for key, _ in part], asks(verb, actor, [o for _, o in part]))

    def once(
        self,
        actor: Actor,
        verb: Callable[[Reader, Actor, Sequence[Order]], Sequence[Decision | Refusal]],
        name: str,
        draw: Callable[[], Iterable[Order]],
    ) -> None:
        """Draw orders and post them with a mark, in one transaction; never again where the mark stands."""
        if self.has(name):
            return
        orders = list(draw())
        assert len(orders) < _CHUNK, "orders that are drawn together are posted together"
        keys = [*(f"{name}:{number}" for number in range(len(orders))), name]
        self._all(actor, keys, lambda read: [*verb(read, actor, orders), Decision(())])

    def has(self, key: str) -> bool:
        """Tell whether a request of the sample was posted before."""
        with self.desk.reads.connect() as conn:
            c = t.command.c
            found = select(c.key).where(c.client == OPERATOR.client, c.key == _PREFIX + key)
            return conn.execute(found).first() is not None

    def wants_sample(self) -> bool:
        """Tell whether the sample belongs here: nobody is registered yet, or a load was interrupted."""
        with self.desk.reads.connect() as conn:
            c = t.party.c
            others = select(c.sandbox).where(c.id != REGISTRY_PARTY).limit(1)
            empty = conn.execute(others).first() is None
        return empty or (self.has(_BEGUN) and not self.has(_DONE))

    def begin(self) -> None:
        """Remember that a load has begun, before anything is registered."""
        self.one(OPERATOR, _BEGUN, lambda _: Decision(()))

    def finish(self) -> None:
        """Remember that the whole sample is there."""
        self.one(OPERATOR, _DONE, lambda _: Decision(()))

    def _all(
        self,
        actor: Actor,
        keys: Sequence[str],
        decide: Callable[[Reader], Sequence[Decision | Refusal]],
    ) -> list[dict[str, Any]]:
        answers = self.desk.post_many(actor, [_envelope(key) for key in keys], decide)
        for key, answer in zip(keys, answers, strict=True):
            if answer.outcome is None or "code" in answer.outcome:
                raise Refused(key, answer.outcome)
        return [dict(answer.outcome or {}) for answer in answers]

    def _chunk(self, actor: Actor, keyed: Sequence[Keyed]) -> list[dict[str, Any]]:
        return self._all(
            actor,
            [key for key, _ in keyed],
            lambda read: [_decided(read, wanted) for _, wanted in keyed],
        )


def asks(
    verb: Callable[[Reader, Actor, Order], Result], actor: Actor, order: Order
) -> Callable[[Reader], Result]:
    """Say what is asked: a verb of settlement, by whom, and the order."""
    return lambda read: verb(read, actor, order)


def id_in(result: dict[str, Any], name: str, prefix: IdPrefix) -> int:
    """Read an id out of a result."""
    number = decode_id(prefix, str(result[name]))
    assert number is not None
    return number


def _envelope(key: str) -> Envelope:
    name = _PREFIX + key
    return Envelope(name, sha256(name.encode()).digest())


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def _decided(read: Reader, decide: Decide) -> Decision | Refusal:
    try:
        return decide(read)
    except Refusal as refusal:
        return refusal
