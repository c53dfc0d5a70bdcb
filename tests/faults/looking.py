"""Faults of looking parcels up, and of remembering them."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

MEETINGS: Final = "tests/posting/test_meetings.py"
WANTS: Final = "tests/posting/test_wants.py"
FRONTS: Final = "tests/posting/test_fronts.py"

LOOKING: Final = (
    one(
        "a part of a batch does not see what the part before did",
        WANTS,
        "ledger/posting/search.py",
        "if key not in book.parcels and",
        "if",
    ),
    one(
        "a run that melted in one part of a batch is there again in the next",
        MEETINGS,
        "ledger/posting/search.py",
        "not in book.parcels and key not in book.melted:",
        "not in book.parcels:",
    ),
    one(
        "of several wants only the one that is covered first is looked for",
        WANTS,
        "ledger/posting/wants.py",
        "in units.items() if found < wanted}",
        "in units.items() if max(units.values()) < wanted}",
    ),
    one(
        "what a part took is taken for there, by balances that tell that it is gone",
        WANTS,
        "ledger/posting/batch.py",
        "flow.bar_impossible(self.locked)",
        "flow.bar_impossible(self.book.balances)",
    ),
    one(
        "what is wanted together is asked for by the narrower limit of sales",
        WANTS,
        "ledger/posting/search.py",
        "return max(known) if",
        "return min(known) if",
    ),
    one(
        "what is remembered of parcels outlives what another process did",
        FRONTS,
        "ledger/posting/fronts.py",
        "front.version != version or floor",
        "floor",
    ),
    one(
        "what was remembered and is outdated becomes current with the batch that found it out",
        FRONTS,
        "ledger/posting/fronts.py",
        "if before is not None and before.version == front.version:",
        "if before is not None:",
    ),
    one(
        "of a parcel that two parts of a batch moved only the first move is remembered",
        FRONTS,
        "ledger/book/book.py",
        "        self.stirred +=",
        "        self.stirred = self.stirred or list(self.parcels.before.items())\n"
        "        self.stirred or",
    ),
    one(
        "parcels are remembered behind a gap",
        FRONTS,
        "ledger/posting/fronts.py",
        "if self.last is not None and key > self.last:",
        "if False:",
    ),
    one(
        "parcels remembered go on behind others than they were found behind",
        FRONTS,
        "ledger/posting/fronts.py",
        "elif front is None or front.last != found.start:",
        "elif front is None:",
    ),
    one(
        "what lies behind a front that was cut back is taken for all there is",
        FRONTS,
        "ledger/posting/wants.py",
        "if behind is None or behind.start != front.last:",
        "if behind is None:",
    ),
    one(
        "what was found behind a front counts twice",
        FRONTS,
        "ledger/posting/wants.py",
        "criteria: count + behind.units[criteria] for",
        "criteria: count + 2 * behind.units[criteria] for",
    ),
    one(
        "a dry run is remembered",
        FRONTS,
        "ledger/posting/batch.py",
        """        if self.keep:
            self.engine.opened.learn""",
        """        if True:
            self.engine.opened.learn""",
    ),
    one(
        "what a batch taught outlives its COMMIT that failed",
        FRONTS,
        "ledger/posting/writer.py",
        """            self._engine.forget()
            for group""",
        """            for group""",
    ),
    one(
        "a new connection goes on with what is remembered",
        FRONTS,
        "ledger/posting/writer.py",
        "            self._engine.forget()  # nobody knows",
        "            # nobody knows",
    ),
)
