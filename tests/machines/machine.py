"""Every verb, played on the engine and on the model, one at a time or many in a batch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ledger.database import Urls
from ledger.posting.answers import Answer
from schemas.identifiers import IdPrefix, decode_id
from settlement.expiry import expire
from tests.databases import Clones
from tests.machines.audit import check_records
from tests.machines.checks import Database
from tests.machines.deeds import Deeds
from tests.machines.drawn import MONTHS, STRATEGIES, Args
from tests.machines.trades import Play
from tests.machines.units import No
from tests.machines.world import World, copied
from tests.races.books import check_books
from tests.registry import Asked, Clock, amended, code_of, id_of, opened


def acts(*names: str) -> st.SearchStrategy[tuple[str, Args]]:
    """Draw one act of these verbs."""
    return st.one_of(*(st.tuples(st.just(name), STRATEGIES[name]) for name in names))


TRADES = ("transfer", "hold", "settle", "release", "retire", "ask_retirement", "decide")
DUTIES = ("allocate", "move", "verify", "surrender", "give_back", "release_custody")
ALONE = ("object_to", "close", "join", "grant", "end_mandate")
MIXED = acts(*TRADES) | acts(*DUTIES) | acts("read", "issue")
BATCH = st.lists(acts(*TRADES), min_size=2, max_size=6) | st.lists(MIXED, min_size=2, max_size=6)


@dataclass(frozen=True)
class Furnished:
    """A registry with everybody in it, to be copied; nobody is connected to it."""

    clones: Clones
    urls: Urls
    world: World


class Given(Mapping[str, int]):
    """The ids in an answer; a refusal gives none, and the model had better not use them."""

    def __init__(self, answer: Answer) -> None:
        """Look at an answer."""
        self._answer = answer

    def __getitem__(self, name: str) -> int:
        """Read an id; of lots that came in, the first."""
        if name == "lots" and self._answer.outcome is not None:
            number = decode_id(IdPrefix.LOT, self._answer.outcome["result"]["lots"][0]["lot_id"])
            return number or 0
        return id_of(self._answer, name) if code_of(self._answer) is None else 0

    def __iter__(self) -> Iterator[str]:
        """Name none: whoever asks knows what was asked for."""
        return iter(())

    def __len__(self) -> int:
        """Count none."""
        return 0


class RegistryMachine(RuleBasedStateMachine):
    """The engine must refuse exactly what the model refuses, and stand where the model stands."""

    def __init__(self, furnished: Furnished) -> None:
        """Copy the furnished registry and open it."""
        super().__init__()
        self.stack = ExitStack()
        self.urls = urls = self.stack.enter_context(copied(furnished.clones, furnished.urls))
        self.sound = False
        self.clock = Clock()
        self.registry = self.stack.enter_context(opened(urls.app, self.clock))
        self.database = Database(urls.owner)
        self.stack.callback(self.database.close)
        self.world = furnished.world
        self.model, self.owed = self.world.models()
        self.verbs = Deeds(self.registry, self.world, self.model, self.owed)
        self.past: list[tuple[Asked, Answer]] = []

    def teardown(self) -> None:
        """Replay the whole story from its postings, and from its records; close everything."""
        with self.stack:
            if self.sound:
                check_books(self.urls.owner)
                check_records(self.urls.owner)

    @initialize()
    def begin_with_something_to_trade(self) -> None:
        """Meter, issue and allocate, so that no story begins with ten empty steps."""
        for plant, month, kwh in (
            (0, MONTHS[1], 12_300),
            (0, MONTHS[2], 40_900),
            (1, MONTHS[2], 9_000),
        ):
            self.play(self.verbs.read(plant, month, 1, kwh))
            self.play(self.verbs.issue(plant, month))
        for plant in (2, 3, 4, 5):
            self.play(self.verbs.read(plant, MONTHS[2], 1, 6_400))
            self.play(self.verbs.issue(plant, MONTHS[2]))
        self.play(self.verbs.allocate(0, 2025, 50))
        self.play(self.verbs.move(0, 2025, 10, (False, False)))
        self.play(self.verbs.verify(0, 2025, 30))
        self.two_persons_at_once(("ask_budget", (1_000_000, 1)))

    # Playing

    def play(self, *plays: Play) -> None:
        """Ask the engine, several at once as one batch; then let the model take the same turns."""
        self.sound, requests = False, [play.asked for play in plays]
        answers, order = self.registry.in_one_batch(requests)
        for index in order:
            play, answer = plays[index], answers[index]
            assert code_of(answer) == self.says(play, answer), (play, answer)
            self.past.append((play.asked, answer))
            self.verbs.remember(self.database.journals(answer), Given(answer))

    def says(self, play: Play, answer: Answer) -> str | None:
        """Let the model play; give its refusal."""
        try:
            play.model(Given(answer))
        except No as no:
            return str(no)
        return None

    # The verbs: one rule each, and all of them in one batch

    @rule(drawn=STRATEGIES["read"])
    def read_a_meter(self, drawn: Args) -> None:
        """A reading, its correction up or down, or one out of turn."""
        self.play(self.verbs.play("read", drawn))

    @rule(drawn=STRATEGIES["issue"])
    def issue(self, drawn: Args) -> None:
        """What a month is good for."""
        self.play(self.verbs.play("issue", drawn))

    @rule(drawn=STRATEGIES["transfer"])
    def transfer(self, drawn: Args) -> None:
        """A sale, by criteria, lot or serials."""
        self.play(self.verbs.play("transfer", drawn))

    @rule(drawn=STRATEGIES["hold"])
    def open_a_hold(self, drawn: Args) -> None:
        """An order."""
        self.play(self.verbs.play("hold", drawn))

    @precondition(lambda self: self.model.holds)
    @rule(drawn=STRATEGIES["settle"])
    def settle(self, drawn: Args) -> None:
        """A delivery, partly or wholly, by the controller or by somebody else."""
        self.play(self.verbs.play("settle", drawn))

    @precondition(lambda self: self.model.holds)
    @rule(drawn=STRATEGIES["release"])
    def release(self, drawn: Args) -> None:
        """A hold given back, by the controller or by somebody else."""
        self.play(self.verbs.play("release", drawn))

    @rule(drawn=STRATEGIES["retire"])
    def retire(self, drawn: Args) -> None:
        """A claim."""
        self.play(self.verbs.play("retire", drawn))

    @rule(drawn=STRATEGIES["ask_retirement"])
    def ask_a_second_person_to_retire(self, drawn: Args) -> None:
        """A claim that waits, its units held."""
        self.play(self.verbs.play("ask_retirement", drawn))

    @rule(drawn=STRATEGIES["ask_freeze"])
    def ask_a_second_person_to_freeze(self, drawn: Args) -> None:
        """A freeze, or its end, that waits."""
        self.play(self.verbs.play("ask_freeze", drawn))

    @precondition(lambda self: self.model.approvals)
    @rule(drawn=STRATEGIES["decide"])
    def decide(self, drawn: Args) -> None:
        """An approval or a rejection, by another person or the same."""
        self.play(self.verbs.play("decide", drawn))

    @rule(drawn=acts(*ALONE))
    def accounts_and_doubts(self, drawn: tuple[str, Args]) -> None:
        """An account closed or tidied, an agent let or no longer, an objection."""
        self.play(self.verbs.play(*drawn))

    @rule(drawn=acts("assign"))
    def assign(self, drawn: tuple[str, Args]) -> None:
        """Certificates that move by rule, for nothing."""
        self.two_persons_at_once(drawn)

    @rule(drawn=acts("freeze", "lift", "force", "cancel_for_ccer"))
    def units_by_decision(self, drawn: tuple[str, Args]) -> None:
        """A freeze, and what follows from it."""
        self.two_persons_at_once(drawn)

    @rule(drawn=acts("revoke", "reverse", "reverse"))
    def correct(self, drawn: tuple[str, Args]) -> None:
        """A revocation, or an act taken back."""
        self.two_persons_at_once(drawn)

    @rule(drawn=acts("succeed", "divide", "divide"))
    def pass_a_party_on(self, drawn: tuple[str, Args]) -> None:
        """A merger, or a split in parts."""
        self.two_persons_at_once(drawn)

    @rule(drawn=acts("reduce", "cancel", "rule_on", "open_lot", "open_allowances"))
    def other_decisions(self, drawn: tuple[str, Args]) -> None:
        """A reduction, a cancellation, what comes from elsewhere."""
        self.two_persons_at_once(drawn)

    @rule(drawn=acts("ask_freeze", "ask_budget", "ask_retirement"))
    def two_persons_at_once(self, drawn: tuple[str, Args]) -> None:
        """Something asked for by one person and approved by another."""
        before = len(self.model.approvals)
        self.play(self.verbs.play(*drawn))
        if len(self.model.approvals) > before:
            pending = sum(a.state == "pending" for a in self.model.approvals.values())
            self.play(self.verbs.decide(pending - 1, rejected=False, same=False))

    @precondition(lambda self: self.owed.budget)
    @rule(drawn=acts("charge", "charge", "offset", "ask_budget"))
    def budget(self, drawn: tuple[str, Args]) -> None:
        """A charge, an offset, or a decision to revise or close that waits."""
        self.play(self.verbs.play(*drawn))

    @rule(drawn=acts(*DUTIES))
    def duties(self, drawn: tuple[str, Args]) -> None:
        """Allowances for an emitter, a duty, its correction, and its discharge in parts."""
        self.play(self.verbs.play(*drawn))

    @precondition(lambda self: self.model.holds)
    @rule(
        index=st.integers(0, 7), drawn=st.lists(acts("settle", "release"), min_size=2, max_size=5)
    )
    def resolve_one_hold_many_times(self, index: int, drawn: list[tuple[str, Args]]) -> None:
        """Deliveries and releases of one hold that meet in one batch."""
        self.play(*(self.verbs.play(name, (index, *args[1:])) for name, args in drawn))

    @rule(drawn=BATCH)
    def many_in_one_batch(self, drawn: list[tuple[str, Args]]) -> None:
        """Acts of several people that meet in one transaction."""
        plays = [self.verbs.play(name, args) for name, args in drawn]
        self.play(*[play for play in plays if not play.alone])

    # Keys and dry runs

    @precondition(lambda self: self.past)
    @rule(index=st.integers(0, 200), twice=st.booleans())
    def repeat_a_key(self, index: int, twice: bool) -> None:
        """INV-19: the same request has the same answer, alone or twice in a batch."""
        asked, answer = self.past[index % len(self.past)]
        answers = self.registry.together([asked, asked]) if twice else [self.registry.put(asked)]
        assert all(again.outcome == answer.outcome for again in answers)
        assert all(again.replayed for again in answers)

    @precondition(lambda self: self.past)
    @rule(index=st.integers(0, 200))
    def reuse_a_key(self, index: int) -> None:
        """INV-19: another request under a used key is refused, and the differing field named."""
        asked, _ = self.past[index % len(self.past)]
        again = self.registry.put(replace(asked, body="something else"))
        assert code_of(again) == "idempotency_key_reused"
        assert again.outcome is not None
        assert again.outcome["facts"] == {"conflicting_fields": ["body"]}

    @rule(drawn=MIXED | acts("ask_budget", "charge", "offset"))
    def dry_run(self, drawn: tuple[str, Args]) -> None:
        """A dry run says what would be, and nothing is."""
        before = self.database.digest()
        play = self.verbs.play(*drawn)
        answer = self.registry.put(play.asked, keep=False)
        assert self.database.digest() == before
        stays = {
            id(same): same for same in (self.model, self.owed)
        }  # what takes acts back is bound to
        kept = copy.deepcopy((self.model.__dict__, {**self.owed.__dict__, "model": None}), stays)
        assert code_of(answer) == self.says(play, answer)
        self.model.__dict__.update(kept[0])
        self.owed.__dict__.update(kept[1], model=self.model)

    # Time and law

    @rule(by=st.sampled_from((1, 5, 24, 72, 24 * 20, 24 * 120)))
    def let_time_pass(self, by: int) -> None:
        """Hours, days or months."""
        self.clock.advance(timedelta(hours=by))
        self.model.now = self.clock.now

    @rule(by=st.sampled_from((0, 24, 24 * 20, 24 * 120)))
    def run_the_clock(self, by: int) -> None:
        """What is over is ended, once."""
        self.let_time_pass(by)
        ended = expire(self.registry.desk)
        assert (ended.certificates, ended.holds, ended.approvals) == self.model.run_the_clock()
        again = expire(self.registry.desk)
        assert (again.certificates, again.holds, again.approvals) == (0, 0, 0)

    @precondition(lambda self: self.model.max_trades == 1)
    @rule()
    def change_the_law(self) -> None:
        """A new rulebook lets certificates be sold three times."""
        self.registry.adopt(amended({"max_trades": "3"}))
        self.model.max_trades = 3

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        """The database agrees with itself and with the model."""
        self.sound = False
        self.database.agrees(self.model, self.owed)
        self.sound = True
