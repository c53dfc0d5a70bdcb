"""What an approval rests on, read for many parties at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from ledger.model.instrument import CEA_DEBT, yearly
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.balances import balances_of
from settlement.emitters import Entity, listed
from settlement.entitlement.quota import used_of

if TYPE_CHECKING:
    from settlement.desk import AnyRow, Reader

_ACCOUNTS: Final = ("duty", "cea_registry", "province_custody")
WHOLE_COUNTRY: Final = "00"


@dataclass(frozen=True, slots=True)
class Verified:
    """The latest version of a party's verified emissions of a year, in t CO2e."""

    version: int
    tco2e: int


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has of an instrument that is free, and the version of it."""

    free: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Party:
    """One party's year as it stands before an approval."""

    party: int
    entity: Entity | None
    approved: tuple[AnyRow, ...]  # in the order they were approved
    verified: Mapping[int, Verified]  # by compliance year
    accounts: Mapping[str, tuple[int, ...]]  # by class
    held: Mapping[tuple[int, int], Held]  # by account and instrument
    kept: int  # of what was allocated for the year
    gave: int | None  # the province's account that allocated last

    @property
    def whole(self) -> int:
        """Tell what the year gives so far."""
        return int(self.approved[-1].quantity) if self.approved else 0

    @property
    def auctioned(self) -> int:
        """Tell what of it came by auction, which no formula gives."""
        return sum(int(row.change) for row in self.approved if row.stage == "auction")

    @property
    def stages(self) -> frozenset[str]:
        """Name the stages that were approved."""
        return frozenset(row.stage for row in self.approved)

    @property
    def duty(self) -> int | None:
        """Name the duty account, if it is open."""
        return next(iter(self.accounts.get("duty", ())), None)

    def of_duty(self, instrument: int) -> Held:
        """Tell what the duty account has of an instrument."""
        return self.held.get((self.duty or 0, instrument), Held())


@dataclass(frozen=True, slots=True)
class Facts:
    """All parties of a group, and the balance values of the year's sectors."""

    parties: Mapping[int, Party]
    balance_values: Mapping[str, Decimal] = field(default_factory=dict)


def facts(read: Reader, year: int, parties: Collection[int]) -> Facts:
    """Read what approvals of a year rest on, in nine statements however many parties there are."""
    entities = listed(read, year, parties)
    approved = _approved(read, year, parties)
    verified = _verified(read, year, parties)
    accounts, gives = _accounts(read, parties), _gave(read, year, parties)
    held = _held(read, year, accounts)
    used = used_of(read, yearly("QUOTA-CEA", year), parties)
    found = {
        party: Party(
            party,
            entities.get(party),
            tuple(approved.get(party, ())),
            verified.get(party, {}),
            accounts.get(party, {}),
            held,
            used.get(party, (0, 0))[1],
            gives.get(party),
        )
        for party in parties
    }
    return Facts(found, _balance_values(read, year))


def _approved(read: Reader, year: int, parties: Collection[int]) -> dict[int, list[AnyRow]]:
    e = t.entitlement.c
    query = select(e.party, e.n, e.stage, e.quantity, e.change, e.verified_version).where(
        e.year == year, among(e.party, parties)
    )
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in read.conn.execute(query.order_by(e.party, e.n)):
        found[row.party].append(row)
    return found


def _verified(read: Reader, year: int, parties: Collection[int]) -> dict[int, dict[int, Verified]]:
    """Read the latest verified emissions of the year and the one before."""
    v = t.verified_emission.c
    query = (
        select(v.party, v.compliance_year, v.version, v.tco2e)
        .where(v.compliance_year.in_((year - 1, year)), among(v.party, parties))
        .order_by(v.version)
    )
    found: dict[int, dict[int, Verified]] = defaultdict(dict)
    for row in read.conn.execute(query):
        found[row.party][row.compliance_year] = Verified(row.version, row.tco2e)
    return found


def _accounts(read: Reader, parties: Collection[int]) -> dict[int, dict[str, tuple[int, ...]]]:
    """Find the accounts that are the parties' own, and those that a province keeps for them."""
    a = t.account.c
    own = (a.on_behalf_of.is_(None) & among(a.party, parties)) | among(a.on_behalf_of, parties)
    query = select(a.id, a.party, a.on_behalf_of, a["class"].label("cls"))
    rows = read.conn.execute(
        query.where(own, a["class"].in_(_ACCOUNTS), a.status == "open").order_by(a.id)
    )
    found: dict[int, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for row in rows:
        of = found[row.on_behalf_of or row.party]
        of[row.cls] = (*of.get(row.cls, ()), row.id)
    return found


def _held(
    read: Reader, year: int, accounts: Mapping[int, Mapping[str, tuple[int, ...]]]
) -> dict[tuple[int, int], Held]:
    everyone = {one for of in accounts.values() for ones in of.values() for one in ones}
    instruments = [
        CEA_DEBT,
        yearly("QUOTA-CEA", year).id,
        yearly("DUE-CEA", year).id,
        yearly("DUE-CEA", year - 1).id,
        yearly("CEA", year).id,
    ]
    rows = balances_of(read, everyone, instruments)
    return {place: Held(row.posted - row.held, row.version) for place, row in rows.items()}


def _gave(read: Reader, year: int, parties: Collection[int]) -> dict[int, int]:
    """Find the province's account that gave each party allowances of the vintage last."""
    p, gives, takes = t.posting.c, t.account.alias("gives"), t.account.alias("takes")
    owner = func.coalesce(takes.c.on_behalf_of, takes.c.party)
    query = (
        select(owner.label("party"), func.max(p.journal).label("journal"), p.debit)
        .join_from(t.posting, takes, takes.c.id == p.credit)
        .join(gives, gives.c.id == p.debit)
        .where(
            p.instrument == yearly("CEA", year).id,
            gives.c["class"] == "province",
            or_(among(takes.c.party, parties), among(takes.c.on_behalf_of, parties)),
        )
        .group_by(owner, p.debit)
    )
    rows = sorted(read.conn.execute(query), key=lambda row: row.journal)
    return {row.party: row.debit for row in rows}


def _balance_values(read: Reader, year: int) -> dict[str, Decimal]:
    """Read the sectors' balance values of the year, of the whole country; the last version counts."""
    f = t.factor.c
    query = select(f.name, f.value).where(
        f.name.like("balance.%"), f.province == WHOLE_COUNTRY, f.year == year
    )
    rows = read.conn.execute(query.order_by(f.version))
    return {row.name.removeprefix("balance."): Decimal(row.value) for row in rows}
