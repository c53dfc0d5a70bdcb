"""The journal kinds as one table: what each act may move from where to where, and under which rule."""

from __future__ import annotations

from typing import Final

from ledger.kinds.budgets import BUDGETS
from ledger.kinds.certificates import CERTIFICATES
from ledger.kinds.entitlements import ENTITLEMENTS
from ledger.kinds.house import HOUSE
from ledger.kinds.kind import Kind, Path, Rule
from ledger.kinds.obligations import OBLIGATIONS

__all__ = ["KINDS", "TRANSFER_MODES", "Kind", "Path", "Rule", "kinds_table"]

_ALL: Final = (*HOUSE, *CERTIFICATES, *ENTITLEMENTS, *OBLIGATIONS, *BUDGETS)
KINDS: Final = {kind.name: kind for kind in _ALL}
TRANSFER_MODES: Final = tuple(
    name.removeprefix("transfer.") for name in KINDS if name.startswith("transfer.")
)


def kinds_table() -> str:
    """Render the table of kinds as Markdown, for `docs/kinds.md`."""
    heads = (
        "kind",
        "what it is",
        "rulebook",
        "moves (debit → credit: instrument)",
        "evidence",
        "four eyes",
        "document",
        "taken back",
    )
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += [_row(kind) for kind in _ALL]
    return "\n".join(lines) + "\n"


def _row(kind: Kind) -> str:
    grouped: dict[tuple[str, str], list[str]] = {}
    for debit, credit, family in sorted(kind.paths):
        grouped.setdefault((credit, family), []).append(debit)
    moves = "; ".join(f"{'·'.join(d)} → {c}: {f}" for (c, f), d in grouped.items()) or "—"
    cells = (
        f"`{kind.name}`",
        kind.meaning,
        kind.book,
        moves,
        ", ".join(kind.evidence) or "—",
        kind.four_eyes.replace("_", " "),
        "yes" if kind.document else "—",
        kind.reversal if kind.reversal != "no" else "—",
    )
    return "| " + " | ".join(cells) + " |"
