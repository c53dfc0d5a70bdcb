"""Yearly figures of provinces, as their authorities publish them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ledger.model.command import Act, Enter, Plain
from ledger.rules.factor import check_factor
from ledger.store import tables as t
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class FactorOrder:
    """A yearly figure of a province, published by its authority."""

    name: str
    province: str
    year: int
    value: Decimal
    document_no: str


def set_factor(read: Reader, actor: Actor, order: FactorOrder) -> Decision:
    """Set a province's figure for a year; an earlier version stays on file.

    Raises:
        FactorUnknown, FactorOutOfRange: `check_factor` refuses it.
    """
    check_factor(order.name, order.value)
    f = t.factor.c
    last = read.conn.execute(
        select(func.max(f.version)).where(
            f.name == order.name, f.province == order.province, f.year == order.year
        )
    ).scalar()
    names: dict[str, Plain] = {
        "name": order.name,
        "province": order.province,
        "year": order.year,
        "version": (last or 0) + 1,
    }
    row = names | {"value": f"{order.value:f}", "document_no": order.document_no}
    return Decision((Act("factor.set", (Enter("factor", row),), row),), result=names)
