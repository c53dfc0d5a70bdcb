"""Why registers say no: parties, accounts and agents, and what comes in at cut-over."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class PartyUnknown(Refusal):
    """No such party, or it is not the caller's to see."""

    code = "party_unknown"
    party: str


@dataclass(eq=False)
class AgentAccountNeeded(Refusal):
    """Mandates are given on accounts that an agent holds on an owner's behalf, and on no other."""

    code = "agent_account_needed"
    account: str


@dataclass(eq=False)
class AccountKept(Refusal):
    """The registry opens accounts of this class itself when they are needed, and keeps them."""

    code = "account_kept_by_registry"
    account: str
    account_class: str


@dataclass(eq=False)
class OpeningNotTiled(Refusal):
    """The pieces of a lot do not add up to its size."""

    code = "opening_not_tiled"
    origin_lot: str
    size: int
    pieces_sum: int


@dataclass(eq=False)
class OpeningOverlaps(Refusal):
    """The plant's month has a reading or a lot already, or is brought in twice at once."""

    code = "opening_overlaps"
    plant: str
    month: str
    category: str


@dataclass(eq=False)
class OpeningEnergyShort(Refusal):
    """A lot is larger than the energy it is brought in with."""

    code = "opening_energy_short"
    origin_lot: str
    energy_kwh: int
    needed_kwh: int
