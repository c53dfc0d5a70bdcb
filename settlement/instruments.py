"""Instruments that acts bring with them: put on file when they are first moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.command import Enter

if TYPE_CHECKING:
    from ledger.model.command import Plain
    from ledger.model.instrument import Instrument


def instrument_row(instrument: Instrument) -> Enter:
    """Put an instrument on file, if it is not there."""
    row: dict[str, Plain] = {
        "id": instrument.id,
        "code": instrument.code,
        "kind": instrument.kind,
        "unit": instrument.unit,
    }
    return Enter("instrument", row, if_absent=True)
