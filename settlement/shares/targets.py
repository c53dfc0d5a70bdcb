"""Targets: what share a unit owes, by the regulator's decision, its province's figure, or the rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.command import Act, Enter, Plain
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import AnyRow, Decision, Reader
from settlement.refusals import PartyUnknown, ShareOutOfRange
from settlement.shares.completion import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.model.command import Actor
    from settlement.fossil_budget.figures import Figures
    from settlement.fossil_budget.filed import Filed

OWN, PROVINCE, RULEBOOK = "unit", "province", "rulebook"
_WEIGHT: Final = "share.rps_total"


@dataclass(frozen=True, slots=True)
class TargetOrder:
    """The share that a unit owes in a year, as a regulator decided it for that unit."""

    party: int
    metric: str
    year: int
    share: Decimal
    document_no: str


def set_target(read: Reader, actor: Actor, order: TargetOrder) -> Decision:
    """Set a unit's own target, or the next version of it; an earlier one stays on file.

    Raises:
        PartyUnknown: there is no such unit.
        ShareOutOfRange: the share is above 1.
    """
    if not 0 <= order.share <= 1:
        raise ShareOutOfRange(f"{order.share:f}")
    if read.conn.execute(select(t.party.c.id).where(t.party.c.id == order.party)).first() is None:
        raise PartyUnknown(encode_id(IdPrefix.PARTY, order.party))
    c = t.share_target.c
    whose = and_(c.party == order.party, c.metric == order.metric, c.year == order.year)
    last = read.conn.execute(select(func.max(c.version)).where(whose)).scalar()
    told: dict[str, Plain] = {
        "metric": order.metric,
        "year": order.year,
        "version": (last or 0) + 1,
        "share": f"{order.share:f}",
        "document_no": order.document_no,
    }
    entry = Enter("share_target", {"party": order.party, **told})
    names = {"party_id": encode_id(IdPrefix.PARTY, order.party), **told}
    return Decision((Act("share.target", (entry,), names),), result=names)


def own_targets(read: Reader, filed: Sequence[Filed], metric: str, year: int) -> dict[int, Target]:
    """Read the targets set for units themselves, by party, in one statement."""
    c = t.share_target.c
    rows = read.conn.execute(
        select(c.party, c.share, c.document_no)
        .ext(distinct_on(c.party))
        .where(among(c.party, [one.party for one in filed]), c.metric == metric, c.year == year)
        .order_by(c.party, c.version.desc())
    )
    return {row.party: Target(row.share, OWN, "share_target", row.document_no) for row in rows}


def target_of(
    read: Reader, on_file: Filed, metric: str, own: Target | None, figures: Figures
) -> Target | None:
    """Find what a unit owes: its own target, else its province's figures, else the rulebook's.

    Where several figures are about a unit, by its sector and its traits, the strictest holds: a
    choice of this house.
    """
    if own is not None:
        return own
    entered = _strictest(_of_province(province_figures(on_file, metric), figures))
    if metric == "rps" or entered:
        return entered
    return _strictest(_of_rulebook(read, _whom(on_file), on_file.year))


def province_figures(on_file: Filed, metric: str) -> list[str]:
    """Name the province's figures that set a target for a unit, by what it is said to be."""
    return [_WEIGHT] if metric == "rps" else [f"share.{name}" for name in _whom(on_file)]


def _whom(on_file: Filed) -> list[str]:
    return [*([on_file.sector] if on_file.sector else []), *on_file.traits]


def _of_province(names: Iterable[str], figures: Figures) -> list[Target]:
    rows: list[tuple[str, AnyRow]] = [(name, figures[name]) for name in names if name in figures]
    return [Target(row.value, PROVINCE, name, row.document_no) for name, row in rows]


def _of_rulebook(read: Reader, whom: Iterable[str], year: int) -> list[Target]:
    key = date(year, 1, 1)
    spans = [read.rules.find(f"share.min.{name}", key) for name in whom]
    return [
        Target(Decimal(str(span.value)), RULEBOOK, span.name, span.document)
        for span in spans
        if span is not None
    ]


def _strictest(targets: Sequence[Target]) -> Target | None:
    return max(targets, key=lambda target: target.share, default=None)
