"""Two compliance years told by hand: every verb is done once, and every refusal of the law is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from tests.machines.compliance.drawn import FITTING
from tests.machines.compliance.machine import ComplianceMachine, Ready
from tests.machines.compliance.model import EARLY, Act, Asked, Request, cea
from tests.machines.compliance.opening import COAL, GAS, STEEL
from tests.machines.compliance.plays import Plays, figures
from tests.machines.compliance.verbs import Play
from tests.machines.compliance.world import noon

IN_WINDOW, MIDSUMMER, OVER = date(2026, 2, 10), date(2026, 7, 20), date(2027, 1, 1)


@dataclass
class Years:
    """A story, act by act."""

    machine: ComplianceMachine

    @property
    def ask(self) -> Plays:
        """Prepare what is asked."""
        return self.machine.verbs

    def then(self, play: Play) -> str | None:
        """Let it be asked; give the refusal, None if there is none."""
        code = self.machine.play(play)
        self.machine.all_is_as_it_must_be()
        return code

    def on(self, day: date) -> None:
        """Let it be noon of a day."""
        self.machine.go(noon(day))
        self.machine.all_is_as_it_must_be()

    def has(self, who: int, code: str) -> int:
        """Count what a firm has in its registry account."""
        book = self.machine.book
        return book.has[book.firms[who].registry, code]

    def due(self, who: int, year: int) -> int:
        """Count what is due."""
        return self.machine.book.due(self.machine.book.firms[who], year)

    def debt(self, who: int) -> int:
        """Count what later allocations keep back."""
        return self.machine.book.debt(self.machine.book.firms[who])

    def asked(self, who: int, tonnes: int, **changes: object) -> Asked:
        """Write figures of about so many tonnes."""
        return Asked(figures(self.machine.book.firms[who], tonnes, 500), **changes)  # type: ignore[arg-type]

    def sale(self) -> Act:
        """Find the first sale that counts for what may be carried over."""
        return next(act for act in self.machine.book.acts if act.buyer is not None)

    def request(self, n: int) -> Request:
        """Find what was asked to be carried over."""
        return self.machine.book.requests[n]

    def approve(self, who: int, year: int, stage: str, asked: Asked) -> str | None:
        """Have a stage approved."""
        return self.then(self.ask.approve(who, year, stage, asked))  # type: ignore[arg-type]

    def hand_in(self, who: int, year: int, vintage: int, units: int, *ccer: int) -> str | None:
        """Hand in of one's own: allowances of a vintage, and reductions of project A."""
        reductions = [("A", ccer[0])] if ccer else []
        allowances = [(vintage, units)] if units else []
        return self.then(self.ask.surrender((who, False), (who, year), allowances, reductions))


@pytest.fixture
def years(ready: Ready) -> Iterator[Years]:
    """Begin in December 2025: coal and steel have met 2024, gas is short of 24,000 t."""
    machine = ComplianceMachine(ready)
    try:
        machine.begin(None)
        yield Years(machine)
    finally:
        machine.teardown()


def test_old_allowances_are_carried_over_within_the_limit(years: Years) -> None:
    """INV-13: 13,000 t held, 5,000 t sold on balance; what waits is set aside, what came is what went."""
    ask = years.ask
    assert years.then(ask.ask_to_carry(COAL, 2024, 1)) == "carry_over_closed"
    years.on(IN_WINDOW)
    assert years.then(ask.trade(COAL, STEEL, 2024, 1_000)) is None
    assert years.then(ask.ask_to_carry(GAS, 2024, 1)) == "carry_over_not_on_time"
    assert years.then(ask.ask_to_carry(COAL, 2023, 13_001)) == "carry_over_above_limit"
    assert years.then(ask.ask_to_carry(COAL, 2025, 1)) == "carry_over_vintage"
    assert years.then(ask.ask_to_carry(COAL, 2024, 1, trading=True)) == "movement_not_allowed"
    assert years.then(ask.ask_to_carry(COAL, 2023, 8_001)) == "units_short"

    assert years.then(ask.ask_to_carry(COAL, 2023, 8_000)) is None
    assert years.then(ask.ask_to_carry(COAL, 2024, 5_001)) == "carry_over_above_limit"
    assert years.then(ask.ask_to_carry(COAL, 2024, 1_000)) is None
    assert years.then(ask.move(COAL, 2023, 1, home=False)) == "units_short"
    assert years.then(ask.decide(years.request(0), yes=True)) is None
    assert years.then(ask.decide(years.request(1), yes=False)) is None
    assert years.then(ask.decide(years.request(1), yes=True)) == "approval_decided"

    assert (years.has(COAL, cea(2023)), years.has(COAL, cea(2025))) == (0, 8_000)
    assert years.then(ask.ask_to_carry(COAL, 2024, 5_001)) == "carry_over_above_limit"
    assert years.then(ask.ask_to_carry(STEEL, 2024, 9_000)) is None
    assert years.then(ask.take_back(years.sale())) is None
    assert years.then(ask.ask_to_carry(COAL, 2024, 2_001)) == "carry_over_above_limit"
    years.on(date(2026, 6, 11))
    assert years.then(ask.ask_to_carry(COAL, 2024, 1)) == "carry_over_closed"
    assert years.then(ask.decide(years.request(2), yes=True)) is None


def test_what_was_not_carried_clears_arrears_alone(years: Years) -> None:
    """INV-12: no borrowing in time; once it is late any vintage clears 2024, and an old one never 2025."""
    ask = years.ask
    assert years.hand_in(GAS, 2024, 2025, 1) == "vintage_not_usable"
    years.on(IN_WINDOW)
    assert years.then(ask.verify(COAL, 2025, 30_000)) is None
    assert years.hand_in(COAL, 2025, 2024, 1_000) == "vintage_not_usable"
    assert years.hand_in(GAS, 2024, 2024, 21_001) == "units_short"
    assert years.hand_in(GAS, 2024, 2024, 21_000) is None
    helping = ask.surrender((COAL, False), (GAS, 2024), [(2024, 1_000)], [])
    assert years.then(helping) is None
    assert years.then(ask.ask_to_carry(COAL, 2023, 8_000)) is None
    assert years.then(ask.decide(years.request(0), yes=True)) is None
    newer = ask.surrender((COAL, False), (GAS, 2024), [(2025, 1_999)], [])
    assert years.then(newer) is None

    assert years.hand_in(GAS, 2024, 2023, 2) == "surrender_above_duty"
    years.on(OVER)
    assert years.hand_in(GAS, 2024, 2023, 1) is None
    assert years.hand_in(COAL, 2025, 2024, 1) == "vintage_not_usable"


def test_stages_follow_each_other_within_the_formula(years: Years) -> None:
    """Half of the year before, then the formula; nothing twice, nothing above, nothing unverified."""
    ask = years.ask
    years.on(MIDSUMMER)
    whole = years.asked(COAL, 30_000)
    assert years.approve(COAL, 2024, "final", whole) == "entity_not_listed"
    assert years.approve(COAL, 2025, "final", whole) == "approval_before_verification"
    above = years.asked(COAL, 1, asked=10_001)
    assert years.approve(COAL, 2025, "pre", above) == "allocation_above_formula"
    assert years.approve(COAL, 2025, "adjustment", whole) == "stage_out_of_order"
    assert years.approve(COAL, 2025, "pre", years.asked(COAL, 1)) is None
    assert years.approve(COAL, 2025, "pre", years.asked(COAL, 1)) == "stage_approved_already"
    assert years.has(COAL, cea(2025)) == 10_000
    assert years.then(ask.allocate(COAL, 2025, 1)) == "allocation_above_approved"
    assert years.then(ask.give_back(COAL, 2025, 10_001)) == "return_above_allocated"
    assert years.then(ask.give_back(COAL, 2025, 1_000)) is None
    assert years.then(ask.allocate(COAL, 2025, 1_001)) == "allocation_above_approved"
    assert years.then(ask.allocate(COAL, 2025, 1_000)) is None
    assert years.approve(COAL, 2025, "auction", Asked({})) == "formula_input_missing"
    assert years.approve(COAL, 2025, "auction", Asked({}, asked=500)) is None
    assert years.has(COAL, cea(2025)) == 10_500


def test_a_true_up_goes_both_ways_and_debts_are_carried(years: Years) -> None:
    """A debt is kept back, owed again when it is returned, and what is lacking is one more."""
    ask = years.ask
    years.on(MIDSUMMER)
    assert years.then(ask.reduce(COAL, 4_000, "fraud", alone=True)) == "approval_needed"
    assert years.then(ask.reduce(COAL, 4_000, "non_surrender")) is None
    assert years.then(ask.verify(COAL, 2025, 20_000)) is None
    assert years.approve(COAL, 2025, "final", Asked({})) == "formula_input_missing"
    assert years.approve(COAL, 2025, "final", years.asked(COAL, 30_000)) is None
    entitled = years.machine.book.firms[COAL].years[2025].approved
    assert (years.has(COAL, cea(2025)), years.debt(COAL)) == (entitled - 4_000, 0)

    assert years.then(ask.verify(COAL, 2025, 9_000)) is None
    assert years.approve(COAL, 2025, "adjustment", years.asked(COAL, 10_000)) is None
    assert years.debt(COAL) == 4_000
    wrong, half = (years.asked(COAL, 5_000, cut=Decimal(cut)) for cut in ("0.49", "0.5"))
    assert years.approve(COAL, 2025, "adjustment", wrong) == "fraud_cut_out_of_range"
    sold = years.has(COAL, cea(2025)) - 100
    assert years.then(ask.move(COAL, 2025, sold, home=False)) is None
    lacking = years.machine.book.firms[COAL].years[2025].allocated - 7_200 - 100
    assert years.approve(COAL, 2025, "adjustment", half) is None
    assert years.debt(COAL) == 4_000 + lacking + 7_200 // 2
    years.on(date(2026, 8, 15))
    assert years.then(ask.reduce(COAL, 1, "non_surrender")) == "reduction_barred"


def test_a_defaulter_s_year_is_kept_and_handed_in_from_there(years: Years) -> None:
    """What a province keeps goes out only as far as nothing is due, and serves nobody else."""
    ask = years.ask
    years.on(MIDSUMMER)
    for who in (GAS, STEEL):
        assert years.then(ask.verify(who, 2025, 20_000)) is None
    kept = years.asked(GAS, 30_000, ground="defaulted")
    assert years.approve(GAS, 2025, "final", kept) == "allocation_account_missing"
    kept = years.asked(STEEL, 30_000, ground="defaulted", allocate=False)
    assert years.approve(STEEL, 2025, "final", kept) is None
    assert years.then(ask.allocate(STEEL, 2025, 30_000, keep=True)) is None

    assert years.then(ask.release(STEEL, 2025, 10_001)) == "release_below_due"
    assert years.then(ask.release(STEEL, 2025, 5_000)) is None
    assert (
        years.approve(STEEL, 2025, "adjustment", years.asked(STEEL, 30_000, asked=27_000)) is None
    )
    assert years.has(STEEL, cea(2025)) == 5_000
    other = ask.surrender((STEEL, True), (GAS, 2025), [(2025, 1)], [])
    assert years.then(other) == "not_in_custody_for"
    assert years.then(ask.bring(STEEL, "A", (FITTING, False), 10)) is None
    theirs = ask.surrender((STEEL, True), (STEEL, 2025), [(2025, 1)], [("A", 1)])
    assert years.then(theirs) == "ccer_units_unknown"
    mine = ask.surrender((STEEL, True), (STEEL, 2025), [(2025, 20_000)], [])
    assert years.then(mine) is None
    assert years.due(STEEL, 2025) == 0


def test_reductions_that_a_year_does_not_take(years: Years) -> None:
    """INV-12: registered after the day, of nobody under the cap, brought in once and by two."""
    ask, hand_in = years.ask, years.hand_in
    years.on(MIDSUMMER)
    assert years.then(ask.verify(COAL, 2025, 20_019)) is None
    assert hand_in(COAL, 2025, 0, 0, 1) == "ccer_units_unknown"
    alone = ask.bring(COAL, "A", (EARLY, False), 2_000, odd="alone")
    assert years.then(alone) == "approval_needed"
    assert years.then(ask.bring(COAL, "A", (EARLY, False), 2_000)) is None
    assert hand_in(COAL, 2025, 0, 0, 1_000) == "ccer_registered_too_early"
    again = ask.bring(COAL, "A", (FITTING, False), 2_000, odd="again")
    assert years.then(again) == "ccer_cancellation_used"
    assert years.then(ask.bring(COAL, "B", (FITTING, True), 10)) is None
    inside = ask.surrender((COAL, False), (COAL, 2025), [], [("B", 1)])
    assert years.then(inside) == "ccer_inside_cap"
    assert years.then(ask.bring(COAL, "A", (FITTING, False), 1_500)) is None
    assert hand_in(COAL, 2025, 0, 0, 3_501) == "units_short"
    assert hand_in(COAL, 2025, 0, 0, 1_001) == "ccer_room_short"
    assert hand_in(COAL, 2025, 0, 0, 1_000) is None
    assert hand_in(COAL, 2025, 0, 0, 1) == "ccer_room_short"


def test_a_duty_is_signed_and_met_once_and_certificates_change_nothing_of_it(years: Years) -> None:
    """INV-11, 12: a twentieth of it by reductions; taken back it is due again."""
    ask, hand_in = years.ask, years.hand_in
    years.on(MIDSUMMER)
    assert hand_in(COAL, 2025, 2025, 1) == "duty_missing"
    assert years.then(ask.verify(COAL, 2025, 20_019, "none")) == "verification_unsigned"
    assert years.then(ask.verify(COAL, 2025, 20_019, "wrong")) == "verification_signature_wrong"
    assert years.then(ask.verify(COAL, 2025, 20_019)) is None
    assert years.then(ask.bring(COAL, "A", (FITTING, False), 1_500)) is None
    assert years.approve(COAL, 2025, "final", years.asked(COAL, 40_000)) is None
    assert years.then(ask.use_green(COAL, 20)) is None
    assert years.due(COAL, 2025) == 20_019
    assert hand_in(COAL, 2025, 2025, 19_020, 1_000) == "surrender_above_duty"
    assert hand_in(COAL, 2025, 2025, 19_019, 1_000) is None
    handed = years.machine.book.acts[-1]
    assert years.then(ask.verify(COAL, 2025, 20_018)) == "verified_below_surrendered"
    assert years.then(ask.take_back(handed)) is None
    assert years.then(ask.take_back(handed)) == "already_reversed"
    assert years.due(COAL, 2025) == 20_019
    assert hand_in(COAL, 2025, 2025, 19_019, 1_000) is None


def test_the_second_year_follows_the_first(years: Years) -> None:
    """Short of 2025, late in 2027; half of it early for 2026; each past day stands as it stood."""
    ask = years.ask
    years.on(MIDSUMMER)
    for who, tco2e in ((COAL, 12_000), (GAS, 15_000)):
        assert years.then(ask.verify(who, 2025, tco2e)) is None
        assert years.approve(who, 2025, "final", years.asked(who, 16_000)) is None
    assert years.hand_in(COAL, 2025, 2025, 12_000) is None
    assert years.hand_in(GAS, 2025, 2025, 5_000) is None
    years.on(date(2026, 12, 31))
    years.on(OVER)
    assert years.approve(GAS, 2026, "pre", years.asked(GAS, 1)) is None
    assert years.has(GAS, cea(2026)) == 7_500
    assert years.hand_in(GAS, 2025, 2026, 7_500) is None
    assert years.due(GAS, 2025) == 2_500

    assert years.then(ask.verify(COAL, 2026, 18_000)) is None
    assert years.approve(COAL, 2026, "final", years.asked(COAL, 24_000)) is None
    left = years.has(COAL, cea(2025))
    assert years.hand_in(COAL, 2026, 2025, left) is None
    assert years.hand_in(COAL, 2026, 2024, 1) == "vintage_not_usable"
    assert years.hand_in(COAL, 2026, 2026, 18_000 - left) is None
    assert years.then(ask.use_green(GAS, 61)) == "units_short"
    years.on(date(2028, 1, 1))
    assert years.then(ask.verify(GAS, 2026, 1_000)) is None
    assert years.hand_in(GAS, 2025, 2025, 2_500) is None
    assert years.due(GAS, 2026) == 1_000
