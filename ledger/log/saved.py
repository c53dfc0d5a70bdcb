"""An auditor's own file between two visits: how far the log was verified, and what it came to then.

It is read back class by class from a list, so that a file somebody changed can make nothing else.
"""

from __future__ import annotations

import io
import pickle  # what may come out of it is listed below
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.replay_ets import Ets
from ledger.log.replay_state import State
from ledger.log.verify import Saved

_DIGEST_BYTES: Final = 32
_STATE: Final = "ledger.log.replay_state"
_ALLOWED: Final = frozenset(
    {
        ("ledger.log.verify", "Saved"),
        ("ledger.log.tree", "Frontier"),
        *((_STATE, name) for name in ("State", "Holder", "Row", "Held", "Waiting", "Plant")),
        (_STATE, "Project"),
        *((_STATE, name) for name in ("Ids", "Group", "Act")),
        ("ledger.log.replay_law", "Law"),
        ("ledger.log.asked", "Asked"),
        ("ledger.log.keyring", "Keyring"),
        ("ledger.log.keyring", "_Known"),
        ("ledger.log.requests", "Requests"),
        ("ledger.log.keys", "PublicKey"),
        ("ledger.log.keys", "Suite"),
        ("ledger.kinds.kind", "Kind"),
        ("ledger.model.plant", "Plant"),
        ("ledger.log.replay_units", "Units"),
        ("ledger.log.replay_ets", "Ets"),
        ("ledger.log.replay_ets", "Entitled"),
        ("ledger.log.replay_ets", "Listed"),
        ("ledger.log.replay_ets", "Past"),
        ("ledger.log.replay_filed", "Filed"),
        ("ledger.log.replay_filed", "BudgetFile"),
        ("ledger.rules.rulebook", "Rules"),
        ("ledger.rules.rulebook", "Rulebook"),
        ("ledger.rules.parameter", "Parameter"),
        ("datetime", "date"),
        ("decimal", "Decimal"),
        ("array", "_array_reconstructor"),
        ("array", "array"),
    }
)


class SavedStateDamaged(LogFault):
    """The file of an earlier visit is not as it was written; verify from the start."""

    code: ClassVar[str] = "saved_state_damaged"


class _Reader(pickle.Unpickler):
    """Makes nothing but what a saved visit is made of."""

    def find_class(self, module: str, name: str, /) -> Any:
        """Name a class, if it is one of ours."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def save(path: Path, saved: Saved) -> None:
    """Write the file whole, or leave the one that is there."""
    raw = pickle.dumps(saved, protocol=5)
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(sha256(raw).digest() + raw)
    beside.replace(path)


def load(path: Path) -> Saved:
    """Read what `save` wrote.

    Raises:
        SavedStateDamaged: these are other bytes.
    """
    whole = path.read_bytes()
    digest, raw = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    if sha256(raw).digest() != digest:
        raise SavedStateDamaged("The digest of the saved state does not hold.")
    try:
        found = _Reader(io.BytesIO(raw)).load()
    except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, EOFError) as fault:
        raise SavedStateDamaged(f"The saved state cannot be read: {fault}") from fault
    if not isinstance(found, Saved):
        raise SavedStateDamaged("The file holds something else than a saved visit.")
    looked_at = ((found.state, State), (found.state.ets, Ets))
    if not all(hasattr(made, one.name) for made, cls in looked_at for one in fields(cls)):
        raise SavedStateDamaged("An earlier release saved this, and looked at less.")
    return found
