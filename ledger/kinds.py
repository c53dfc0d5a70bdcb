"""The journal kinds as one table: what each act may move from where to where, and under which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Rule: TypeAlias = Literal["none", "trade", "retire", "expire", "surrender"]
Path: TypeAlias = tuple[str, str, str]  # debit class, credit class, instrument family

_CERTIFICATE_HOLDERS = ("generator", "user", "agent", "province")
_BUYERS = ("user", "agent", "province")
_FOSSIL = ("fossil.direct", "fossil.power", "fossil.heat")
_RECOGNISED = ("recognised.traded", "recognised.certificate")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act. `paths` is everything it may move; an act without postings has none."""

    name: str
    meaning: str
    book: str  # rulebook that governs it; "house" where no law does
    paths: frozenset[Path] = frozenset()
    rule: Rule = "none"
    trades: int = 0  # added to the trade count of certificates it moves
    origin: str | None = None  # origin written on certificates it moves; None keeps what was
    frozen_gives: bool = (
        False  # units leave although the account is frozen (expiry: the clock runs)
    )
    takes_held: bool = False  # may take units under any hold (expiry)
    four_eyes: Literal["never", "always", "above_limit"] = "never"
    document: bool = False  # names the number of the decision it rests on


def _paths(givers: tuple[str, ...], takers: tuple[str, ...], *families: str) -> frozenset[Path]:
    return frozenset((giver, taker, f) for giver in givers for taker in takers for f in families)


_TRADE = _paths(_CERTIFICATE_HOLDERS, _BUYERS, "GEC") | _paths(
    ("cea_registry", "cea_trading"), ("cea_registry", "cea_trading"), "CEA"
)

_ALL: Final = (
    Kind("party.register", "a party is registered", "house"),
    Kind("account.open", "an account is opened", "house"),
    Kind(
        "account.freeze",
        "an account is frozen by decision",
        "house",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "account.unfreeze",
        "a freeze is lifted by decision",
        "house",
        four_eyes="always",
        document=True,
    ),
    Kind("client.create", "an API client gets a key", "house"),
    Kind("client.revoke", "an API client's key is revoked", "house"),
    Kind("document.store", "evidence is put on file", "house"),
    Kind("rulebook.adopt", "a rulebook is adopted", "house", four_eyes="always"),
    Kind("factor.set", "a province's yearly factor is set", "fossil_budget", document=True),
    Kind("approval.open", "an act waits for a second person", "house"),
    Kind("approval.approve", "a second person approves", "house"),
    Kind("approval.reject", "a second person rejects", "house"),
    Kind("approval.expire", "an approval runs out", "house"),
    Kind("plant.register", "a plant is registered", "gec"),
    Kind("plant.approve", "a plant's registration is approved", "gec"),
    Kind(
        "reading.record",
        "metered energy of a plant and month; a corrected version posts the difference",
        "gec",
        _paths(("source",), ("plant",), "KWH") | _paths(("plant",), ("source",), "KWH"),
    ),
    Kind(
        "gec.issue",
        "whole certificates out of a plant's energy; the remainder stays",
        "gec",
        _paths(("plant",), ("certified",), "KWH") | _paths(("source",), ("generator",), "GEC"),
        origin="issued",
    ),
    Kind(
        "transfer.listing",
        "sale at a listed price",
        "gec",
        _TRADE,
        "trade",
        1,
        "traded",
        four_eyes="above_limit",
    ),
    Kind(
        "transfer.bilateral",
        "sale by agreement",
        "gec",
        _TRADE,
        "trade",
        1,
        "traded",
        four_eyes="above_limit",
    ),
    Kind(
        "transfer.auction",
        "sale by auction",
        "gec",
        _TRADE,
        "trade",
        1,
        "traded",
        four_eyes="above_limit",
    ),
    Kind(
        "transfer.green_power",
        "certificates that follow settled green power",
        "gec",
        _paths(("generator", "agent"), _BUYERS, "GEC"),
        "trade",
        1,
        "green_power",
        four_eyes="above_limit",
    ),
    Kind("hold.open", "units are set aside for an order", "house", four_eyes="above_limit"),
    Kind("hold.release", "a hold's units go back, by its controller", "house"),
    Kind("hold.expire", "a hold's units go back, by lapse of time", "house"),
    Kind(
        "gec.retire",
        "certificates are used up for one claim",
        "gec",
        _paths(_CERTIFICATE_HOLDERS, ("retired",), "GEC"),
        "retire",
        four_eyes="above_limit",
    ),
    Kind(
        "gec.expire",
        "certificates past their validity are written off",
        "gec",
        _paths(_CERTIFICATE_HOLDERS, ("expired",), "GEC"),
        "expire",
        frozen_gives=True,
        takes_held=True,
    ),
    Kind("cea.vintage", "a vintage of allowances is opened", "cea", document=True),
    Kind(
        "cea.create",
        "allowances of a vintage come to a province",
        "cea",
        _paths(("source",), ("province",), "CEA"),
        document=True,
    ),
    Kind(
        "cea.allocate",
        "a province allocates to an emitter",
        "cea",
        _paths(("province",), ("cea_registry",), "CEA"),
        document=True,
    ),
    Kind(
        "cea.return",
        "an emitter returns over-allocation to its province",
        "cea",
        _paths(("cea_registry",), ("province",), "CEA"),
        document=True,
    ),
    Kind(
        "cea.verify",
        "verified emissions become a duty, with room for CCER",
        "cea",
        _paths(("source",), ("duty",), "DUE-CEA", "CCER-ROOM")
        | _paths(("duty",), ("source",), "DUE-CEA", "CCER-ROOM"),
        document=True,
    ),
    Kind(
        "cea.surrender",
        "allowances are handed in and discharge a duty",
        "cea",
        _paths(("cea_registry",), ("surrendered",), "CEA")
        | _paths(("duty",), ("discharged",), "DUE-CEA"),
        "surrender",
    ),
    Kind(
        "budget.set",
        "a key unit's fossil budget for a year is set or revised",
        "fossil_budget",
        _paths(("budget.source",), ("budget",), "FEB")
        | _paths(("budget",), ("budget.source",), "FEB"),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "budget.restate",
        "consumption or recognition changed; the differences are posted",
        "fossil_budget",
        _paths(("budget",), _FOSSIL + _RECOGNISED, "FEB")
        | _paths(_FOSSIL + _RECOGNISED, ("budget",), "FEB"),
    ),
    Kind("budget.close", "a fossil budget's year is closed", "fossil_budget", four_eyes="always"),
)

KINDS: Final = {kind.name: kind for kind in _ALL}
TRADE_MODES: Final = ("listing", "bilateral", "auction", "green_power")


def kinds_table() -> str:
    """Render the table of kinds as Markdown, for `docs/kinds.md`."""
    lines = [
        "| kind | what it is | rulebook | moves (debit → credit: instrument) | four eyes | document |",
        "|---|---|---|---|---|---|",
    ]
    for kind in _ALL:
        grouped: dict[tuple[str, str], list[str]] = {}
        for debit, credit, family in sorted(kind.paths):
            grouped.setdefault((credit, family), []).append(debit)
        moves = "; ".join(f"{'·'.join(d)} → {c}: {f}" for (c, f), d in grouped.items()) or "—"
        lines.append(
            f"| `{kind.name}` | {kind.meaning} | {kind.book} | {moves} "
            f"| {kind.four_eyes.replace('_', ' ')} | {'yes' if kind.document else '—'} |"
        )
    return "\n".join(lines) + "\n"
