"""The auditor's replay: every record in the order of the log, held against all before it. Pure, no database.

Sources: signing.md §5, points 3, 6 and 7; domain.md §7. What it cannot know is left to other checks:
who asked (requests are signed apart), and whether these are all records (the log's tree tells).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.kinds import KINDS
from ledger.log.faults import LogFault
from ledger.log.reading import Record, read_record
from ledger.log.replay_allowances import note_passed
from ledger.log.replay_caps import check_capped
from ledger.log.replay_faults import (
    GroupBroken,
    HoldMismatch,
    NotApproved,
    StateMismatch,
    TouchedMismatch,
    VersionGap,
)
from ledger.log.replay_filed import AFTER, FILED, file_act
from ledger.log.replay_frame import later, placed
from ledger.log.replay_holds import tell_holds
from ledger.log.replay_kept import KEEPING, check_returned, note_kept
from ledger.log.replay_kinds import ENTERED, adopt, enter
from ledger.log.replay_law import Law
from ledger.log.replay_lines import LINED, check_lines
from ledger.log.replay_moves import SERIAL, post, row_of
from ledger.log.replay_past import MOVING, note_moves, note_sale
from ledger.log.replay_state import Act, Entry, Group, Key, Row, State
from ledger.log.replay_statement import check_statement
from ledger.log.replay_totals import Totals, totals_of
from ledger.log.replay_whole import (
    begin_revocation,
    begin_succession,
    check_reversal,
    complete,
)

Recall = Callable[[int], bytes]
"""Gives an earlier record of the log again, by its index."""

_WHOLE: Final = {"party.succession": begin_succession, "gec.revoke": begin_revocation}
_After = Callable[[State, Entry], None]


def _in_turn(*notes: _After) -> _After:
    """Note one thing of a record after another."""

    def note(state: State, entry: Entry) -> None:
        for each in notes:
            each(state, entry)

    return note if len(notes) > 1 else notes[0]


def _after() -> dict[str, _After]:
    """List what is looked at and noted once the postings of a record are done, by kind."""
    found: dict[str, list[_After]] = {}
    by_kind = {**AFTER, "budget.restate": check_capped}
    for name, note in (
        *by_kind.items(),
        *((name, note_sale if KINDS[name].rule == "trade" else note_moves) for name in MOVING),
        *((name, note_kept) for name in KEEPING),
        *((name, note_passed) for name in ("party.succession", "reverse.act")),
    ):
        found.setdefault(name, []).append(note)
    return {name: _in_turn(*notes) for name, notes in found.items()}


_AFTER: Final = _after()
_BACK: Final = frozenset({"reverse.act", "reverse.decision"})
_PLAIN: Final = frozenset(KINDS) - ENTERED - LINED - _BACK - {*FILED, *_WHOLE, "rulebook.adopt"}
"""Kinds that begin with nothing but their holds and postings: most of a log is of these."""

_WITHOUT_MOVES: Final = frozenset(
    {
        "account.freeze",
        "account.unfreeze",
        "account.close",
        "mandate.end",
        "units.consolidate",
        "ccer.project",
    }
)
"""Kinds that touch balances, even some that never were, so that who decided on them decides again."""


@dataclass(slots=True)
class Replay:
    """A replay under way. `rulebooks` are the adopted books' bytes by digest; `recall` reads the log."""

    state: State
    rulebooks: Mapping[str, bytes]
    recall: Recall

    def feed(self, index: int, raw: bytes) -> None:
        """Take the next record; about 5 µs more than `feed_read`, for its bytes and shape.

        Raises:
            LogFault: what is wrong with it, with its index. The replay is of no more use then.
        """
        try:
            record = read_record(raw)
        except LogFault as fault:
            fault.index = index
            raise
        self.feed_read(index, record)

    def feed_read(self, index: int, record: Record) -> None:
        """Take the next record, whose bytes and shape were looked at before.

        Cost: about 9 µs for a transfer, and as much memory as what stands on file grows by.

        Raises:
            ReplayFault: what is wrong with it, with its index. The replay is of no more use then.
        """
        try:
            self._take(index, record)
        except LogFault as fault:
            fault.place(index)
            raise

    def feed_all(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Take records in order; `LogFault` as in `feed`."""
        for index, raw in records:
            self.feed(index, raw)

    def finish(self) -> Totals:
        """See whether what lies where comes to what accounts have, and nothing was left half told.

        A checkpoint may part the journals of the latest requests; those are counted as open.

        Raises:
            GroupBroken: journals of a request are missing, and much came after it.
            StateMismatch: serials, holds or sums do not come to the balances.
        """
        for name, group in self.state.groups.items():
            if later(group.at) < self.state.latest:
                raise GroupBroken(f"{name} ends after part {group.part} of {group.parts}")
        _check_sums(self.state)
        return totals_of(self.state)

    def _take(self, index: int, record: Record) -> None:
        group, law = placed(self.state, record)
        act = self._act(group, record, law)
        entry = Entry(record, group, act, law)
        act.last = index
        if "body" in record:
            self._begin(entry)
        if act.kind.four_eyes == "always" and not group.approved:
            raise NotApproved(f"{act.kind.name} needs a second person")
        if "holds" in record:
            tell_holds(self.state, entry)
        for place, posting in enumerate(record.get("postings", ()), 1):
            if posting["n"] != place:
                raise TouchedMismatch(f"posting {posting['n']} is the record's {place}.")
            post(self.state, entry, posting)
        after = _AFTER.get(act.kind.name)
        if after is not None:
            after(self.state, entry)
        _touch(self.state, entry)
        if group.part == group.parts:
            self._end(group, record)

    def _act(self, group: Group, record: Record, law: Law) -> Act:
        if "body" in record:
            if group.act is not None:
                _complete(group.act)
            kind = KINDS[record["kind"]]
            group.act = Act(kind, record["body"], record["id"], record["day"], law)
            return group.act
        act = group.act
        if act is None or (act.first, act.kind.name) != (record["continues"], record["kind"]):
            raise GroupBroken(f"{record['id']} continues an act that is not the one before it")
        return act

    def _begin(self, entry: Entry) -> None:
        kind = entry.act.kind.name
        if kind in _PLAIN and "external" not in entry.record and "reverses" not in entry.record:
            return
        enter(self.state, entry)
        if kind == "budget.close":
            check_statement(self.state, entry, self.recall)
        if kind in FILED:
            file_act(self.state, entry)
        if kind in _WHOLE:
            _WHOLE[kind](self.state, entry)
        if kind == "rulebook.adopt":
            adopt(self.state, entry, self.rulebooks)
        if "reverses" in entry.record or kind in _BACK:
            self._take_back(entry)
        check_lines(self.state, entry)

    def _take_back(self, entry: Entry) -> None:
        name = entry.record.get("reverses", "")
        before = self.state.ids.index(name) if name else None
        original = None if before is None else read_record(self.recall(before))
        check_reversal(self.state, entry, original)

    def _end(self, group: Group, record: Record) -> None:
        if group.act is not None:
            complete(group.act)
        if group.due and any(group.due.values()):
            raise HoldMismatch(f"{sum(group.due.values())} units did not leave their holds")
        if group.back:
            check_returned(group.back)
        if group.parts > 1:
            del self.state.groups[record["group"]]


def _complete(act: Act) -> None:
    """Complete an act by the record after its last, which is the one that something is wrong with."""
    try:
        complete(act)
    except LogFault as fault:
        fault.index = act.last
        raise


def _touch(state: State, entry: Entry) -> None:
    """Count versions on: of all that changed, and of nothing else."""
    changed = entry.changed
    for told in entry.record["touched"]:
        key = (told["account"], told["instrument"])
        row = changed.pop(key, None) or _untouched(state, entry, key)
        row.version += 1
        if told["version"] != row.version:
            raise VersionGap(
                f"{key[0]} in {key[1]} goes from version {row.version - 1} to {told['version']}"
            )
    if changed:
        account, code = min(changed)
        raise TouchedMismatch(f"{account} changed in {code}, and was not touched")


def _untouched(state: State, entry: Entry, key: Key) -> Row:
    """Find a balance of which nothing changed, where an act may decide on it all the same."""
    if entry.act.kind.name not in _WITHOUT_MOVES or key[0] not in state.accounts:
        raise TouchedMismatch(f"{key[0]} was touched in {key[1]}, and nothing of it changed")
    return row_of(state, key)


def _check_sums(state: State) -> None:
    """Compare balances with serials by holder, and with what holds still have."""
    lying: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    for units in state.lots.values():
        for count, (account, hold, _) in units.everything():
            lying[account] += count
            if hold:
                marked[hold] += count
    _check_balances(state, lying)
    for group in state.groups.values():
        marked.subtract(group.due or {})
    for name, held in state.holds.items():
        if held.key[1] == SERIAL and held.remaining != marked[name]:
            raise StateMismatch(f"{name} has {held.remaining} and marks {marked[name]}")


def _check_balances(state: State, lying: Counter[str]) -> None:
    sums: Counter[str] = Counter()
    for (account, code), row in state.balances.items():
        sums[code] += row.posted
        if code == SERIAL and not state.accounts[account].contra and lying[account] != row.posted:
            raise StateMismatch(
                f"{account} has {row.posted} certificates, and {lying[account]} lie there"
            )
    if any(sums.values()):
        raise StateMismatch(f"units came from nowhere, or went there: {dict(sums)}")
