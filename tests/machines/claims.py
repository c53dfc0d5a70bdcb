"""What must never be true of the books, whatever the engine and the model think: one query each.

A query finds what breaks its invariant; after every step all of them must find nothing.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

_CREDITED_TWICE: Final = """
SELECT c.journal, c.lot, o.journal
FROM posting AS c
JOIN posting AS o ON o.lot = c.lot AND o.lo < c.lo + c.amount AND c.lo < o.lo + o.amount
JOIN journal AS j ON j.seq = o.journal
WHERE (c.credit, c.instrument) = (6, 1) AND (o.credit = 3 OR j.kind LIKE 'transfer.%')
  AND NOT EXISTS (SELECT FROM journal AS back WHERE back.reverses = o.journal)
UNION ALL
SELECT acquired_journal, lot, lo FROM parcel WHERE account = 6 AND (trades > 0 OR origin <> 'issued')
"""
"""INV-10: what was cancelled for reductions credited elsewhere was neither sold, here or before it
came, nor used up."""

_CREDITED_BEYOND: Final = """
SELECT j.seq, told.body ->> 'energy_kwh' AS credited, sum(p.amount) AS cancelled
FROM journal AS j
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
LEFT JOIN posting AS p ON p.journal = j.seq AND (p.credit, p.instrument) = (6, 1)
LEFT JOIN lot ON lot.id = p.lot
WHERE j.kind = 'gec.cancel_ccer' AND told.body ? 'energy_kwh'
GROUP BY j.seq, told.body
HAVING (told.body ->> 'energy_kwh')::numeric > 1000 * coalesce(sum(p.amount), 0)
    OR count(DISTINCT lot.plant) > 1
    OR bool_or(to_char(lot.month, 'YYYY-MM') <> told.body ->> 'month')
"""
"""INV-10: energy credited for a plant's month is that of certificates of it, cancelled by the same act."""

_FREE_FOR_CREDIT: Final = """
SELECT lot.id, parcel.lo
FROM ccer_project AS c
JOIN lot ON lot.plant = c.plant AND lot.month BETWEEN c.first_month AND c.last_month
    AND lot.journal > c.journal
JOIN parcel ON parcel.lot = lot.id AND parcel.hold IS NULL
JOIN account ON account.id = parcel.account AND account.class IN ('generator', 'agent')
WHERE (parcel.trades, parcel.origin) = (0, 'issued')
  AND NOT EXISTS (
        SELECT FROM hold_event AS e JOIN hold AS h ON h.id = e.hold AND h.kind = 'ccer'
        JOIN journal AS j ON j.seq = e.journal AND j.kind = 'ccer.freeze'
            AND j.grp = (SELECT grp FROM journal WHERE seq = lot.journal)
        WHERE e.event = 'open' AND h.original = lot.size)
"""
"""INV-10: what is issued for a month that a project is credited for is frozen as it is issued; whoever
lets it go later does so by decision."""

_CERTIFIED_TWICE: Final = """
WITH energy AS (
    SELECT account, sum(kwh) AS kwh
    FROM (SELECT debit AS account, amount AS kwh FROM posting WHERE credit = 2
          UNION ALL SELECT credit, -amount FROM posting WHERE debit = 2) AS moved
    GROUP BY account
), stands AS (
    SELECT lot.plant, sum(CASE p.credit WHEN 5 THEN -p.amount ELSE p.amount END) AS units
    FROM posting AS p JOIN lot ON lot.id = p.lot
    WHERE p.instrument = 1 AND (p.credit = 5 OR p.debit IN (1, 10))
    GROUP BY lot.plant
)
SELECT plant.id, kwh, units
FROM plant
LEFT JOIN energy ON energy.account = plant.account
LEFT JOIN stands ON stands.plant = plant.id
WHERE coalesce(kwh, 0) <> 1000 * coalesce(units, 0)
"""
"""INV-10: the energy of a certificate is certified as long as it is not revoked, so what was
cancelled for reductions earns no second one. No foreign certificate is known to this house; what
comes from another registry brings its energy along, and is counted here."""

_DUE_BUT_NOT_VERIFIED: Final = """
WITH verified AS (
    SELECT DISTINCT ON (party, compliance_year) party, compliance_year AS year, tco2e
    FROM verified_emission ORDER BY party, compliance_year, version DESC
), due AS (
    SELECT a.party, right(i.code, 4)::integer AS year,
           sum(CASE p.debit WHEN 1 THEN p.amount ELSE -p.amount END) AS tco2e
    FROM posting AS p
    JOIN instrument AS i ON i.id = p.instrument AND i.code LIKE 'DUE-CEA-%'
    JOIN account AS a ON a.id IN (p.debit, p.credit) AND a.class = 'duty'
    WHERE 1 IN (p.debit, p.credit)
    GROUP BY a.party, i.code
)
SELECT party, year, verified.tco2e, due.tco2e
FROM verified FULL JOIN due USING (party, year)
WHERE coalesce(verified.tco2e, 0) <> coalesce(due.tco2e, 0)
"""
"""INV-11: what a party has to surrender is what was verified, certificates or not."""

_DISCHARGED_BY_SOMETHING_ELSE: Final = """
SELECT p.journal
FROM posting AS p JOIN instrument AS i ON i.id = p.instrument
CROSS JOIN LATERAL (SELECT i.code ~ '^(CEA-2|CCER-[1-9])' AS allowance,
                           i.code LIKE 'DUE-CEA-%' AS duty) AS of
GROUP BY p.journal
HAVING bool_or(7 IN (p.debit, p.credit) AND NOT of.allowance)
    OR sum(CASE WHEN of.duty THEN p.amount * ((p.credit = 8)::int - (p.debit = 8)::int) ELSE 0 END)
    <> sum(CASE WHEN of.allowance THEN p.amount * ((p.credit = 7)::int - (p.debit = 7)::int) ELSE 0 END)
"""
"""INV-11: a tonne of a duty goes for an allowance, or a certified reduction, handed in by the same
act, and for nothing else."""

_REDUCTIONS_BESIDE_ROOM: Final = """
SELECT p.journal
FROM posting AS p JOIN instrument AS i ON i.id = p.instrument
CROSS JOIN LATERAL (SELECT i.code ~ '^CCER-[1-9]' AS reduction, i.code LIKE 'CCER-ROOM-%' AS room) AS of
GROUP BY p.journal
HAVING sum(CASE WHEN of.room THEN p.amount * ((p.credit = 8)::int - (p.debit = 8)::int) ELSE 0 END)
    <> sum(CASE WHEN of.reduction THEN p.amount * ((p.credit = 7)::int - (p.debit = 7)::int) ELSE 0 END)
"""
"""INV-12: reductions are handed in within their room, by the same act; an account's floor bounds it."""

_ROOM_BEYOND_SHARE: Final = """
WITH verified AS (
    SELECT DISTINCT ON (party, compliance_year) party, compliance_year AS year, tco2e
    FROM verified_emission ORDER BY party, compliance_year, version DESC
), room AS (
    SELECT a.party, right(i.code, 4)::integer AS year,
           sum(CASE p.debit WHEN 1 THEN p.amount ELSE -p.amount END) AS tco2e
    FROM posting AS p
    JOIN instrument AS i ON i.id = p.instrument AND i.code LIKE 'CCER-ROOM-%'
    JOIN account AS a ON a.id IN (p.debit, p.credit) AND a.class = 'duty'
    WHERE 1 IN (p.debit, p.credit)
    GROUP BY a.party, i.code
)
SELECT party, year, verified.tco2e, room.tco2e
FROM verified FULL JOIN room USING (party, year)
WHERE coalesce(verified.tco2e, 0) * 5 / 100 <> coalesce(room.tco2e, 0)
"""
"""INV-12: the room that a party was granted is 5 % of what was verified, rounded down."""

_OLD_VINTAGES: Final = """
SELECT p.journal, i.code
FROM posting AS p
JOIN instrument AS i ON i.id = p.instrument AND i.code LIKE 'CEA-2%'
JOIN journal AS j ON j.seq = p.journal AND j.kind = 'cea.surrender'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
WHERE p.credit = 7 AND right(i.code, 4)::integer < 2025 AND (told.body ->> 'compliance_year')::integer >= 2025
"""
"""INV-12: no vintage before 2025 clears 2025 or a later year."""

_BORROWED: Final = """
SELECT j.seq, i.code
FROM posting AS p
JOIN instrument AS i ON i.id = p.instrument AND i.code LIKE 'CEA-2%'
JOIN journal AS j ON j.seq = p.journal AND j.kind = 'cea.surrender'
CROSS JOIN LATERAL (SELECT (convert_from(j.body, 'UTF8')::jsonb #>> '{body,compliance_year}')::integer
                           AS year) AS of
WHERE p.credit = 7 AND of.year IN (2023, 2024) AND j.day <= make_date(of.year + 1, 12, 31)
  AND right(i.code, 4)::integer > of.year
"""
"""INV-12: up to its deadline no younger vintage clears 2023 or 2024; arrears, any does."""

_REDUCTIONS_UNFIT: Final = """
SELECT j.seq, c.n, c.project
FROM posting AS p
JOIN ccer_import AS c ON 6000000 + c.n = p.instrument
JOIN journal AS j ON j.seq = p.journal AND j.kind = 'cea.surrender'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
WHERE p.credit = 7 AND (c.inside_ets OR c.registered_on <= '2024-01-22'
                                        AND (told.body ->> 'compliance_year')::integer >= 2025)
"""
"""INV-12: no reductions of a project under the cap, and for 2025 and later none registered too early."""

_CERTIFICATES_AND_DUTIES: Final = """
SELECT g.journal
FROM posting AS g
JOIN posting AS d ON d.journal = g.journal
JOIN account AS gives ON gives.id = d.debit
JOIN account AS takes ON takes.id = d.credit
WHERE g.instrument = 1 AND 'duty' IN (gives.class, takes.class) AND gives.class <> takes.class
"""
"""INV-11: an act on certificates changes no duty; to pass both on with their party changes neither."""

_CONVERTED_UNEVENLY: Final = """
SELECT p.journal, a.party
FROM posting AS p
JOIN instrument AS i ON i.id = p.instrument AND i.code LIKE 'CEA-2%'
JOIN account AS a ON a.id = CASE WHEN p.debit < 100 THEN p.credit ELSE p.debit END
CROSS JOIN LATERAL (SELECT right(i.code, 4)::integer AS vintage, p.credit = 9 AS leaves,
                           p.debit = 1 AND a.class <> 'province' AS comes) AS it
WHERE 9 IN (p.debit, p.credit) OR p.debit = 1
GROUP BY p.journal, a.party
HAVING sum(CASE WHEN leaves THEN amount ELSE 0 END) <> sum(CASE WHEN comes THEN amount ELSE 0 END)
    OR bool_or(p.debit = 9 OR leaves AND (vintage > 2024 OR a.class <> 'cea_registry'))
    OR bool_or(comes AND (vintage <> 2025 OR a.class <> 'cea_registry'))
"""
"""INV-13: what leaves an old vintage comes in as 2025, for the same party, from and to its registry
account; and nothing is made for anybody but a province otherwise."""

_CARRIED_BEYOND: Final = """
SELECT seq, account, year
FROM (SELECT j.seq, told.body ->> 'account' AS account, told.body ->> 'year' AS year,
             (told.body ->> 't_max')::bigint AS most,
             sum((told.body ->> 'quantity')::bigint)
                 OVER (PARTITION BY told.body ->> 'account', told.body ->> 'year' ORDER BY j.seq) AS units
      FROM journal AS j
      CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
      WHERE j.kind = 'cea.carry_over') AS so_far
WHERE units > most
"""
"""INV-13: no act carries a holder past the limit that it names, which the rules give; a trade that is
taken back later changes what may be carried from then on."""

_BUDGETS: Final = """
WITH act AS (
    SELECT seq, kind, convert_from(body, 'UTF8')::jsonb -> 'body' AS body
    FROM journal WHERE kind IN ('budget.set', 'budget.restate')
), restated AS (
    SELECT b.id, b.party, b.year, b.account, act.seq, act.body,
           row_number() OVER (PARTITION BY b.id ORDER BY act.seq DESC) AS age
    FROM fossil_budget AS b
    JOIN act AS first ON first.seq = b.journal
    JOIN act ON act.kind = 'budget.restate' AND act.body -> 'budget_id' = first.body -> 'budget_id'
), posted AS (
    SELECT b.id,
           sum(CASE 11 WHEN p.credit THEN amount WHEN p.debit THEN -amount ELSE 0 END) AS direct,
           sum(CASE 12 WHEN p.credit THEN amount WHEN p.debit THEN -amount ELSE 0 END) AS power,
           sum(CASE 14 WHEN p.debit THEN amount WHEN p.credit THEN -amount ELSE 0 END) AS traded,
           sum(CASE 15 WHEN p.debit THEN amount WHEN p.credit THEN -amount ELSE 0 END) AS offset_by
    FROM fossil_budget AS b
    JOIN instrument AS i ON i.code = 'FEB-' || b.year
    JOIN posting AS p ON p.instrument = i.id AND b.account IN (p.debit, p.credit)
    GROUP BY b.id
)
"""

_OFFSET_BY_ANOTHER_FACTOR: Final = f"""{_BUDGETS}
SELECT r.id, r.seq, power, traded, offset_by
FROM restated AS r
JOIN posted ON posted.id = r.id
CROSS JOIN LATERAL (
    SELECT (body #>> '{{consumption,electricity,grid_offtake_kwh}}')::numeric AS grid
    FROM fossil_budget_event
    WHERE budget = r.id AND kind = 'consumption' ORDER BY n DESC LIMIT 1
) AS report
CROSS JOIN LATERAL (
    SELECT (r.body ->> 'traded_kwh')::numeric AS traded_kwh,
           (r.body ->> 'certificates')::numeric * 1000 AS offset_kwh,
           CASE r.body ->> 'mode' WHEN 'net' THEN 1 ELSE 1 - (r.body ->> 'k')::numeric END AS part
) AS told
WHERE r.age = 1
  AND (abs(offset_by * grid * part - power * offset_kwh) < greatest(grid * part + offset_kwh, 1)
       AND abs(traded * grid - power * traded_kwh) < greatest(grid + traded_kwh, 1)) IS NOT TRUE
"""
"""INV-15: a kWh is taken off at the factor at which it was counted (a certificate in gross mode at
the whole of it, without k); each figure is rounded by less than a gram, so factors are compared
through what was posted, without knowing them."""

_FIGURES_WITHOUT_LAW: Final = f"""{_BUDGETS}
SELECT seq FROM journal
WHERE kind LIKE 'budget.%' AND rules IS DISTINCT FROM (
    SELECT sha256(convert_to(string_agg(line, '' ORDER BY line COLLATE "C"), 'UTF8'))
    FROM (SELECT DISTINCT ON (name) name || ':' || encode(digest, 'hex') || chr(10) AS line
          FROM rulebook WHERE rulebook.journal < journal.seq ORDER BY name, version DESC) AS adopted)
UNION ALL
SELECT r.seq
FROM restated AS r
JOIN party ON party.id = r.party
WHERE (r.body ->> 'k')::numeric IS DISTINCT FROM (
        SELECT value FROM factor
        WHERE name = 'k' AND province = party.province AND year = r.year AND journal < r.seq
        ORDER BY version DESC LIMIT 1)
   OR r.body ->> 'mode' IS DISTINCT FROM (
        SELECT body ->> 'mode' FROM fossil_budget_event
        WHERE budget = r.id AND kind = 'set' AND journal < r.seq ORDER BY n DESC LIMIT 1)
"""
"""INV-15: whatever states grams names the rules in force, by digest, the k of its province, and the
mode that was decided."""

_GRAMS_WITHOUT_FACTOR: Final = f"""{_BUDGETS}
SELECT e.budget, posted.direct
FROM fossil_budget_event AS e
JOIN posted ON posted.id = e.budget
CROSS JOIN LATERAL (
    SELECT coalesce(sum(purchased * value * 1000000), 0) AS grams,
           bool_and(basis IS NOT DISTINCT FROM 'table') AS known
    FROM jsonb_to_recordset(e.body #> '{{statement,consumption,fuels}}')
         AS line (fuel text, purchased numeric)
    LEFT JOIN jsonb_to_recordset(e.body #> '{{statement,fuel_factors}}')
         AS used (fuel text, basis text, value numeric) USING (fuel)
) AS told
WHERE e.kind = 'close' AND (coalesce(known, true) AND abs(posted.direct - grams) < 1) IS NOT TRUE
"""
"""INV-15: a closing names the factor and the basis of each fuel, and they give the grams posted.
Until then an act names the rules that have the factors, and a digest of what it was worked out from.
Here fuels are only ever purchased, and counted by the table."""

CLAIMS: Final = {
    "INV-10: credited and sold or used up": _CREDITED_TWICE,
    "INV-10: credited beyond what is cancelled": _CREDITED_BEYOND,
    "INV-10: issued free into a credited month": _FREE_FOR_CREDIT,
    "INV-10: energy certified twice": _CERTIFIED_TWICE,
    "INV-11: due but not verified": _DUE_BUT_NOT_VERIFIED,
    "INV-11: discharged by something else": _DISCHARGED_BY_SOMETHING_ELSE,
    "INV-11: certificates and duties in one act": _CERTIFICATES_AND_DUTIES,
    "INV-12: reductions beside their room": _REDUCTIONS_BESIDE_ROOM,
    "INV-12: room beyond the share": _ROOM_BEYOND_SHARE,
    "INV-12: old vintages for new years": _OLD_VINTAGES,
    "INV-12: vintages borrowed": _BORROWED,
    "INV-12: reductions that do not count": _REDUCTIONS_UNFIT,
    "INV-13: converted unevenly": _CONVERTED_UNEVENLY,
    "INV-13: carried beyond the limit": _CARRIED_BEYOND,
    "INV-15: offset by another factor": _OFFSET_BY_ANOTHER_FACTOR,
    "INV-15: figures without law": _FIGURES_WITHOUT_LAW,
    "INV-15: grams without a factor": _GRAMS_WITHOUT_FACTOR,
}


def broken(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Ask everything; give what was found, by what it breaks."""
    found = {name: connection.execute(query.encode()).fetchall() for name, query in CLAIMS.items()}
    return {name: rows for name, rows in found.items() if rows}
