"""Whose eyes a question is asked for: the only place where the condition of a tenant is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select, true

from ledger.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Scope:
    """The party whose own things may be seen; None sees all: operator, issuer, regulator."""

    party: int | None


ALL: Final = Scope(None)


def owned(scope: Scope, *parties: ColumnElement[Any]) -> ColumnElement[bool]:
    """Require that one of these columns names the party of the scope."""
    if scope.party is None:
        return true()
    return or_(*(column == scope.party for column in parties))


def in_own_account(scope: Scope, *accounts: ColumnElement[Any]) -> ColumnElement[bool]:
    """Require that one of these columns names an account of the party of the scope."""
    if scope.party is None:
        return true()
    own = select(t.account.c.id).where(owned(scope, t.account.c.party))
    return or_(*(column.in_(own) for column in accounts))
