"""What becomes of accounts: closed when they are empty, and their parcels joined when crumbled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.book.pick import PARCELS_MAX
from ledger.model.account import HOLDER_CLASSES
from ledger.model.command import Act, Close, Consolidate, Enter, Plain
from ledger.model.instrument import GEC
from ledger.refusals import NothingToConsolidate
from ledger.store import tables as t
from ledger.store.queries.units import count_parcels, joinable
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import as_read
from settlement.desk import Decision
from settlement.refusals import AccountKept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.command import Actor
    from ledger.store.queries.units import Neighbours
    from settlement.desk import Reader

_RUNS_MAX: Final = 32  # of one act: what is joined stands in the body of its record


def close_account(read: Reader, actor: Actor, account: int) -> Decision:
    """Close an account for good; the ledger sees to it that it holds nothing.

    Raises:
        AccountKept: the registry opens and keeps accounts of this class itself.
    """
    a = t.account.c
    cls = read.conn.execute(select(a["class"]).where(a.id == account)).scalar_one()
    name = encode_id(IdPrefix.ACCOUNT, account)
    if cls not in HOLDER_CLASSES:
        raise AccountKept(account=name, account_class=cls)
    act = Act("account.close", (Close(account),), {"account_id": name})
    return Decision((act,), result={"account_id": name, "status": "closed"})


def consolidate(
    read: Reader,
    actor: Actor,
    account: int,
    lot: int | None = None,
    limit_parcels: int = PARCELS_MAX,
) -> Decision:
    """Join neighbouring free parcels that differ only in how they were acquired, a batch a call.

    Holder, trades, origin and validity of every certificate stay; how it came is told by its
    postings, and no act before this one can be taken back on it any more.

    Raises:
        NothingToConsolidate: no two parcels of the account join.
    """
    runs, more = joinable(read.conn, account, lot, min(limit_parcels, PARCELS_MAX))
    name = encode_id(IdPrefix.ACCOUNT, account)
    if not runs:
        raise NothingToConsolidate(account=name)
    before = count_parcels(read.conn, account)
    merged = sum(run.parcels for run in runs)
    result: dict[str, Plain] = {
        "account_id": name,
        "merged": merged,
        "parcels_before": before,
        "parcels_after": before - merged + len(runs),
        "more": more,
    }
    shares = [runs[at : at + _RUNS_MAX] for at in range(0, len(runs), _RUNS_MAX)]
    acts = tuple(_act(account, name, share) for share in shares)
    return Decision(acts, (as_read(read, account, GEC),), result)


def _act(account: int, name: str, runs: Sequence[Neighbours]) -> Act:
    joined = [Consolidate(account, run.lot, run.lo, run.count) for run in runs]
    entries = [
        Enter(
            "consolidation",
            {"account": account, "lot": run.lot, "lo": run.lo, "amount": run.count},
        )
        for run in runs
    ]
    told: list[Plain] = [
        {
            "lot": encode_id(IdPrefix.LOT, run.lot),
            "first": run.first_serial,
            "count": run.count,
        }
        for run in runs
    ]
    return Act("units.consolidate", (*joined, *entries), {"account": name, "runs": told})
