"""What an auditor knows of a registry after some of its records: accounts, balances, serials, holds. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ledger.kinds import Kind
from ledger.log.reading import Record
from ledger.log.replay_ets import Ets
from ledger.log.replay_filed import Filed
from ledger.log.replay_law import Law
from ledger.log.replay_units import Piece, Units
from ledger.model.account import REGISTRY_PARTY
from ledger.model.plant import Plant as PlantFacts
from ledger.rules.rulebook import Rules
from schemas.identifiers import IdPrefix, encode_id

Key: TypeAlias = tuple[str, str]
"""Account and instrument, as records spell them."""

Way: TypeAlias = tuple[str, str, str]
"""Debit, credit and instrument."""

Line: TypeAlias = tuple[str | None, str | None, str, int]
"""Debit, credit, instrument, amount; an account that the body does not name is None."""

NEW: Final = ""
"""An account that is not on file yet: the act opens it along."""

CONTRAS: Final = (
    "source", "certified", "retired", "expired", "revoked", "cancelled", "surrendered",
    "discharged", "converted", "external", "fossil.direct", "fossil.power", "fossil.heat",
    "recognised.traded", "recognised.certificate", "budget.source",
)  # fmt: skip
"""The registry's own sources and sinks, in order of their ids, from 1 on."""

CONTRA: Final = {cls: encode_id(IdPrefix.ACCOUNT, n) for n, cls in enumerate(CONTRAS, 1)}
REGISTRY: Final = encode_id(IdPrefix.PARTY, REGISTRY_PARTY)
_BASE_32: Final = bytes.maketrans(
    b"0123456789abcdefghjkmnpqrstvwxyz", b"0123456789abcdefghijklmnopqrstuv"
)


def change(account: str | None, source: str, code: str, amount: int) -> Line:
    """Describe what comes from a source, or goes back to it where the amount is below zero."""
    if amount < 0:
        return (account, CONTRA[source], code, -amount)
    return (CONTRA[source], account, code, amount)


@dataclass(slots=True)
class Holder:
    """An account: where units are, whose they are, and what may not be done with them."""

    cls: str
    party: str
    owner: str  # the party it is kept for, where that is another
    floor: int
    approval_above: int | None = None
    contra: bool = False
    frozen: bool = False
    is_open: bool = True
    mandates: dict[str, tuple[tuple[str, ...], str, str]] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)  # instruments it ever had

    @property
    def kept(self) -> bool:
        """Tell whether a province keeps it for an emitter."""
        return self.cls == "province_custody"


@dataclass(slots=True)
class Row:
    """What an account has of an instrument, and how often that was touched."""

    posted: int = 0
    held: int = 0
    version: int = 0


@dataclass(slots=True)
class Held:
    """A hold, open while something remains of it."""

    kind: str
    key: Key
    controller: str
    beneficiary: str | None
    expires_at: str | None
    remaining: int
    opened_on: str = ""  # day
    pending: bool = False  # allowances that are to be given up, and count as gone


@dataclass(slots=True)
class Waiting:
    """An act that waits for a second person, until it is decided or runs out."""

    maker: str
    expires_at: str
    hold: str | None
    pending: bool = True


@dataclass(slots=True)
class Plant:
    """A plant, whose energy lies on its own account; `facts` is what rules ask about it."""

    account: str
    party: str
    facts: PlantFacts
    since: str  # the month in which it was commissioned
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project for CCER: its plant and months, and by whom and under which decision it stands."""

    plant: str
    first_month: str
    last_month: str
    party: str
    document_no: str

    @property
    def decided(self) -> tuple[str, str]:
        """The party that controls its freezes, and the number of the decision."""
        return self.party, self.document_no


@dataclass(slots=True)
class Act:
    """One act at work: what it says, and what its journals have moved so far."""

    kind: Kind
    body: dict[str, Any]
    first: str  # id of its first journal
    day: str
    law: Law
    reverses: Record | None = None
    moved: dict[str, int] = field(default_factory=dict)  # by instrument
    given: dict[str, int] | None = None  # by account that has a limit; out of holds is not counted
    due: dict[Way, int] | None = None  # postings that must yet come
    opens: str = ""  # a hold
    opened: int = 0
    closed: int = 0
    settles: bool = False
    receiver: str | None = None  # the only one to whom a hold may be settled
    brought: int = 0  # pieces of an opening
    last: int = 0  # index of its latest record


@dataclass(slots=True)
class Group:
    """The journals of one request, while some of them are still to come."""

    head: tuple[Any, ...]  # what they have in common; their instant first
    parts: int
    part: int = 0
    approved: bool = False
    granted: frozenset[str] = frozenset()  # holds that a decision frees
    due: dict[str, int] | None = None  # units that must yet leave out of a hold
    rooms: dict[Key, int] | None = None  # under caps, as it found those that it changed
    back: dict[str, list[int]] | None = None
    """By party and vintage of what returns: kept back before, owed again of it, and all else."""
    act: Act | None = None

    @property
    def at(self) -> str:
        """The instant of the request."""
        at: str = self.head[0]
        return at


@dataclass(slots=True)
class Ids:
    """Numbers of journals in the order of the log: nearly ascending, so that eight bytes each do."""

    numbers: array[int] = field(default_factory=lambda: array("Q"))
    late: dict[int, int] = field(
        default_factory=dict
    )  # those below an earlier one: index by number

    def add(self, name: str) -> bool:
        """Remember the next record's id; false if it came before."""
        numbers = self.numbers
        number = int(name[4:].encode().translate(_BASE_32), 32)  # `_number`, once an entry
        last = numbers[-1] if numbers else 0
        if number > last:
            numbers.append(number)
            return True
        if self._place(number) is not None:
            return False
        self.late[number] = len(numbers)
        numbers.append(last)
        return True

    def index(self, name: str) -> int | None:
        """Find the index of an id, if it came."""
        return self._place(_number(name))

    def _place(self, number: int) -> int | None:
        place = bisect_left(self.numbers, number)
        if place < len(self.numbers) and self.numbers[place] == number:
            return place
        return self.late.get(number)


def _number(name: str) -> int:
    return int(name[4:].encode().translate(_BASE_32), 32)


def _contras() -> dict[str, Holder]:
    return {name: Holder(cls, REGISTRY, REGISTRY, 0, contra=True) for cls, name in CONTRA.items()}


@dataclass(slots=True)
class State:
    """Everything that later records are held against. Names are as records spell them."""

    log: str = ""  # named by its first record
    latest: str = ""  # instant
    accounts: dict[str, Holder] = field(default_factory=_contras)
    own: dict[tuple[str, str, str], str] = field(default_factory=dict)  # by party, class, owner
    balances: dict[Key, Row] = field(default_factory=dict)
    lots: dict[str, Units] = field(default_factory=dict)
    pieces: dict[Piece, Piece] = field(default_factory=dict)  # one of each, for lots to share
    series: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # first, past; sorted
    holds: dict[str, Held] = field(default_factory=dict)
    approvals: dict[str, Waiting] = field(default_factory=dict)
    plants: dict[str, Plant] = field(default_factory=dict)
    readings: dict[str, tuple[int, int]] = field(default_factory=dict)  # version, kWh
    emissions: dict[str, tuple[int, int]] = field(default_factory=dict)  # version, t
    budgets: dict[str, tuple[str, str, int]] = field(default_factory=dict)  # party, year, gce
    factors: dict[str, int] = field(default_factory=dict)  # version
    provinces: dict[str, str] = field(default_factory=dict)  # of parties
    caps: dict[str, tuple[int, int]] = field(default_factory=dict)  # version, certificates
    apportioned: dict[str, int] = field(default_factory=dict)  # version
    filed: Filed = field(default_factory=Filed)
    ets: Ets = field(default_factory=Ets)
    projects: dict[str, Project] = field(default_factory=dict)
    vintages: set[str] = field(default_factory=set)
    mandates: dict[str, str] = field(default_factory=dict)  # the account of each that is in force
    names: set[str] = field(default_factory=lambda: {REGISTRY})  # come into being once
    keys: dict[str, set[int]] = field(default_factory=dict)  # by client
    taken_back: set[str] = field(default_factory=set)
    revoked: dict[str, str] = field(default_factory=dict)  # client: until when it may still appear
    rulesets: dict[str, Law] = field(default_factory=dict)
    current: str = ""  # digest
    groups: dict[str, Group] = field(default_factory=dict)
    ids: Ids = field(default_factory=Ids)

    def __post_init__(self) -> None:
        """Begin without any rulebook, as a registry does."""
        if not self.rulesets:
            none = Rules(())
            self.rulesets[none.digest] = Law(none)
            self.current = none.digest


@dataclass(slots=True)
class Entry:
    """One record at work."""

    record: Record
    group: Group
    act: Act
    law: Law
    changed: dict[Key, Row] = field(default_factory=dict)

    @property
    def day(self) -> str:
        """The registry's day of the record."""
        day: str = self.record["day"]
        return day

    @property
    def party(self) -> str:
        """On whose behalf it was asked."""
        party: str = self.record["actor"]["party"]
        return party
