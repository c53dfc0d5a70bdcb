"""What a life came to, counted in the book itself, so that an interrupted life counts the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from settlement.desk import Desk

# Name by name, as `demo --json` tells them; quantities in the instrument's unit.
_QUERIES: Final = {
    "plants": "SELECT count(*) FROM plant_approval",
    "lots_issued": "SELECT count(*) FROM lot",
    "certificates_issued": "SELECT coalesce(sum(size), 0) FROM lot",
    "transfers": "SELECT count(DISTINCT grp) FROM journal WHERE kind LIKE 'transfer.%'",
    "retirements": "SELECT count(*) FROM retirement",
    "allowances_allocated": """
        SELECT coalesce(sum(p.amount), 0) FROM posting AS p
        JOIN journal AS j ON j.seq = p.journal WHERE j.kind = 'cea.allocate'""",
    "allowances_surrendered": """
        SELECT coalesce(sum(p.amount), 0) FROM posting AS p
        JOIN journal AS j ON j.seq = p.journal JOIN account AS a ON a.id = p.credit
        WHERE j.kind = 'cea.surrender' AND a.class = 'surrendered'""",
    "allowances_carried_over": "SELECT coalesce(sum(quantity), 0) FROM carry_over",
    "reductions_surrendered": """
        SELECT coalesce(sum(p.amount), 0) FROM posting AS p
        JOIN instrument AS i ON i.id = p.instrument JOIN account AS a ON a.id = p.credit
        WHERE i.code LIKE 'CCER-%' AND i.code NOT LIKE 'CCER-ROOM-%' AND a.class = 'surrendered'""",
    "emitters_in_arrears": """
        SELECT count(*) FROM balance AS b JOIN instrument AS i ON i.id = b.instrument
        WHERE i.code = 'DUE-CEA-2024' AND b.posted > 0""",
    "budgets_closed": "SELECT count(*) FROM journal WHERE kind = 'budget.close'",
}


def count(desk: Desk) -> dict[str, int]:
    """Count what was registered, issued, moved, used, allocated, surrendered and closed."""
    with desk.reader() as read:
        return {
            name: int(read.conn.execute(text(query)).scalar_one())
            for name, query in _QUERIES.items()
        }
