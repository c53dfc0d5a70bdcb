"""Cut-over: certificates and allowances of another registry come in, with the history they have there."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import select, tuple_, union

from ledger.model.account import CERTIFIED, EXPIRED, EXTERNAL, RETIRED
from ledger.model.command import Act, Enter, Move, NewLot, NewPiece, Plain
from ledger.model.instrument import GEC, KWH
from ledger.model.lot import lot_id
from ledger.refusals import CertificateNotExpired, ExternalReferenceUsed, PlantNotApproved
from ledger.rules.expiry import has_expired
from ledger.rules.issuance import check_reading, last_day
from ledger.store import tables as t
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.opening_allowances import OpeningAllowance, balances, numbered
from settlement.readings import Filed, Reading, entry_of, plants_by_id
from settlement.refusals import OpeningEnergyShort, OpeningNotTiled, OpeningOverlaps
from settlement.retirement import statement_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from ledger.model.command import Actor, Effect, Source
    from ledger.model.plant import Plant
    from settlement.desk import Reader

SOURCE_NAME: Final = "opening"  # where such readings come from


@dataclass(frozen=True, slots=True)
class Claim:
    """For whom certificates were used up before they came here; `statement_no` None gives a new one."""

    beneficiary_code: str
    beneficiary_name: str
    purpose: str
    year: int
    statement_no: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a lot with one history: in an account, used up by a former holder, or expired."""

    count: int
    trades: int = 0
    account: int | None = None  # None: expired
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class OpeningLot:
    """A lot as it stands in the other registry; its pieces follow one another from serial 0."""

    plant: int
    month: date
    category: str
    trade: str
    mechanism: bool
    energy_kwh: int
    size: int
    origin_lot: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class OpeningOrder:
    """What comes in at once, on one document."""

    source_registry: str
    reference: str
    document_no: str
    lots: tuple[OpeningLot, ...] = ()
    allowances: tuple[OpeningAllowance, ...] = ()


def bring_in(read: Reader, actor: Actor, order: OpeningOrder) -> Decision:
    """Bring in lots and balances, all or none of them.

    Raises:
        OpeningNotTiled: a lot's pieces do not add up to it.
        OpeningEnergyShort: a lot is larger than its energy.
        OpeningOverlaps: a plant's month is there already, or twice in the order.
        ExternalReferenceUsed: something of this name came from that registry already, or another
            statement of where a party stood there.
        InstrumentUnknown: a vintage is not open here.
    """
    plants = plants_by_id(read, {lot.plant for lot in order.lots})
    _check_new(read, order)
    acts: list[Act] = []
    told: list[Plain] = []
    for lot in order.lots:
        opening = _Opening(read, order, lot, _checked(read, plants.get(lot.plant), lot))
        acts.append(opening.act())
        told.append(
            {
                "origin_lot": lot.origin_lot,
                "lot_id": encode_id(IdPrefix.LOT, opening.new.id),
                "count": lot.size,
            }
        )
    acts += balances(read, order)
    result: dict[str, Plain] = {
        "source_registry": order.source_registry,
        "reference": order.reference,
        "lots": told,
        "balances": len(order.allowances),
    }
    return Decision(tuple(acts), result=result)


def _check_new(read: Reader, order: OpeningOrder) -> None:
    j = t.journal.c
    names = [lot.origin_lot for lot in order.lots]
    names += [numbered(order, n) for n, _ in enumerate(order.allowances, 1)]
    used = select(j.seq).where(j.external_source == order.source_registry, j.external_id.in_(names))
    if len(set(names)) < len(names) or read.conn.execute(used.limit(1)).first():
        raise ExternalReferenceUsed
    keys = [(lot.plant, lot.month, lot.category) for lot in order.lots]
    m, c = t.meter_reading.c, t.lot.c
    there = union(
        select(m.plant, m.month, m.category).where(tuple_(m.plant, m.month, m.category).in_(keys)),
        select(c.plant, c.month, c.category).where(tuple_(c.plant, c.month, c.category).in_(keys)),
    )
    seen = {(row.plant, row.month, row.category) for row in read.conn.execute(there)}
    for key in keys:
        if key in seen:
            plant, month, category = key
            name = encode_id(IdPrefix.PLANT, plant)
            raise OpeningOverlaps(plant=name, month=format_month(month), category=category)
        seen.add(key)


def _checked(read: Reader, plant: Plant | None, lot: OpeningLot) -> Plant:
    if plant is None:
        raise PlantNotApproved(plant=encode_id(IdPrefix.PLANT, lot.plant))
    total = sum(piece.count for piece in lot.pieces)
    if total != lot.size:
        raise OpeningNotTiled(origin_lot=lot.origin_lot, size=lot.size, pieces_sum=total)
    check_reading(plant, lot.month, lot.energy_kwh, read.day, read.rules)
    needed = lot.size * read.rules.integer("gec.kwh_per_cert", lot.month)
    if lot.energy_kwh < needed:
        raise OpeningEnergyShort(
            origin_lot=lot.origin_lot, energy_kwh=lot.energy_kwh, needed_kwh=needed
        )
    return plant


class _Opening:
    """One lot on its way in."""

    def __init__(self, read: Reader, order: OpeningOrder, lot: OpeningLot, plant: Plant) -> None:
        """Number the lot and its reading."""
        self.read = read
        self.order = order
        self.lot = lot
        self.plant = plant
        self.reading = read.numbers.entity()
        self.new = self._new_lot()

    def _new_lot(self) -> NewLot:
        rules, lot, first = self.read.rules, self.lot, self.lot.pieces[0]
        ends = last_day(lot.month, rules)
        return NewLot(
            id=lot_id(GEC, ends, self.read.numbers.lot()),
            plant=lot.plant,
            month=lot.month,
            energy=self.plant.energy,
            category=lot.category,
            trade=lot.trade,
            mechanism=lot.mechanism,
            province=self.plant.province,
            reading=self.reading,
            first_serial=0,
            valid_until=ends,
            origin_registry=self.order.source_registry,
            origin_lot=lot.origin_lot,
            size=lot.size,
            trades=first.trades,
        )

    def act(self) -> Act:
        """Write the act: its energy, its certification, and its pieces in order of serial.

        Its record names the statements of what was used up, and has a digest of each claim: whose
        it is stands in the register alone.
        """
        account, instrument = self.plant.account, KWH[self.lot.category]
        certified = self.lot.size * self.read.rules.integer("gec.kwh_per_cert", self.lot.month)
        effects: list[Effect] = [
            self._reading(),
            Move(EXTERNAL, account, instrument, self.lot.energy_kwh),
            Move(account, CERTIFIED, instrument, certified),
        ]
        claims: list[dict[str, Plain]] = []
        lo = 0
        for piece in self.lot.pieces:
            effects += self._piece(piece, lo)
            if piece.claim is not None:
                row = self._retirement(piece, piece.claim)
                effects.append(Enter("retirement", row))
                claims.append(row)
            lo += piece.count
        external = (self.order.source_registry, self.lot.origin_lot)
        return Act("opening.lot", tuple(effects), self._body(claims), external=external)

    def _piece(self, piece: Piece, lo: int) -> Iterator[Effect]:
        if piece.account is None and not has_expired(self.new.valid_until, self.read.day):
            raise CertificateNotExpired(
                lot=self.lot.origin_lot, valid_until=self.new.valid_until.isoformat()
            )
        taker = RETIRED if piece.claim else piece.account or EXPIRED
        source: Source = NewPiece(self.new.id, lo, piece.trades) if lo else self.new
        yield Move(EXTERNAL, taker, GEC, piece.count, source)
        if piece.trades:
            yield Enter(
                "imported_parcel",
                {"lot": self.new.id, "lo": lo, "amount": piece.count, "trades": piece.trades},
            )

    def _reading(self) -> Enter:
        lot = self.lot
        reading = Reading(
            plant=lot.plant,
            month=lot.month,
            category=lot.category,
            energy_kwh=lot.energy_kwh,
            mechanism=lot.mechanism,
            source=SOURCE_NAME,
            version=1,
        )
        return entry_of(Filed(self.reading, reading))

    def _retirement(self, piece: Piece, claim: Claim) -> dict[str, Plain]:
        number = self.read.numbers.entity()
        query = select(t.account.c.party).where(t.account.c.id == piece.account)
        return {
            "id": number,
            "account": piece.account,
            "party": self.read.conn.execute(query).scalar_one(),
            "beneficiary_code": claim.beneficiary_code,
            "beneficiary_name": claim.beneficiary_name,
            "purpose": claim.purpose,
            "consumption_year": claim.year,
            "quantity": piece.count,
            "statement_no": claim.statement_no or statement_number(number, claim.year),
            "public": False,
            "note": "",
        }

    def _body(self, claims: Sequence[dict[str, Plain]]) -> dict[str, Plain]:
        lot = self.lot
        body: dict[str, Plain] = {
            "document_no": self.order.document_no,
            "reference": self.order.reference,
            "lot_id": encode_id(IdPrefix.LOT, self.new.id),
            "plant_id": encode_id(IdPrefix.PLANT, lot.plant),
            "reading_id": encode_id(IdPrefix.READING, self.reading),
            "month": format_month(lot.month),
            "category": lot.category,
            "trade": lot.trade,
            "mechanism": lot.mechanism,
            "energy": self.new.energy,
            "province": self.new.province,
            "energy_kwh": lot.energy_kwh,
            "count": lot.size,
            "valid_until": self.new.valid_until.isoformat(),
            "trades": [piece.trades for piece in lot.pieces],
        }
        if claims:
            body["statements"] = [row["statement_no"] for row in claims]
            body["claims"] = [_claim_digest(row) for row in claims]
        return body


def _claim_digest(row: Mapping[str, Plain]) -> str:
    """Digest a claim, line by line: records stay for ever, so names stand in the register alone."""
    names = (
        encode_id(IdPrefix.RETIREMENT, cast("int", row["id"])),
        encode_id(IdPrefix.ACCOUNT, cast("int", row["account"])),
    )
    told = (
        "beneficiary_code",
        "beneficiary_name",
        "purpose",
        "consumption_year",
        "quantity",
        "statement_no",
    )
    lines = [*names, *(str(row[name]) for name in told)]
    return sha256("\n".join(lines).encode()).hexdigest()
