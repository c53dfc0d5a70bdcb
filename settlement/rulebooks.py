"""Rulebooks: adopting them, version by version, and reading them as they were known."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ledger.model.command import Act, Enter, Plain
from ledger.refusals import RulebookRefused
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook, RulebookInvalid, Rules
from ledger.rules.succession import check_succession
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


def adopt_rulebook(read: Reader, actor: Actor, raw: bytes) -> Decision:
    """Adopt a rulebook: from this act on, its bytes rule. The version follows the last adopted.

    Raises:
        RulebookRefused: it cannot be read, contradicts another book, is not the next version, or
            leaves out what is asked for (`check_succession`).
    """
    try:
        book = Rulebook.parse(raw)
        before = next((b for b in read.rules.books if b.name == book.name), None)
        others = tuple(other for other in read.rules.books if other.name != book.name)
        _ = Rules((*others, book))
        check_succession(book, before, _asked().get(book.name), read.day)
    except RulebookInvalid as fault:
        raise RulebookRefused(reason=fault.reason, where=fault.where) from fault
    names: dict[str, Plain] = {"name": book.name, "version": book.version, "digest": book.digest}
    row = names | {"digest": _bytea(bytes.fromhex(book.digest)), "raw": _bytea(raw)}
    return Decision((Act("rulebook.adopt", (Enter("rulebook", row),), names),), result=names)


@lru_cache(maxsize=64)
def parsed(raw: bytes) -> Rulebook:
    """Read a rulebook that was adopted, and so can be read; the same bytes are read once."""
    return Rulebook.parse(raw)


@cache
def _asked() -> dict[str, Rulebook]:
    """Give the books of this release, by name: their names are what its verbs ask for."""
    return {book.name: book for book in map(Rulebook.parse, shipped())}


def _bytea(raw: bytes) -> str:
    return "\\x" + raw.hex()
