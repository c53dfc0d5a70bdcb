"""Accounts and their classes: places where units are held, and the registry's sources and sinks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

CONTRA_LIMIT: Final = 100  # ids below are the registry's contra accounts: no floor, no balance row
UNBOUNDED: Final = -(
    2**62
)  # the floor of accounts that may owe: budgets, and plants in energy debt

SOURCE, CERTIFIED, RETIRED, EXPIRED, REVOKED, CANCELLED = 1, 2, 3, 4, 5, 6
SURRENDERED, DISCHARGED, CONVERTED, EXTERNAL = 7, 8, 9, 10
FOSSIL_DIRECT, FOSSIL_POWER, FOSSIL_HEAT = 11, 12, 13
RECOGNISED_TRADED, RECOGNISED_CERTIFICATE, BUDGET_SOURCE = 14, 15, 16
REGISTRY_PARTY: Final = 1

HOLDER_CLASSES: Final = frozenset(
    {
        "generator",
        "user",
        "agent",
        "province",
        "province_custody",
        "cea_registry",
        "cea_trading",
        "ccer",
        "cash",
    }
)
ACCOUNT_CLASSES: Final = HOLDER_CLASSES | {"plant", "budget", "duty", "clearing"}


@dataclass(frozen=True, slots=True)
class Mandate:
    """What the owner of an account lets its agent do: `sell`, `retire`; both days included."""

    id: int
    scopes: frozenset[str]
    valid_from: date
    valid_to: date
    ended: bool = False


class Account(NamedTuple):
    """One account as a batch sees it; `frozen` is read after the locks of its balances."""

    id: int
    cls: str
    party: int
    floor: int
    frozen: bool
    status: str
    approval_above: int | None = None  # units in one act from which a second person must approve
    on_behalf_of: int | None = None  # the owner, where the party acts for another
    mandates: tuple[Mandate, ...] = ()


class Balance(NamedTuple):
    """What one account has of one instrument, in the instrument's smallest unit."""

    posted: int
    held: int
    floor: int
    version: int

    def changed(self, posted: int, held: int, versions: int = 0) -> Balance:
        """Add to what is posted and held, and count versions on."""
        return Balance(self.posted + posted, self.held + held, self.floor, self.version + versions)

    @property
    def available(self) -> int:
        """Units that may leave now; floors below zero count."""
        return self.posted - self.held - self.floor

    @property
    def room(self) -> int:
        """Units that may leave once holds are released."""
        return self.posted - self.floor


def is_contra(account: int) -> bool:
    """Tell whether the account is a source or sink of the registry itself."""
    return account < CONTRA_LIMIT


def floor_of(cls: str) -> int:
    """Return the least balance an account of this class may have: plants and budgets may owe."""
    return UNBOUNDED if cls in {"plant", "budget"} else 0
