"""What must be so in the database after every step, seen past the engine, in plain SQL."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any, Final

import psycopg

from ledger.kinds import KINDS
from ledger.posting.answers import Answer
from tests.machines.claims import broken
from tests.machines.model import Model
from tests.machines.obligations import Obligations, cea
from tests.machines.units import CANCELLED, EXPIRED, GEC, RETIRED, REVOKED
from tests.registry import NAME

Rows = list[tuple[Any, ...]]

_STATE: Final = (
    "account",
    "approval",
    "balance",
    "command",
    "fossil_budget",
    "fossil_budget_event",
    "hold",
    "hold_event",
    "journal",
    "lot",
    "metric_bar",
    "metric_use",
    "meter_reading",
    "parcel",
    "posting",
    "retirement",
    "rulebook",
    "unsealed",
    "verified_emission",
)


class Database:
    """The owner's eye on the registry."""

    def __init__(self, url: str) -> None:
        """Connect, outside every transaction of the registry."""
        self._conn = psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}")
        self._moved: dict[int, tuple[int, int]] = {}  # the model's token -> journal and n

    def close(self) -> None:
        """Hang up."""
        self._conn.close()

    def rows(self, query: str) -> Rows:
        """Ask."""
        return self._conn.execute(query.encode()).fetchall()

    def journals(self, answer: Answer) -> list[tuple[int, str, int | None]]:
        """Name the journals of an answer, their kinds, and who had part in them."""
        seqs = [0, *((answer.outcome or {}).get("journals") or ())]
        return [
            (seq, kind, party)
            for seq, kind, party in self.rows(
                "SELECT DISTINCT seq, kind, who.party FROM journal "
                "LEFT JOIN posting p ON p.journal = seq AND p.instrument = 1 "
                "LEFT JOIN account a ON a.id IN (p.debit, p.credit) AND a.party <> 1 "
                "LEFT JOIN LATERAL (VALUES (a.party), (a.on_behalf_of)) AS who (party) ON true "
                f"WHERE seq IN ({', '.join(map(str, seqs))}) ORDER BY 1"
            )
        ]

    def digest(self) -> Rows:
        """Take the fingerprint of all that a dry run must not touch."""
        one = "SELECT '{0}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {0} t"
        return self.rows(" UNION ALL ".join(one.format(name) for name in _STATE))

    def agrees(self, model: Model, owed: Obligations) -> None:
        """Hold every invariant against the database and the model."""
        self.parcels_tile_and_tell_the_model_s_story(model)
        self.balances_are_sums_of_postings_and_the_model_s(model)
        self.holds_are_what_is_held(model)
        self.retired_units_rest_with_one_claim(model)
        self.duties_and_budget_stand_where_they_must(owed)
        self.two_persons_stand_behind_what_needs_two()
        self.nothing_breaks_what_no_act_may()

    def parcels_tile_and_tell_the_model_s_story(self, model: Model) -> None:
        """INV-2, 4, 7: every serial once, with the holder, hold and history that it has."""
        lots = self.rows("SELECT id, size, first_serial, valid_until FROM lot ORDER BY id")
        expected = [
            (n, len(v.units), v.first, v.valid_until) for n, v in sorted(model.lots.items())
        ]
        assert lots == expected
        parcels = self.rows(
            "SELECT lot, lo, account, hold, trades, origin, acquired_journal, acquired_n "
            "FROM parcel ORDER BY lot, lo"
        )
        pieces = [piece for lot in sorted(model.lots) for piece in model.runs(lot)]
        units = [(piece, model.unit(piece)) for piece in pieces]
        assert [row[:6] for row in parcels] == [
            (p[0], p[1], u.account, u.hold, u.trades, u.origin) for p, u in units
        ]
        for (_, unit), row in zip(units, parcels, strict=True):
            assert self._moved.setdefault(unit.token, row[6:]) == row[6:]
        brought = [place for place in self._moved.values() if place[1]]  # joined ones share theirs
        assert len(set(brought)) == len(brought)

    def balances_are_sums_of_postings_and_the_model_s(self, model: Model) -> None:
        """INV-1, 2, 3, 5: what is there, what was posted, and what the model has, are one."""
        found = {
            (account, instrument): posted
            for account, instrument, posted in self.rows(
                "SELECT account, instrument, posted FROM balance WHERE posted <> 0"
            )
        }
        summed = self.rows(
            "SELECT account, instrument, sum(amount)::bigint FROM ("
            "SELECT debit AS account, instrument, -amount AS amount FROM posting UNION ALL "
            "SELECT credit, instrument, amount FROM posting) AS p GROUP BY 1, 2"
        )
        totals: Counter[int] = Counter()
        for _, instrument, amount in summed:
            totals[instrument] += amount
        assert not any(totals.values())
        assert found == {(a, i): amount for a, i, amount in summed if a >= 100 and amount}
        contras = {(a, i): amount for a, i, amount in summed if a < 100}
        units = Counter(u.account for lot in model.lots.values() for u in lot.units)
        assert -contras.get((1, GEC), 0) - contras.get((10, GEC), 0) == units.total()
        for place in (RETIRED, EXPIRED, REVOKED, CANCELLED):
            assert contras.get((place, GEC), 0) == units[place]
        self._holders_agree(model, found)
        self._running_balances_run()

    def _holders_agree(self, model: Model, found: dict[tuple[int, int], int]) -> None:
        theirs = {key: amount for key, amount in found.items() if key[0] in model.accounts}
        instruments = (GEC, *(cea(year) for year in (2024, 2025, 2026)))
        ours = {(a, i): model.total(a, i) for a in model.accounts for i in instruments}
        assert theirs == {key: amount for key, amount in ours.items() if amount}
        carried: dict[int, int] = dict(
            self.rows(
                "SELECT plant.id, posted FROM plant JOIN balance ON balance.account = plant.account"
            )
        )
        assert {p: kwh for p, kwh in carried.items() if kwh} == {
            plant: carry for plant in model.plants if (carry := model.carry(plant))
        }

    def two_persons_stand_behind_what_needs_two(self) -> None:
        """INV-17: no such act without an approval in its command, by another than its maker."""
        kinds = ", ".join(f"'{kind.name}'" for kind in KINDS.values() if kind.four_eyes == "always")
        assert not self.rows(
            f"SELECT seq, kind FROM journal AS j WHERE kind IN ({kinds}) AND NOT EXISTS ("
            "SELECT FROM journal AS a JOIN approval ON approval.outcome_group = a.grp "
            "WHERE a.grp = j.grp AND a.kind = 'approval.approve' AND state = 'approved' "
            "AND checker_person <> maker_person)"
        )

    def nothing_breaks_what_no_act_may(self) -> None:
        """INV-10, 11, 13, 15: one use of a MWh, duties by emissions alone, even books, one factor."""
        assert not (found := broken(self._conn)), found

    def duties_and_budget_stand_where_they_must(self, owed: Obligations) -> None:
        """INV-9, 12: what is left of each duty and of the budget, to the gram."""
        duties = self.rows(
            "SELECT a.party, i.code, b.posted FROM balance b JOIN account a ON a.id = b.account "
            "JOIN instrument i ON i.id = b.instrument WHERE a.class = 'duty' AND b.posted <> 0"
        )
        assert {(p, code): amount for p, code, amount in duties} == {
            **{
                (party, f"{family}-{year}"): amount
                for (party, year), duty in owed.model.duties.items()
                for family, amount in (("DUE-CEA", duty.due), ("CCER-ROOM", duty.room))
                if amount
            },
            **{(party, "CEA-DEBT"): debt for party, debt in owed.model.debts.items() if debt},
            **{
                (party, f"QUOTA-CEA-{year}"): left
                for (party, year), left in owed.model.quotas.items()
                if left
            },
        }
        budgets = self.rows(
            "SELECT b.posted FROM balance b JOIN account a ON a.id = b.account "
            "JOIN instrument i ON i.id = b.instrument AND i.code LIKE 'FEB-%' "
            "WHERE a.class = 'budget' AND b.posted <> 0"
        )
        left = owed.budget.balance if owed.budget else 0
        assert budgets == ([(left,)] if left else [])

    def _running_balances_run(self) -> None:
        """Each posting's balance after it is the one before it, and the amount."""
        lines = self.rows(
            "SELECT account, instrument, amount, after FROM ("
            "SELECT debit AS account, instrument, -amount AS amount, debit_after AS after, journal, n"
            " FROM posting UNION ALL "
            "SELECT credit, instrument, amount, credit_after, journal, n FROM posting) AS p "
            "WHERE account >= 100 ORDER BY account, instrument, journal, n"
        )
        running: Counter[tuple[int, int]] = Counter()
        for account, instrument, amount, after in lines:
            running[account, instrument] += amount
            assert running[account, instrument] == after

    def holds_are_what_is_held(self, model: Model) -> None:
        """INV-3, 14: held is what the holds hold, and what is marked in the parcels."""
        holds = self.rows("SELECT id, account, instrument, remaining, kind FROM hold ORDER BY id")
        assert holds == [
            (n, h.account, h.instrument, h.remaining, h.kind)
            for n, h in sorted(model.holds.items())
        ]
        held: Counter[tuple[int, int]] = Counter()
        for _, account, instrument, remaining, _ in holds:
            held[account, instrument] += remaining
        balances = self.rows("SELECT account, instrument, held FROM balance WHERE held <> 0")
        assert {(a, i): units for a, i, units in balances} == +held
        marked = Counter(u.hold for lot in model.lots.values() for u in lot.units if u.hold)
        left = {n: left for n, _, instrument, left, _ in holds if instrument == GEC and left}
        assert marked == left
        unlike = self.rows(
            "SELECT id, frozen, status FROM account WHERE frozen OR status <> 'open' ORDER BY id"
        )
        assert unlike == [
            (n, a.frozen, "open" if a.open else "closed")
            for n, a in sorted(model.accounts.items())
            if a.frozen or not a.open
        ]

    def retired_units_rest_with_one_claim(self, model: Model) -> None:
        """INV-6, 8: nothing leaves but what is taken back or returned; one certificate, one claim."""
        assert not self.rows(
            "SELECT 1 FROM posting JOIN journal ON seq = journal "
            "WHERE debit IN (3, 4, 5, 6, 7, 8) AND reverses IS NULL"
            " AND (kind, debit) <> ('cea.return', 8)"
        )
        lines = self.rows(
            "SELECT r.id, r.quantity, r.consumption_year, p.lot, p.lo, p.lo + p.amount "
            "FROM retirement r JOIN posting p ON p.journal = r.journal AND p.credit = 3 "
            "AND p.debit <> 10 ORDER BY r.id, p.n"
        )
        claims = {number: list(same) for number, same in groupby(lines, lambda row: row[0])}
        assert {number: [row[3:] for row in same] for number, same in claims.items()} == {
            number: claim.pieces for number, claim in model.claims.items()
        }
        for number, same in claims.items():
            assert {row[2] for row in same} == {model.claims[number].year}
            assert {row[1] for row in same} == {sum(end - lo for *_, lo, end in same)}
        stand = [row[3:] for row in lines if not model.claims[row[0]].void]
        serials = [(lot, at) for lot, lo, end in stand for at in range(lo, end)]
        brought = self.rows(
            "SELECT lot, lo, lo + amount FROM posting WHERE (debit, credit) = (10, 3)"
        )
        serials += [(lot, at) for lot, lo, end in brought for at in range(lo, end)]
        retired = sum(u.account == RETIRED for v in model.lots.values() for u in v.units)
        assert len(serials) == len(set(serials)) == retired
