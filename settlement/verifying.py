"""Verified emissions: they become a duty, with room for CCER; from 2025 on their verifier signs them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.log.faults import LogFault
from ledger.log.keys import PublicKey
from ledger.log.verification import Verification
from ledger.model.account import SOURCE
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import Instrument, yearly
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import balances_of
from settlement.desk import Decision
from settlement.duties import Duty, duties, duty_accounts, last_versions
from settlement.instruments import instrument_row
from settlement.refusals import (
    DutyPassedOn,
    VerificationSignatureWrong,
    VerificationUnsigned,
    VerifiedBelowSurrendered,
)
from settlement.registration import account_opening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.command import Actor, Effect
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class EmissionOrder:
    """A year's emissions as verified, in t CO2e; a change is the next version.

    `key` is the verifier's, and `signature` its 64 bytes over `Verification.statement`.
    """

    party: int
    compliance_year: int
    tco2e: int
    verifier: int
    document_no: str
    key: int | None = None
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What orders are decided on, by party or by key."""

    accounts: dict[int, int]
    duties: dict[tuple[int, int], Duty]  # by account and compliance year
    versions: dict[tuple[int, int], AnyRow]  # by party and compliance year
    balances: dict[tuple[int, int], AnyRow]
    keys: dict[int, AnyRow]


def verify_emissions(read: Reader, actor: Actor, order: EmissionOrder) -> Decision:
    """Decide one version as `verify_many` does; the result is what its record says."""
    decision = verify_many(read, actor, (order,))
    return replace(decision, result=decision.acts[0].body)


def verify_many(read: Reader, actor: Actor, orders: Sequence[EmissionOrder]) -> Decision:
    """Turn verified emissions into duties, with room for CCER; a new version posts the difference.

    One act an order, all of them or none; each party and year comes once. The same few statements
    however many orders. Source: 775号 Art. 14 (surrender at least the verified emissions);
    管理办法(试行) Art. 29 (CCER up to 5 % of the due quantity, here rounded down to whole tonnes).

    Raises:
        VerificationUnsigned, VerificationSignatureWrong: the verifier does not stand for the figures.
        DutyPassedOn: a successor owes the year now.
        VerifiedBelowSurrendered: more was handed in already.
    """
    assert len({(order.party, order.compliance_year) for order in orders}) == len(orders)
    facts = _facts(read, orders)
    acts: list[Act] = []
    expect: list[Expect] = []
    opened: dict[int, int] = {}
    for order in orders:
        entries: tuple[Enter, ...] = ()
        account = facts.accounts.get(order.party) or opened.get(order.party)
        if account is None:
            account, entries = account_opening(read, order.party, "duty")
            opened[order.party] = account
        acts.append(_act(read, facts, order, account, entries))
        if order.party not in opened:
            expect += _expected(facts, account, order.compliance_year)
    bodies: list[Plain] = [dict(act.body) for act in acts]
    return Decision(tuple(acts), tuple(expect), {"verified": bodies})


def _facts(read: Reader, orders: Sequence[EmissionOrder]) -> _Facts:
    parties = {order.party for order in orders}
    years = {order.compliance_year for order in orders}
    accounts = duty_accounts(read, parties)
    owed = accounts.values()
    instruments = {yearly(family, year).id for family in ("DUE-CEA", "CCER-ROOM") for year in years}
    return _Facts(
        accounts,
        duties(read, owed, years) if accounts else {},
        last_versions(read, parties, years),
        balances_of(read, owed, instruments) if accounts else {},
        _keys(read, {order.key for order in orders if order.key is not None}),
    )


def _keys(read: Reader, numbers: set[int]) -> dict[int, AnyRow]:
    """Find keys that are in force, in one statement, if any are named."""
    if not numbers:
        return {}
    k, end = t.signing_key.c, t.signing_key_end.c
    query = (
        select(k.id, k.party, k.purpose, k.suite, k.public_key)
        .join_from(t.signing_key, t.signing_key_end, end.key == k.id, isouter=True)
        .where(among(k.id, numbers), end.key.is_(None))
    )
    return {row.id: row for row in read.conn.execute(query)}


def _act(
    read: Reader, facts: _Facts, order: EmissionOrder, account: int, entries: tuple[Enter, ...]
) -> Act:
    year = order.compliance_year
    last = facts.versions.get((order.party, year))
    version, before = (last.version + 1, last.tco2e) if last else (1, 0)
    duty = facts.duties.get((account, year), Duty())
    due, room = yearly("DUE-CEA", year), yearly("CCER-ROOM", year)
    share = read.rules.decimal("ccer.cap", date(year, 1, 1))
    granted = _share(order.tco2e, share) - duty.room.granted
    _check_signature(read, facts, order, version)
    if duty.due.passed < 0:
        raise _passed_on(read, order, account)
    _check_fits(order, duty, order.tco2e - before, granted)
    effects: list[Effect] = [*entries, instrument_row(due), instrument_row(room)]
    effects.append(_version(order, version))
    effects += _change(account, due, order.tco2e - before)
    effects += _change(account, room, granted)
    body: dict[str, Plain] = {
        "party": encode_id(IdPrefix.PARTY, order.party),
        "compliance_year": year,
        "tco2e": order.tco2e,
        "version": version,
        "verifier": encode_id(IdPrefix.PARTY, order.verifier),
        "document_no": order.document_no,
        "room": granted,
    }
    return Act("cea.verify", tuple(effects), body | _signed(order))


def _signed(order: EmissionOrder) -> dict[str, Plain]:
    if order.key is None:
        return {}
    key = encode_id(IdPrefix.SIGNING_KEY, order.key)
    return {"key_id": key, "signature": order.signature.hex()}


def _check_signature(read: Reader, facts: _Facts, order: EmissionOrder, version: int) -> None:
    """Hold a signature against the figures, and miss it where the year's rules ask for one."""
    text = verification(read.log, order, version)
    if order.key is None:
        if _signs(read, order.compliance_year):
            raise VerificationUnsigned(
                compliance_year=order.compliance_year,
                version=version,
                verifier=text.verifier,
                statement=text.statement,
            )
        return
    row = facts.keys.get(order.key)
    if row is None or (row.party, row.purpose) != (order.verifier, "request"):
        raise _wrong(order.key, text)
    try:
        text.check(PublicKey(row.suite, bytes(row.public_key)), order.signature)
    except LogFault as fault:
        raise _wrong(order.key, text) from fault


def _wrong(key: int, text: Verification) -> VerificationSignatureWrong:
    return VerificationSignatureWrong(
        key=encode_id(IdPrefix.SIGNING_KEY, key),
        verifier=text.verifier,
        version=text.version,
        statement=text.statement,
    )


def _signs(read: Reader, year: int) -> bool:
    """Tell whether a year's verifier signs; no rulebook from before the rule asks for it."""
    name, key = "cea.verifier_signs", date(year, 1, 1)
    return read.rules.find(name, key) is not None and read.rules.flag(name, key)


def verification(log: str, order: EmissionOrder, version: int) -> Verification:
    """Write what the verifier of an order signs, as that version."""
    return Verification(
        registry=log,
        party=encode_id(IdPrefix.PARTY, order.party),
        compliance_year=order.compliance_year,
        version=version,
        tco2e=order.tco2e,
        verifier=encode_id(IdPrefix.PARTY, order.verifier),
        document_no=order.document_no,
    )


def _passed_on(read: Reader, order: EmissionOrder, account: int) -> DutyPassedOn:
    """Say that a successor owes the year now: the last one, if there are several."""
    p, a, due = t.posting.c, t.account.c, yearly("DUE-CEA", order.compliance_year)
    query = (
        select(a.party)
        .join_from(t.posting, t.account, a.id == p.credit)
        .where(p.debit == account, p.instrument == due.id, a["class"] == "duty")
        .order_by(p.journal.desc())
    )
    successor = read.conn.execute(query.limit(1)).scalar_one()
    return DutyPassedOn(
        party=encode_id(IdPrefix.PARTY, order.party),
        successor=encode_id(IdPrefix.PARTY, successor),
        compliance_year=order.compliance_year,
    )


def _check_fits(order: EmissionOrder, duty: Duty, due: int, room: int) -> None:
    """Refuse to ask for less than was handed in, of either sort."""
    if duty.due.left + due < 0 or duty.room.left + room < 0:
        raise VerifiedBelowSurrendered(
            compliance_year=order.compliance_year,
            asked=order.tco2e,
            surrendered=duty.due.discharged,
            ccer=duty.room.discharged,
        )


def _expected(facts: _Facts, account: int, year: int) -> list[Expect]:
    """State what was read of a duty and its room."""
    instruments = (yearly(family, year).id for family in ("DUE-CEA", "CCER-ROOM"))
    found = ((each, facts.balances.get((account, each))) for each in instruments)
    return [Expect(account, each, row.version if row else 0) for each, row in found]


def _share(tco2e: int, share: Decimal) -> int:
    return int((tco2e * share).to_integral_value(ROUND_FLOOR))


def _change(account: int, instrument: Instrument, amount: int) -> list[Move]:
    if amount > 0:
        return [Move(SOURCE, account, instrument.id, amount)]
    return [Move(account, SOURCE, instrument.id, -amount)] if amount < 0 else []


def _version(order: EmissionOrder, version: int) -> Enter:
    return Enter(
        "verified_emission",
        {
            "party": order.party,
            "compliance_year": order.compliance_year,
            "version": version,
            "tco2e": order.tco2e,
            "verifier": order.verifier,
            "document_no": order.document_no,
            "key": order.key,
            "signature": f"\\x{order.signature.hex()}" if order.key is not None else None,
        },
    )
