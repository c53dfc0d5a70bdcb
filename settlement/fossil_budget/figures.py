"""The regulator's yearly figures of provinces, as they apply to budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.rules.factor import Figure
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.filed import Filed

Figures: TypeAlias = Mapping[str, AnyRow]
"""Latest versions by name: `province`, `value`, `version`, `document_no` and `journal`."""


def figures_of(read: Reader, filed: Sequence[Filed]) -> dict[int, Figures]:
    """Read the figures of each unit's province and budget year, by budget, in one statement."""
    b, p, f = t.fossil_budget.c, t.party.c, t.factor.c
    rows = read.conn.execute(
        select(b.id, f.name, f.province, f.value, f.version, f.document_no, f.journal)
        .ext(distinct_on(b.id, f.name))
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .join(t.factor, and_(f.province == p.province, f.year == b.year))
        .where(among(b.id, [on_file.id for on_file in filed]))
        .order_by(b.id, f.name, f.version.desc())
    )
    found: dict[int, dict[str, AnyRow]] = {on_file.id: {} for on_file in filed}
    for row in rows:
        found[row.id][row.name] = row
    return dict(found)


def as_entered(name: str, year: int, row: AnyRow) -> Figure:
    """Tell one of them as it was entered, with its document."""
    return Figure(name, row.province, year, row.version, row.value, row.document_no)
