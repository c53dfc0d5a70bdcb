"""What happens to accounts, parties and past acts, in the model.

Passed on, brought in, joined, closed, let to an agent, doubted, taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, TypeAlias

from tests.machines.model import Model
from tests.machines.obligations import Obligations, cea
from tests.machines.units import (
    EXPIRED,
    GEC,
    RETIRED,
    Act,
    Duty,
    Lot,
    Mandate,
    No,
    Piece,
    Undo,
    Unit,
    Want,
)

Part: TypeAlias = tuple[int, int, int]  # account, instrument, units
DUTIES: Final = 0  # stands for the account of what a party owes, which the model does not number
_HELD: Final = (GEC, *(cea(year) for year in (2024, 2025, 2026)))
_DEBT, _DUE, _ROOM, _QUOTA = 20, (2025, 2026), (3025, 3026), (5025, 5026)  # instruments

_APPROVED = frozenset(
    {
        "party.succession",
        "cea.allocate",
        "cea.return",
        "cea.reduce",
        "cea.release",
        "gec.retire",
        "cea.surrender",
    }
)


@dataclass
class Passed:
    """Succession, cut-over, consolidation, closing, mandates, objections and reversals."""

    model: Model
    owed: Obligations

    # Taking back

    def reverse(self, act: Act) -> Undo:
        """Take an act back, the last movement first, all of it or nothing."""
        if not (act.kind in _APPROVED or act.kind.startswith("transfer.")):
            raise No("not_reversible")
        if act.back:
            raise No("already_reversed")
        used = self.owed.budget.used if self.owed.budget else []
        if act.retirement in used:
            raise No("retirement_in_use")

        def back() -> None:
            with self.model.wholly():
                for undo in reversed(act.trail):
                    undo()
            act.back = True
            if act.retirement is not None:
                self.model.claims[act.retirement].void = True

        return back

    def object_to(self, act: Act, party: int, *, issuer: bool) -> None:
        """Doubt an issuance or a sale that the party had part in, within three months."""
        if act.kind != "gec.issue" and not act.kind.startswith("transfer."):
            raise No("not_objectionable")
        if not act.parties:
            raise No("not_objectionable")
        if not issuer and party not in act.parties:
            raise No("not_part_of_act")
        months = act.day.year * 12 + act.day.month - 1 + 3
        end = date(months // 12, months % 12 + 1, 1)
        after = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
        last = min((after - end).days, act.day.day)
        if self.model.day > end.replace(day=last):
            raise No("objection_too_late")

    def rule_on(self, number: int) -> Undo:
        """Decide an objection, once."""
        if self.model.objections[number]:
            raise No("objection_decided")
        return lambda: self.model.objections.__setitem__(number, True)

    # Parties

    def succeed(self, giver: int, taker: int) -> Undo:
        """Pass everything of a party on, account by account; it is not a sale."""
        everything = [item for way in self.ways(giver, taker) for item in self.whole(*way)]
        duties = [k for k, d in self.model.duties.items() if k[0] == giver and (d.due or d.room)]
        quotas = [i for i in _QUOTA if self.there(giver, DUTIES, i)]
        if not (everything or duties or quotas or self.model.debts[giver]):
            raise No("nothing_to_pass")

        def pass_on() -> None:
            with self.model.wholly():
                for start, end, instrument, total in everything:
                    self.pass_units(start, end, instrument, total)
                if giver == taker:
                    raise No("same_account")
                self.pass_duties(giver, taker, duties)
                for instrument in quotas:
                    units = self.there(giver, DUTIES, instrument)
                    self.pass_owed(giver, taker, instrument, units)

        return pass_on

    def divide(self, giver: int, taker: int, parts: Sequence[Part]) -> Undo:
        """Pass some of what a party has or owes on; it is not a sale either."""
        wanted: Counter[tuple[int, int]] = Counter()
        for number, instrument, units in parts:
            if not self.there(giver, number, instrument):
                raise No("nothing_to_pass")
            wanted[number, instrument] += units
        self.check_rooms(giver, wanted)

        def pass_on() -> None:
            receivers = dict(self.ways(giver, taker))
            with self.model.wholly():
                for (number, instrument), units in wanted.items():
                    if giver == taker:
                        raise No("same_account")
                    if number == DUTIES:
                        self.pass_owed(giver, taker, instrument, units)
                    else:
                        self.pass_some((number, receivers[number]), instrument, units)

        return pass_on

    def check_rooms(self, giver: int, wanted: Counter[tuple[int, int]]) -> None:
        """Let room pass with a twentieth of its duty, or with all of it."""
        for due, room in zip(_DUE, _ROOM, strict=True):
            passed = wanted[DUTIES, due]
            if wanted[DUTIES, room] > passed // 20 and passed < self.there(giver, DUTIES, due):
                raise No("room_without_duty")

    def things(self, party: int) -> list[Part]:
        """List what a party has or owes; all that it could, if there is nothing."""
        mine = [(n, i) for n, _ in self.ways(party, party) for i in _HELD]
        owed = [(DUTIES, i) for i in (_DEBT, *_DUE, *_ROOM, *_QUOTA)]
        all_ = [(n, i, self.there(party, n, i)) for n, i in (*mine, *owed)]
        return [part for part in all_ if part[2]] or all_

    def there(self, party: int, number: int, instrument: int) -> int:
        """Count what a party has in an account, or owes."""
        if number != DUTIES:
            return self.model.total(number, instrument)
        if instrument == _DEBT:
            return self.model.debts[party]
        if instrument in _QUOTA:
            return self.model.quotas[party, 2000 + instrument % 1000]
        duty = self.model.duties.get((party, 2000 + instrument % 1000), Duty())
        return duty.due if instrument in _DUE else duty.room

    def pass_some(self, way: tuple[int, int], instrument: int, units: int) -> None:
        """Pass free and valid units on, from account to account."""
        day = self.model.day
        self.model.check_ways(*way)
        if instrument == GEC:
            fits = self.model.pick(way[0], units, Want(), lambda lot, _: lot.valid_until >= day)
            self.model.write(fits, account=way[1])
        else:
            self.model.shift(*way, instrument, units)

    def pass_owed(self, giver: int, taker: int, instrument: int, units: int) -> None:
        """Pass some of what is owed on."""
        if instrument == _DEBT:
            self.model.owe(taker, units)
            self.model.owe(giver, -units)
            return
        year = 2000 + instrument % 1000
        if instrument in _QUOTA:
            self.owed.grant((taker, year), units)
            self.owed.grant((giver, year), -units)
            return
        due, room = (units, 0) if instrument in _DUE else (0, units)
        self.model.discharge((taker, year), -due, -room)
        self.model.discharge((giver, year), due, room)
        self.model.take_over((taker, year), due)
        self.model.take_over((giver, year), -due)

    def whole(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Count what an account has to pass; all of it must be free."""
        for instrument in _HELD:
            if self.model.held(start, instrument):
                raise No("succession_units_held")
            total = self.model.total(start, instrument)
            if instrument == GEC:
                total = sum(past - lo for _, lo, past in self.valid(start))
            if total:
                yield start, end, instrument, total

    def valid(self, account: int) -> list[Piece]:
        """Find an account's certificates that are still valid."""
        day = self.model.day
        return self.model.pieces(lambda lot, u: u.account == account and lot.valid_until >= day)

    def pass_units(self, start: int, end: int, instrument: int, total: int) -> None:
        """Pass an account's units on."""
        if start == end:
            raise No("same_account")
        self.model.check_ways(start, end)
        if instrument == GEC:
            self.model.write(self.valid(start), account=end)
        else:
            self.model.shift(start, end, instrument, total)

    def pass_duties(self, giver: int, taker: int, duties: Sequence[tuple[int, int]]) -> None:
        """Pass on what is owed; what was verified stays with who emitted it."""
        model = self.model
        for _, year in duties:
            due, room = model.duties[giver, year].due, model.duties[giver, year].room
            model.discharge((taker, year), -due, -room)
            model.discharge((giver, year), due, room)
            model.take_over((taker, year), due)
            model.take_over((giver, year), -due)
        if debt := model.debts[giver]:
            self.pass_owed(giver, taker, _DEBT, debt)

    def ways(self, giver: int, taker: int) -> list[tuple[int, int]]:
        """Find a party's accounts and those kept for it, and those of the same classes of the other."""
        theirs = {cls: n for n, cls in self.passing(taker)}
        return [(n, theirs[cls]) for n, cls in self.passing(giver)]

    def passing(self, party: int) -> list[tuple[int, str]]:
        """List the accounts whose units pass on with a party, with their classes."""
        return [
            (n, a.cls)
            for n, a in sorted(self.model.accounts.items())
            if (a.party == party and a.owner is None)
            or (a.owner == party and a.cls == "province_custody")
        ]

    # Accounts

    def close(self, number: int) -> None:
        """Close an account that holds nothing."""
        account = self.model.accounts[number]
        if not account.open:
            raise No("account_closed")
        units = any(u.account == number for lot in self.model.lots.values() for u in lot.units)
        if units or any(left for (n, _), left in self.model.amounts.items() if n == number):
            raise No("account_not_empty")
        account.open = False

    def join(self, number: int) -> None:
        """Give neighbouring free runs of equal trades and origin one history."""
        token = next(self.model.tokens)
        found = [
            (lot, pair) for lot in self.model.lots.values() for pair in self.alike(lot, number)
        ]
        if not found:
            raise No("nothing_to_consolidate")
        for lot, (before, after) in found:
            run = slice(before[0], after[1])
            lot.units[run] = [unit._replace(token=token) for unit in lot.units[run]]

    def alike(self, lot: Lot, number: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Find pairs of neighbours that differ only in how they came."""
        free = [run for run in self.runs(lot) if self.is_free(lot, run, number)]
        facts = {run: (lot.units[run[0]].trades, lot.units[run[0]].origin) for run in free}
        pairs = [pair for pair in pairwise(free) if pair[0][1] == pair[1][0]]
        return [pair for pair in pairs if facts[pair[0]] == facts[pair[1]]]

    def runs(self, lot: Lot) -> list[tuple[int, int]]:
        """Cut a lot where neighbours differ."""
        units = lot.units
        cuts = [n for n in range(1, len(units)) if units[n] != units[n - 1]]
        return list(pairwise((0, *cuts, len(units))))

    def is_free(self, lot: Lot, run: tuple[int, int], number: int) -> bool:
        """Tell whether a run lies free in an account."""
        unit = lot.units[run[0]]
        return (unit.account, unit.hold) == (number, None)

    def grant(self, number: int, mandate: Mandate) -> None:
        """Let an agent do something with an account."""
        account = self.model.accounts[mandate.account]
        if account.cls != "agent" or account.owner is None:
            raise No("agent_account_needed")
        if not account.open:
            raise No("account_closed")
        self.model.mandates[number] = mandate

    def end_mandate(self, number: int) -> None:
        """End it, once."""
        if self.model.mandates[number].ended:
            raise No("mandate_ended")
        self.model.mandates[number].ended = True

    # What comes from elsewhere

    def bring_in(
        self, lot: Lot, reference: str, energy: int, pieces: list[tuple[int, int, int]]
    ) -> Undo:
        """Let a lot come in, in pieces of (place, count, trades)."""
        places, month = [place for place, _, _ in pieces], self.model.day.replace(day=1)
        wrong = {
            "external_reference_used": reference in self.model.references,
            "opening_overlaps": (lot.plant, lot.month) in self.model.readings,
            "opening_not_tiled": sum(count for _, count, _ in pieces) != len(lot.units),
            "reading_month_impossible": lot.month >= month,
            "opening_energy_short": energy < 1000 * len(lot.units),
            "certificate_not_expired": EXPIRED in places and lot.valid_until >= self.model.day,
        }
        for code in (code for code, so in wrong.items() if so):
            raise No(code)

        def bring() -> None:
            holders = {place for place in places if place not in {RETIRED, EXPIRED}}
            if not all(self.model.accounts[place].open for place in holders):
                raise No("account_closed")
            lot.units = [
                Unit(place, None, token, trades, "imported")
                for place, count, trades in pieces
                for token in [next(self.model.tokens)]
                for _ in range(count)
            ]
            self.model.readings[lot.plant, lot.month] = 1, energy
            self.model.references.add(reference)

        return bring

    def bring_allowances(self, account: int, instrument: int, amount: int, reference: str) -> Undo:
        """Let allowances come in."""
        if reference in self.model.references:
            raise No("external_reference_used")

        def bring() -> None:
            if not self.model.accounts[account].open:
                raise No("account_closed")
            self.model.amounts[account, instrument] += amount
            self.model.references.add(reference)

        return bring
