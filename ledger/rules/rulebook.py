"""Policy as data: rulebooks as adopted, and the value in force for a given key date.

The key is the date that the parameter's `by` names: the registry's calendar day, the deadline, or
any day of the production month, the compliance year or the budget year. By convention callers
pass the first: `date(year, 1, 1)`. The loader admits whole years and months only, so that
`date(year, 12, 31)` gives the same answer.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import Self, TypeVar

from ledger.refusals import RuleNotInForce
from ledger.rules.parameter import (
    Parameter,
    RulebookInvalid,
    Value,
    check_keys,
    read_parameters,
    table_of,
    text_of,
)

__all__ = ["Change", "NotInForce", "Parameter", "Rulebook", "RulebookInvalid", "Rules", "Value"]

_BOOK_KEYS = frozenset({"name", "version", "dropped", "documents", "parameters"})
_V = TypeVar("_V", int, Decimal, bool, str, date)


@dataclass(eq=False)
class NotInForce(Exception):
    """No adopted rule of this name covers the key date."""

    name: str
    key: date

    def __str__(self) -> str:
        return f"{self.name} is not in force for {self.key}"

    def refused(self) -> RuleNotInForce:
        """Give the refusal of what cannot be decided without it."""
        return RuleNotInForce(parameter=self.name, key_date=self.key.isoformat())


@dataclass(frozen=True)
class Rulebook:
    """One rulebook as adopted; `digest` is the SHA-256 of its bytes, in hex.

    `dropped` lists the names of the version before that this one leaves out on purpose.
    """

    name: str
    version: int
    digest: str
    parameters: tuple[Parameter, ...]
    dropped: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a rulebook from the bytes of its TOML file.

        Raises:
            RulebookInvalid: with the reason as a stable code, and the place in the file.
        """
        book = _toml(raw)
        check_keys(book, _BOOK_KEYS, "rulebook")
        name = text_of(book, "name", "rulebook")
        version = book.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise RulebookInvalid("wrong_type", "rulebook.version")
        documents = table_of(book.get("documents"), "rulebook.documents")
        titles = {key: text_of(documents, key, "documents") for key in documents}
        tables = table_of(book.get("parameters"), "rulebook.parameters")
        spans = (read_parameters(n, table_of(t, n), titles) for n, t in tables.items())
        parameters = tuple(chain.from_iterable(spans))
        dropped = _dropped(book)
        if both := dropped & {parameter.name for parameter in parameters}:
            raise RulebookInvalid("dropped_defined", min(both))
        return cls(name, version, sha256(raw).hexdigest(), parameters, dropped)


@dataclass(frozen=True, slots=True)
class Change:
    """One span that two sets of rules do not share; None stands where a side has no such span."""

    name: str
    valid_from: date
    before: Parameter | None
    after: Parameter | None


@dataclass(frozen=True)
class Rules:
    """The rulebooks known at one moment, answering as one.

    Raises:
        RulebookInvalid: two books define the same name, so nobody could say which one rules.
    """

    books: tuple[Rulebook, ...]

    def __hash__(self) -> int:
        """Find what was worked out from the same books."""
        return hash(self.digest)

    def __post_init__(self) -> None:
        owners: dict[str, str] = {}
        for book in self.books:
            for parameter in book.parameters:
                if owners.setdefault(parameter.name, book.digest) != book.digest:
                    raise RulebookInvalid("defined_twice", parameter.name)

    @cached_property
    def digest(self) -> str:
        """Name the whole set: SHA-256, in hex, over the sorted lines `book:digest`."""
        lines = sorted(f"{book.name}:{book.digest}\n" for book in self.books)
        return sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def _spans(self) -> dict[str, tuple[Parameter, ...]]:
        spans: dict[str, tuple[Parameter, ...]] = {}
        for parameter in chain.from_iterable(book.parameters for book in self.books):
            spans[parameter.name] = (*spans.get(parameter.name, ()), parameter)
        return spans

    @cached_property
    def _found(self) -> dict[tuple[str, date], Parameter | None]:
        return {}

    @cached_property
    def _worded(self) -> dict[tuple[str, date], frozenset[str]]:
        return {}

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """List the names that begin so, sorted; each may or may not be in force on a given day."""
        return tuple(sorted(name for name in self._spans if name.startswith(prefix)))

    def find(self, name: str, key: date) -> Parameter | None:
        """Look up the span that covers the key, if any does; the same question is asked per act."""
        asked = (name, key)
        if asked not in self._found:
            spans = self._spans.get(name, ())
            self._found[asked] = next((span for span in spans if span.covers(key)), None)
        return self._found[asked]

    def parameter(self, name: str, key: date) -> Parameter:
        """Give the span that covers the key.

        Raises:
            NotInForce: none does.
        """
        if found := self.find(name, key):
            return found
        raise NotInForce(name, key)

    def value(self, name: str, key: date) -> Value:
        """Give the value in force; `NotInForce` as in `parameter`, here and in all readers below.

        The typed readers raise `RulebookInvalid` when the rulebook has another kind of value.
        """
        return self.parameter(name, key).value

    def integer(self, name: str, key: date) -> int:
        """Give a whole number, in the parameter's unit."""
        return self._typed(name, key, int)

    def decimal(self, name: str, key: date) -> Decimal:
        """Give an exact ratio or factor, in the parameter's unit."""
        return self._typed(name, key, Decimal)

    def flag(self, name: str, key: date) -> bool:
        """Say whether a rule is on."""
        return self._typed(name, key, bool)

    def day(self, name: str, key: date) -> date:
        """Give a calendar day, Asia/Shanghai."""
        return self._typed(name, key, date)

    def text(self, name: str, key: date) -> str:
        """Give a word."""
        return self._typed(name, key, str)

    def words(self, name: str, key: date) -> frozenset[str]:
        """Give a set of words; in the file they stand in one text, parted by commas."""
        asked = (name, key)
        if asked not in self._worded:
            words = self.text(name, key).split(",")
            self._worded[asked] = frozenset(word.strip() for word in words)
        return self._worded[asked]

    def open_points(self, names: Iterable[str], key: date) -> tuple[Parameter, ...]:
        """List, in the order asked and once each, the values not read in the final official text.

        Raises:
            NotInForce: a name asked for has no value for this key.
        """
        asked = (self.parameter(name, key) for name in dict.fromkeys(names))
        return tuple(parameter for parameter in asked if parameter.evidence != "found")

    def difference(self, other: "Rules") -> tuple[Change, ...]:
        """List what changes when `other` takes the place of these rules, by name and date."""
        before, after = _dated(self.books), _dated(other.books)
        return tuple(
            Change(*place, before.get(place), after.get(place))
            for place in sorted(before.keys() | after.keys())
            if before.get(place) != after.get(place)
        )

    def _typed(self, name: str, key: date, kind: type[_V]) -> _V:
        found = self._found.get((name, key)) or self.parameter(name, key)
        value = found.value
        # A bool is an int to isinstance, and must not pass for one here.
        if type(value) is not kind:
            raise RulebookInvalid("wrong_kind", name)
        return value


def _dated(books: tuple[Rulebook, ...]) -> dict[tuple[str, date], Parameter]:
    spans = chain.from_iterable(book.parameters for book in books)
    return {(span.name, span.valid_from): span for span in spans}


def _dropped(book: Mapping[str, object]) -> frozenset[str]:
    listed = book.get("dropped", [])
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise RulebookInvalid("wrong_type", "rulebook.dropped")
    return frozenset(listed)


def _toml(raw: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as fault:
        raise RulebookInvalid("not_toml", str(fault) or "nesting") from fault
