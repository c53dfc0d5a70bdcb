"""Two compliance years of three emitters: every verb on the engine and on the model, as the days go by."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from hypothesis import currently_in_test_context, event
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ledger.database import Urls
from settlement.expiry import expire
from tests.databases import Clones
from tests.machines.audit import check_records
from tests.machines.compliance import drawn
from tests.machines.compliance.drawn import Drawn, choose, part
from tests.machines.compliance.look import Day, Eye, seen
from tests.machines.compliance.model import INTO, REVERSIBLE, VINTAGES, YEARS, Asked, cea
from tests.machines.compliance.opening import ERAS, opening
from tests.machines.compliance.owing import Part
from tests.machines.compliance.plays import Plays, figures
from tests.machines.compliance.verbs import Play
from tests.machines.compliance.world import World, noon
from tests.machines.units import No
from tests.machines.world import copied
from tests.races.books import check_books
from tests.registry import Clock, code_of, opened

Outcome = tuple[str, str]


@dataclass(frozen=True)
class Ready:
    """A registry with everybody in it, to be copied; nobody is connected to it."""

    clones: Clones
    urls: Urls
    world: World


class ComplianceMachine(RuleBasedStateMachine):
    """The engine must refuse what the model refuses, and stand where the model stands, every day."""

    outcomes: ClassVar[Counter[Outcome]] = Counter()

    def __init__(self, ready: Ready) -> None:
        """Copy the furnished registry and open it."""
        super().__init__()
        self.stack = ExitStack()
        self.urls = self.stack.enter_context(copied(ready.clones, ready.urls))
        self.clock = Clock()
        self.registry = self.stack.enter_context(opened(self.urls.app, self.clock))
        self.eye = Eye(self.registry, self.urls.owner)
        self.stack.callback(self.eye.close)
        self.world, self.book = ready.world, ready.world.begun()
        self.verbs = Plays(self.registry, self.world, self.book)
        self.past: list[tuple[date, Day]] = []
        self.sound, self.looks = False, 0

    def teardown(self) -> None:
        """Look back at every day; replay the story from its postings, and from its records."""
        with self.stack:
            if self.sound:
                for day, then in (*self.past, (self.book.day, seen(self.book))):
                    self.eye.stood(self.book, day, then)
                self.eye.limits(self.book)
                check_books(self.urls.owner)
                check_records(self.urls.owner)

    @initialize(era=st.sampled_from(ERAS))
    def begin(self, era: date | None) -> None:
        """Begin in December 2025, or later."""
        for each in opening(self.verbs, era):
            if isinstance(each, date):
                self.go(noon(each))
            else:
                self.play(each)

    # Playing

    def play(self, play: Play) -> str | None:
        """Ask the engine; then let the model take its turn, and be as before if it refuses. Give the code."""
        self.sound = False
        answer, before = play.ask(), deepcopy(self.book)
        try:
            play.model(answer)
            expected = None
        except No as no:
            expected = str(no)
            self.book.__dict__.update(before.__dict__)
        assert code_of(answer) == expected, (play, answer)
        new = [act for act in self.book.acts[len(before.acts) :] if act.kind != "reverse"]
        done = self.eye.acts(answer)
        assert [kind for _, kind in done] == [act.kind for act in new], play
        for act, (seq, _) in zip(new, done, strict=True):
            act.journal = seq
        self.outcomes[play.verb, expected or "done"] += 1
        if currently_in_test_context():
            event(f"{play.verb}: {expected or 'done'}")
        return expected

    def go(self, to: datetime) -> None:
        """Let it be then; where everybody stood at the end of the day is remembered."""
        if self.book.day < to.date():
            self.past.append((self.book.day, seen(self.book)))
        self.clock.now = to
        self.book.moved_on(to)
        expire(self.registry.desk)

    # What a year gives

    @rule(what=drawn.APPROVAL, asked=drawn.ASKED, how=drawn.HOW, odd=drawn.ODD)
    def approve(self, what: Drawn, asked: Drawn, how: str, odd: str) -> None:
        """A stage, by its formula or by document, within it or above it."""
        (who, year, stage), (tonnes, thousandths, cut, allocated) = what, asked
        lacking = odd == "lacking"
        fresh = Asked(
            figures(self.book.firms[who], tonnes, thousandths, lacking=lacking),
            asked=tonnes // 9 + 1 if stage == "auction" and not lacking else None,
            previous=None if odd == "unknown" else tonnes,
            cut=None if cut is None else Decimal(cut),
            ground="defaulted" if odd == "kept" else None,
            allocate=allocated,
        )
        fresh = self.verbs.around(who, year, stage, fresh, how)
        self.play(self.verbs.approve(who, year, stage, fresh, alone=odd == "alone"))

    @rule(what=drawn.ALLOCATED, keep=st.booleans())
    def allocate(self, what: Drawn, keep: bool) -> None:
        """By hand, within what is approved or above it; old vintages as they are."""
        who, vintage, drawn_part = what
        there = self.book.quota(self.book.firms[who], vintage) if vintage >= INTO else 10_000
        self.play(self.verbs.allocate(who, vintage, part(drawn_part, there), keep=keep))

    @rule(who=drawn.WHO, year=drawn.RECENT, drawn_part=drawn.PARTS)
    def give_back(self, who: int, year: int, drawn_part: int) -> None:
        """What was allocated, or a tonne more."""
        there = self.book.firms[who].years[year].allocated
        self.play(self.verbs.give_back(who, year, part(drawn_part, there)))

    @rule(who=drawn.WHO, units=drawn.TONNES, cause=drawn.CAUSES, alone=drawn.RARELY)
    def reduce(self, who: int, units: int, cause: str, alone: bool) -> None:
        """A decision that later allocations keep back."""
        self.play(self.verbs.reduce(who, units // 7 + 1, cause, alone=alone))

    @rule(who=st.sampled_from((0, 2)), units=drawn.UNITS)
    def release(self, who: int, units: Drawn) -> None:
        """Out of custody: all, or as much as is not due, or too much."""
        firm = self.book.firms[who]
        assert firm.custody is not None
        vintage, of_it = self.vintage(firm.custody, units), units[-1]
        there = self.book.has[firm.custody, cea(vintage)]
        due = sum(self.book.due(firm, year) for year in YEARS)
        spare = there - due if there > due else there
        self.play(self.verbs.release(who, vintage, part(of_it, spare)))

    def vintage(self, place: int, units: Drawn) -> int:
        """Choose a vintage that a place has."""
        index, odd, otherwise, _ = units
        there = [vintage for vintage in VINTAGES if self.book.free(place, cea(vintage)) > 0]
        return int(choose(there, index, odd, otherwise))

    # What is owed, and handed in

    @rule(what=drawn.VERIFIED, near=st.booleans())
    def verify(self, what: Drawn, near: bool) -> None:
        """A first version, or the next: up, down, and about what was handed in."""
        who, year, tonnes, signed = what
        handed = self.book.firms[who].years[year].handed
        tco2e = max(1, handed - 1 + tonnes % 3) if near and handed else tonnes
        self.play(self.verbs.verify(who, year, tco2e, signed))

    @rule(what=drawn.IMPORTED, units=drawn.TONNES, odd=drawn.ONCE)
    def bring(self, what: Drawn, units: int, odd: str) -> None:
        """Reductions: in time or too early, of a project under the cap, a second time, alone."""
        who, project, on, inside = what
        self.play(self.verbs.bring(who, project, (on, inside), units // 20 + 1, odd=odd))

    @rule(debt=drawn.DUTY, kept=st.booleans(), units=drawn.UNITS)
    def surrender(self, debt: Drawn, kept: bool, units: Drawn) -> None:
        """Allowances for one's own duty, out of one's account or out of custody."""
        who, year = self.debt(debt)
        self.hand_in((who, kept), (who, year), units, [])

    @rule(debt=drawn.DUTY, giver=drawn.WHO, kept=drawn.RARELY, units=drawn.UNITS)
    def help_another(self, debt: Drawn, giver: int, kept: bool, units: Drawn) -> None:
        """Allowances for another's duty."""
        self.hand_in((giver, kept), self.debt(debt), units, [])

    @rule(debt=drawn.DUTY, reductions=drawn.REDUCTIONS, units=st.none() | drawn.UNITS)
    def surrender_reductions(self, debt: Drawn, reductions: Drawn, units: Drawn | None) -> None:
        """Reductions, as much as there is room for or a tonne more, with allowances or without."""
        (who, year), (index, odd, otherwise, of_room) = self.debt(debt), reductions
        book, firm = self.book, self.book.firms[who]
        stock = {one: book.has[firm.ccer, f"CCER-{one.number}"] for one in book.imports}
        there = sorted({one.project for one, left in stock.items() if left and one.firm == who})
        project = choose(there, index, odd, otherwise)
        left = sum(n for one, n in stock.items() if (one.firm, one.project) == (who, project))
        room = min(book.room(firm, year), book.due(firm, year))
        asked = part(of_room, room if of_room == 1 else min(room, left))
        self.hand_in((who, False), (who, year), units, [(project, asked)])

    def debt(self, drawn_duty: Drawn) -> tuple[int, int]:
        """Choose a duty that is owed."""
        index, odd, *otherwise = drawn_duty
        firms = enumerate(self.book.firms)
        owed = [(n, y) for n, firm in firms for y in YEARS if self.book.due(firm, y)]
        return choose(owed, index, odd, (otherwise[0], otherwise[1]))

    def hand_in(
        self,
        giver: tuple[int, bool],
        debt: tuple[int, int],
        units: Drawn | None,
        reductions: list[Part],
    ) -> None:
        """Hand in as much of a vintage as is due besides, and there."""
        firm, whose = self.book.firms[giver[0]], self.book.firms[debt[0]]
        account = firm.custody if giver[1] and firm.custody else firm.registry
        allowances = []
        if units is not None:
            vintage = self.vintage(account, units)
            due = self.book.due(whose, debt[1]) - sum(n for _, n in reductions)
            most = max(0, min(due, self.book.free(account, cea(vintage))))
            allowances.append((vintage, part(units[-1], most)))
        self.play(self.verbs.surrender(giver, debt, allowances, reductions))

    @rule(index=st.integers(0, 40), odd=drawn.RARELY)
    def take_back(self, index: int, odd: bool) -> None:
        """An act taken back, the last first; oddly one that may not be."""
        acts = [act for act in self.book.acts if act.journal]
        fit = [act for act in acts if act.kind in REVERSIBLE and not act.back]
        acts = acts if odd else fit or acts
        self.play(self.verbs.take_back(acts[-1 - index % len(acts)]))

    # What is traded, used and carried

    @rule(who=drawn.WHO, units=drawn.UNITS, home=st.booleans())
    def move(self, who: int, units: Drawn, home: bool) -> None:
        """To where it is traded, or home again."""
        firm = self.book.firms[who]
        place = firm.trading if home else firm.registry
        vintage = self.vintage(place, units)
        there = self.book.free(place, cea(vintage))
        self.play(self.verbs.move(who, vintage, part(units[-1], there), home=home))

    @rule(who=drawn.WHO, units=drawn.UNITS, to=st.integers(1, 2))
    def trade(self, who: int, units: Drawn, to: int) -> None:
        """A sale to one of the others."""
        place = self.book.firms[who].trading
        vintage = self.vintage(place, units)
        there = self.book.free(place, cea(vintage))
        self.play(self.verbs.trade(who, (who + to) % 3, vintage, part(units[-1], there)))

    @rule(who=drawn.WHO, units=drawn.UNITS)
    def give_up(self, who: int, units: Drawn) -> None:
        """Allowances given up for good."""
        place = self.book.firms[who].registry
        vintage = self.vintage(place, units)
        there = self.book.free(place, cea(vintage)) // 9
        self.play(self.verbs.give_up(who, vintage, part(units[-1], there)))

    @rule(who=drawn.WHO, drawn_part=drawn.PARTS)
    def use_green(self, who: int, drawn_part: int) -> None:
        """INV-11: certificates used up, which changes nothing of what is owed."""
        self.play(self.verbs.use_green(who, part(drawn_part, self.book.firms[who].green // 3)))

    @precondition(lambda self: self.book.day <= date(2026, 7, 1))
    @rule(who=drawn.WHO, units=drawn.UNITS, trading=drawn.RARELY)
    def ask_to_carry(self, who: int, units: Drawn, trading: bool) -> None:
        """All that is left to carry, some of it, or a tonne more."""
        firm = self.book.firms[who]
        waiting = sum(request.quantity for request in self.book.waiting(who))
        left = max(0, self.book.most(firm) - firm.carried - waiting)
        vintage = self.vintage(firm.registry, units)
        free = self.book.free(firm.registry, cea(vintage))
        asked = part(units[-1], left if units[-1] == 1 else min(left, free))
        self.play(self.verbs.ask_to_carry(who, vintage, asked, trading=trading))

    @precondition(lambda self: self.book.requests)
    @rule(index=st.integers(0, 9), yes=st.sampled_from((True, True, False)))
    def decide(self, index: int, yes: bool) -> None:
        """A request decided, the last first; or one that was."""
        requests = self.book.requests
        waiting = [one for one in requests if one.state == "pending"] or requests
        self.play(self.verbs.decide(waiting[-1 - index % len(waiting)], yes=yes))

    # Time, and looking back

    @precondition(lambda self: self.book.day < drawn.DAYS[-1])
    @rule()
    def go_to_the_next_day_that_matters(self) -> None:
        """A deadline, or the day after."""
        self.go(noon(next(day for day in drawn.DAYS if day > self.book.day)))

    @rule(days=st.integers(1, 20))
    def let_days_pass(self, days: int) -> None:
        """Some days."""
        self.go(self.book.now + timedelta(days=days))

    @precondition(lambda self: self.past)
    @rule(index=st.integers(0, 99))
    def look_back(self, index: int) -> None:
        """A past day stands as it stood, and so does every limit."""
        day, then = self.past[index % len(self.past)]
        self.eye.stood(self.book, day, then)
        self.eye.limits(self.book)

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        """The books agree with the model, and today everybody stands where it says, one year a look."""
        self.sound, self.looks = False, self.looks + 1
        self.eye.agrees(self.book, self.world.plants)
        year = YEARS[self.looks % len(YEARS)]
        self.eye.stood(self.book, self.book.day, seen(self.book), [year])
        self.sound = True
