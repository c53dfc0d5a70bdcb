"""Tables about parties under the cap: rows gathered to one body a party and year, checked as a single one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import ValidationError

from api.allowed import facts_of
from api.imports.rows import Columns, Row, RowFault
from schemas.identifiers import IdPrefix, encode_id, is_credit_code
from schemas.wire.body import Body

if TYPE_CHECKING:
    from settlement.desk import Reader

B = TypeVar("B", bound=Body)

ANSWERED: Final = ("row", "reason")
"""Columns of a file of refused rows: sent again, they say nothing."""
_CODE: Final = "credit_code"
_WHOLE: Final = re.compile("[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Sheet(Generic[B]):
    """What a table's columns are: of a party's body, or of the parts that the body lists.

    `whole` are columns of whole numbers, `part` the members of a part by column, the first of which
    names it; `listed` is the body's member that lists parts. `members` are members of the body that are
    named otherwise than their column. `prepare` may refuse rows, or say more of a party, once its party
    is known.
    """

    columns: Columns
    body: type[B]
    year: str
    whole: frozenset[str]
    listed: str = ""
    part: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Reader, Sequence[PartyRows]], None] | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """List the columns that are of the party itself."""
        apart = {_CODE, *ANSWERED, *self.part}
        return tuple(name for name in self.columns.names if name not in apart)


@dataclass(slots=True)
class PartyRows:
    """The rows of one party and year, the party once it is found, and what is wrong with them."""

    credit_code: str
    rows: list[Row]
    party: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    places: dict[int, Row] = field(default_factory=dict)  # of listed parts
    faults: list[RowFault] = field(default_factory=list)

    def refuse(self, row: Row, column: str, code: str, **facts: Any) -> None:
        """Note why a row is refused."""
        self.faults.append(RowFault(row.number, self.credit_code, column, code, facts))


def gathered(rows: Iterable[Row], sheet: Sheet[B]) -> tuple[PartyRows, ...]:
    """Gather rows by party and year, in the order in which they come up, as bodies to be checked."""
    found: dict[tuple[str, str], PartyRows] = {}
    for row in rows:
        code = row.cells.get(_CODE, "")
        key = (code, row.cells.get(sheet.year, ""))
        found.setdefault(key, PartyRows(code, [])).rows.append(row)
    for party in found.values():
        for row in party.rows:
            _check(party, row, sheet)
            _add(party, row, sheet)
    return tuple(found.values())


def _check(party: PartyRows, row: Row, sheet: Sheet[B]) -> None:
    for column, code in row.faults.items():
        party.refuse(row, column, code)
    for column in (_CODE, sheet.year):
        if column not in row.cells and column not in row.faults:
            party.refuse(row, column, "missing")
    if party.credit_code and not is_credit_code(party.credit_code):
        party.refuse(row, _CODE, "credit_code_invalid")


def _add(party: PartyRows, row: Row, sheet: Sheet[B]) -> None:
    """Add a row to the body: what is the party's must not differ from row to row."""
    for column in sheet.own:
        if column not in row.cells:
            continue
        value = _value(row.cells[column], column, sheet)
        if party.told.setdefault(sheet.members.get(column, column), value) != value:
            party.refuse(row, column, "cell_differs")
    part = {
        member: _value(row.cells[column], column, sheet)
        for column, member in sheet.part.items()
        if column in row.cells
    }
    if part:
        listed = party.told.setdefault(sheet.listed, [])
        party.places[len(listed)] = row
        listed.append(part)


def _value(cell: str, column: str, sheet: Sheet[B]) -> str | int:
    """Read a whole number where one belongs; what is none is refused as it stands."""
    return int(cell) if column in sheet.whole and _WHOLE.fullmatch(cell) else cell


def checked(party: PartyRows, sheet: Sheet[B]) -> B | None:
    """Check a party's body as the door of a single one does; put its faults where they came from."""
    named = {"party_id": encode_id(IdPrefix.PARTY, party.party)}
    try:
        return sheet.body.model_validate(named | party.told)
    except ValidationError as fault:
        for error in fault.errors():
            row, column = _place(party, sheet, error["loc"])
            party.refuse(row, column, error["type"], **facts_of(error))
    return None


def _place(party: PartyRows, sheet: Sheet[B], where: tuple[str | int, ...]) -> tuple[Row, str]:
    last = str(where[-1]) if where else ""
    apart = {**sheet.part, **sheet.members}
    column = {member: column for column, member in apart.items()}.get(last, last)
    at = where[1] if len(where) > 1 and where[0] == sheet.listed else None
    row = party.places.get(at) if isinstance(at, int) else None
    return row or party.rows[0], column if column in sheet.columns.names else _CODE


def all_faults(parties: Iterable[PartyRows]) -> Iterator[RowFault]:
    """List the faults of all parties, in the order of the file."""
    found = [fault for party in parties for fault in party.faults]
    return iter(sorted(found, key=lambda fault: fault.row))
