"""Who tells stories by hand: act by act, each answer given as the code of its refusal."""

from __future__ import annotations

from typing import Final

from tests.machines.drawn import Args
from tests.machines.machine import RegistryMachine
from tests.registry import code_of

ANY, NEVER = None, (False, False)
GENERATOR, USER = 0, 2  # among those who have certificates, once the first user has some
SELL: Final = (0, 0, False, False)
LISTED: Final = ("listing", False)
DRY_LOT, GREEN_LOT = (0, None), (1, None)  # of February 2024, of June 2025


class Teller:
    """Tells a story act by act."""

    def __init__(self, machine: RegistryMachine) -> None:
        """Begin where every story begins."""
        self.machine = machine
        machine.begin_with_something_to_trade()

    def then(self, name: str, *args: Args) -> str | None:
        """Let one thing be asked; give the refusal, None if there is none."""
        return self.together((name, *args))[0]

    def together(self, *acts: tuple[Args, ...]) -> list[str | None]:
        """Let things be asked in one batch; give the refusals in the order they came to be."""
        machine, before = self.machine, len(self.machine.past)
        machine.play(*(machine.verbs.play(name, args) for name, *args in acts))
        machine.all_is_as_it_must_be()
        return [code_of(answer) for _, answer in machine.past[before:]]

    def decided(self, name: str, *args: Args) -> str | None:
        """Let something be asked for by one person and approved by another; give the refusal."""
        assert self.then(name, *args) is None
        approvals = self.machine.model.approvals.values()
        last = sum(approval.state == "pending" for approval in approvals) - 1
        return self.then("decide", last, False, False)

    @property
    def left(self) -> int:
        """Tell what is left of the budget, in grams."""
        assert self.machine.owed.budget is not None
        return self.machine.owed.budget.balance

    def later(self, hours: int) -> None:
        """Let time pass, and end what is over."""
        self.machine.run_the_clock(hours)
        self.machine.all_is_as_it_must_be()
