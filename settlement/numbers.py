"""New ids, drawn from the database's sequences in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from sqlalchemy import Connection, func, select

_BLOCK: Final = {"entity_id": 64, "lot_number": 1024}  # as the sequences step


class Blocks:
    """Ids in blocks: the process draws a block of a sequence and spends it alone."""

    def __init__(self) -> None:
        """Start with no block."""
        self._lock = Lock()
        self._open: dict[str, tuple[int, int]] = {}  # sequence -> next, end

    def forget(self) -> None:
        """Drop what is left of the blocks: a server that crashed may give the same numbers again."""
        with self._lock:
            self._open.clear()

    def draw(self, conn: Connection, sequence: str) -> int:
        """Return the next number of a sequence; a new block is drawn over `conn`."""
        with self._lock:
            following, end = self._open.get(sequence, (0, 0))
            if following == end:
                following = conn.execute(select(func.nextval(sequence))).scalar_one()
                end = following + _BLOCK[sequence]
            self._open[sequence] = (following + 1, end)
            return following


@dataclass(frozen=True, slots=True)
class Numbers:
    """New ids, drawn over the connection at hand: waiting for another could wait for ever."""

    conn: Connection
    blocks: Blocks

    def entity(self) -> int:
        """Return a new id for a party, account, plant, hold …"""
        return self.blocks.draw(self.conn, "entity_id")

    def lot(self) -> int:
        """Return a new lot number, the low 32 bits of a lot id."""
        return self.blocks.draw(self.conn, "lot_number")
