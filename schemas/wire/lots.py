"""Bodies of `/v1/lots` and `/v1/certificates`; they are only told."""

from schemas.wire.body import Told


class LotTold(Told):
    """Certificates issued together: `first_serial … first_serial + count - 1` of their series."""

    lot_id: str
    plant_id: str
    month: str
    energy: str
    category: str
    trade: str
    mechanism: bool
    province: str
    first_serial: int
    count: int
    unit: str
    valid_until: str
    reading_id: str
    origin_registry: str
    journal_id: str


class LotDetail(LotTold):
    """A lot, the codes of its first and last certificate, and where its units are."""

    first_code: str
    last_code: str
    held: int
    retired: int
    expired: int


class LotList(Told):
    """Lots, earliest expiry first."""

    items: list[LotTold]
    next_cursor: str | None


class CertificateEvent(Told):
    """What happened to a certificate; accounts and price only where the caller may see them."""

    journal_id: str
    kind: str
    at: str
    day: str
    from_account: str | None
    to_account: str | None
    price_fen: int | None


class CertificateTold(Told):
    """One certificate of 1 MWh, found by its code, with its whole history.

    Face and history are told to whoever has the code; who holds it, to the holder and authorities.
    """

    code: str
    serial: int
    lot: LotTold
    plant_name: str
    state: str
    holder_account: str | None
    holder_party: str | None
    hold_id: str | None
    history: list[CertificateEvent]
