"""Acts as their journals tell them: a large act is several, of which the first stands for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select


def record() -> ColumnElement[Any]:
    """Give a journal's record as JSON."""
    return cast(func.convert_from(t.journal.c.body, "UTF8"), JSONB)


def parts(journal: int) -> Select[Any]:
    """Select the journals of an act: the first, and those of its group that continue it."""
    j = t.journal.c
    group = select(j.grp).where(j.seq == journal).scalar_subquery()
    continues = record()["continues"].astext == encode_id(IdPrefix.JOURNAL, journal)
    return select(j.seq).where(j.seq >= journal, j.grp == group, or_(j.seq == journal, continues))


def reversed_by(journal: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the number of the journal that takes a journal back, if there is one."""
    back = t.journal.alias("back").c
    return select(back.seq).where(back.reverses == journal).scalar_subquery().label("reversed_by")
