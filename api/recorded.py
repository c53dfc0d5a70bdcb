"""Acts that are told as they were recorded: one shape when posted, and the same when found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from api.acts import act, acts, record_of
from api.idempotency import Outcome, json_response, own_journal, plain
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from sqlalchemy import Engine, Select

    from api.paging import Page
    from api.security import Caller
    from settlement.desk import AnyRow

_NUMBERS: Final = frozenset(
    {
        "vintage",
        "quantity",
        "returned",
        "debt",
        "kept_back",
        "unkept",
        "compliance_year",
        "year",
        "holdings",
        "sold",
        "bought",
        "t_max",
        "room_change",
    }
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One sort of act: its kind, what its id is called, and what is told beside its record."""

    kind: str
    id_name: str
    unit: str | None = None

    def posted(self, outcome: Outcome) -> dict[str, Any]:
        """Tell one just made; its id is that of its journal."""
        return {**plain(outcome), **self._unit(), self.id_name: own_journal(outcome)}

    def told(self, row: AnyRow) -> dict[str, Any]:
        """Tell one as it stands in the book."""
        name = encode_id(IdPrefix.JOURNAL, row.seq)
        record = {key: _spoken(key, value) for key, value in record_of(row).items()}
        at = instant_text(row.at)
        return {**record, **self._unit(), self.id_name: name, "journal_id": name, "at": at}

    def listed(self, reads: Engine, caller: Caller, page: Page) -> Response:
        """List those the caller may see, oldest first."""
        query: Select[Any] = acts(caller, self.kind)
        return json_response(page.read(reads, query, (t.journal.c.seq,), self.told))

    def found(self, reads: Engine, caller: Caller, number: int) -> Response:
        """Tell one the caller may see, by the number of its journal."""
        return json_response(self.told(act(reads, caller, number, self.kind)))

    def _unit(self) -> dict[str, Any]:
        return {"unit": self.unit} if self.unit else {}


def _spoken(name: str, value: Any) -> Any:
    """Turn what a record spells for auditors into what a body says."""
    tell: dict[str, Callable[[Any], Any]] = {
        "reason": "\n".join,
        "passed": lambda parts: [{**p, "quantity": int(p["quantity"])} for p in parts],
    }
    if name in tell:
        return tell[name](value)
    return int(value) if name in _NUMBERS else value
