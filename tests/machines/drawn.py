"""What is drawn for each verb: indexes into what there is, small amounts, now and then nonsense."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from hypothesis import strategies as st

from tests.machines.units import Piece

Args = Any
Sides = tuple[int, int, bool, bool]
Some = tuple[int, int | None] | None

MONTHS: Final = tuple(date(y, m, 1) for y, m in ((2023, 12), (2024, 2), (2025, 6), (2025, 12)))
EARLIER: Final = tuple(date(y, m, 1) for y, m in ((2023, 5), (2024, 7), (2025, 3)))
YEARS: Final = st.sampled_from((2025, 2026))
VINTAGES: Final = st.sampled_from((2025, 2026, 2024))
FEW: Final = st.integers(1, 9) | st.integers(-1, 25)  # 0 means all there is, -1 half of it
SOME: Final = st.integers(0, 7)  # one of what there is, counted round
RARELY: Final = st.sampled_from((False, False, False, False, True))  # what makes little sense
ODDS: Final = st.tuples(RARELY, RARELY)
ALLOWANCES: Final = st.sampled_from((False, False, True))
HOURS: Final = st.integers(1, 72)
WANTS: Final = st.none() | st.tuples(SOME, st.none() | st.integers(0, 9))
PAIRS: Final = st.sampled_from(("generator", "user", "emitter"))
MODES: Final = st.sampled_from(("listing", "auction", "green_power"))

STRATEGIES: Final[dict[str, st.SearchStrategy[Args]]] = {
    "read": st.tuples(
        SOME, st.sampled_from(MONTHS), st.sampled_from((1, 1, 0, 2)), st.integers(500, 80_000)
    ),
    "issue": st.tuples(SOME, st.sampled_from(MONTHS)),
    "transfer": st.tuples(
        st.tuples(SOME, SOME, ALLOWANCES, RARELY), FEW, st.tuples(MODES, RARELY), WANTS
    ),
    "hold": st.tuples(
        st.tuples(SOME, SOME, ALLOWANCES, RARELY), FEW, st.booleans(), st.none() | HOURS, WANTS
    ),
    "settle": st.tuples(SOME, SOME, FEW, st.booleans(), RARELY),
    "release": st.tuples(SOME, st.none() | FEW, RARELY),
    "retire": st.tuples(SOME, FEW, ODDS, WANTS),
    "ask_retirement": st.tuples(SOME, FEW, ODDS, WANTS, HOURS),
    "ask_budget": st.tuples(st.integers(1, 3_000_000) | st.none(), HOURS),
    "charge": st.tuples(
        st.integers(0, 60_000), st.just(0) | st.integers(0, 20_000), st.integers(0, 99)
    ),
    "offset": st.tuples(SOME),
    "ask_freeze": st.tuples(SOME, st.sampled_from((False, True)), HOURS),
    "decide": st.tuples(SOME, RARELY, RARELY),
    "allocate": st.tuples(SOME, VINTAGES, FEW),
    "move": st.tuples(SOME, VINTAGES, FEW, st.tuples(st.booleans(), RARELY)),
    "verify": st.tuples(SOME, YEARS, st.integers(1, 60)),
    "assign": st.tuples(
        st.sampled_from(
            ("hydro_assignment", "mechanism_assignment", "allocation", "self_use", "off_grid")
        ),
        st.tuples(SOME, SOME, RARELY),
        FEW,
        WANTS,
    ),
    "freeze": st.tuples(
        st.sampled_from(("judicial", "freeze", "ccer")), SOME, ALLOWANCES, st.none() | FEW, WANTS
    ),
    "lift": st.tuples(SOME, st.none() | FEW, RARELY),
    "force": st.tuples(SOME, SOME, FEW, RARELY),
    "cancel_for_ccer": st.tuples(SOME, FEW, RARELY),
    "revoke": st.tuples(
        SOME,
        st.sampled_from(("error", "over_issuance")),
        st.none() | st.integers(1, 9),
        st.none() | st.integers(0, 9),
    ),
    "give_back": st.tuples(SOME, VINTAGES, FEW),
    "release_custody": st.tuples(SOME, VINTAGES, FEW),
    "reduce": st.tuples(SOME, FEW, st.sampled_from(("fraud", "non_surrender"))),
    "cancel": st.tuples(SOME, VINTAGES, FEW),
    "reverse": st.tuples(SOME, st.sampled_from(("transfer.", "gec.retire", "cea.", "party.", ""))),
    "object_to": st.tuples(SOME, SOME, RARELY),
    "rule_on": st.tuples(SOME, st.sampled_from(("upheld", "dismissed"))),
    "succeed": st.tuples(PAIRS, SOME, SOME),
    "divide": st.tuples(PAIRS, SOME, SOME, st.lists(st.tuples(SOME, FEW), min_size=1, max_size=4)),
    "close": st.tuples(SOME),
    "join": st.tuples(SOME),
    "grant": st.tuples(
        st.sampled_from((("sell",), ("retire",), ("sell", "retire"))),
        st.integers(-1, 1),
        st.integers(0, 40),
        RARELY,
    ),
    "end_mandate": st.tuples(SOME),
    "open_lot": st.tuples(
        SOME,
        st.sampled_from((*MONTHS, *EARLIER)),
        st.lists(
            st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(0, 2)),
            min_size=1,
            max_size=4,
        ),
        ODDS,
    ),
    "open_allowances": st.tuples(SOME, VINTAGES, FEW),
    "surrender": st.tuples(SOME, YEARS, st.lists(st.tuples(VINTAGES, FEW), min_size=1, max_size=3)),
}


def some_of(drawn: int, there: int) -> int:
    """Turn a drawn amount into units: all there is, half of it, or so many."""
    return max(1, drawn if drawn > 0 else there >> -drawn)


def one(many: Sequence[int] | Sequence[Piece], index: int) -> Any:
    """Choose one, counting round."""
    return many[index % len(many)]
