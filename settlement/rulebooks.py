"""Adopting rulebooks: the law that rules from an act on, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.command import Act, Enter, Plain
from ledger.refusals import RulebookRefused
from ledger.rules.rulebook import Rulebook, RulebookInvalid, Rules
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


def adopt_rulebook(read: Reader, actor: Actor, raw: bytes) -> Decision:
    """Adopt a rulebook: from this act on, its bytes rule. The version follows the last adopted.

    Raises:
        RulebookRefused: it cannot be read, contradicts another book, or is not the next version.
    """
    try:
        book = Rulebook.parse(raw)
        others = tuple(other for other in read.rules.books if other.name != book.name)
        _ = Rules((*others, book))
    except RulebookInvalid as fault:
        raise RulebookRefused(reason=fault.reason, where=fault.where) from fault
    last = max((b.version for b in read.rules.books if b.name == book.name), default=0)
    if book.version <= last:
        raise RulebookRefused(reason="version_not_next", where=f"{book.name} {book.version}")
    names: dict[str, Plain] = {"name": book.name, "version": book.version, "digest": book.digest}
    row = names | {"digest": _bytea(bytes.fromhex(book.digest)), "raw": _bytea(raw)}
    return Decision((Act("rulebook.adopt", (Enter("rulebook", row),), names),), result=names)


def _bytea(raw: bytes) -> str:
    return "\\x" + raw.hex()
