-- find_days --
-- The first lot a day could have, for each day on which free certificates of an account expire.
WITH RECURSIVE step AS (
    SELECT (
        SELECT min(parcel.lot)
        FROM parcel
        WHERE parcel.account = %(account)s AND parcel.hold IS NULL
          AND parcel.lot >= %(floor)s AND parcel.lot < %(ceiling)s
    ) AS lot
    UNION ALL
    SELECT (
        SELECT min(parcel.lot)
        FROM parcel
        WHERE parcel.account = %(account)s AND parcel.hold IS NULL
          AND parcel.lot >= ((step.lot >> 32) + 1) << 32 AND parcel.lot < %(ceiling)s
    )
    FROM step
    WHERE step.lot IS NOT NULL
)
SELECT (step.lot >> 32) << 32 FROM step WHERE step.lot IS NOT NULL;

-- pick_day --
-- Free parcels that expire on one day and may count under one cap, the cheapest first. Where each ends
-- is looked up for those alone. Of what was joined from several purchases, no one price is known.
SELECT
    picked.lot, picked.lo, picked.first_serial + picked.lo,
    coalesce((
        SELECT min(parcel.lo) FROM parcel WHERE parcel.lot = picked.lot AND parcel.lo > picked.lo
    ), picked.size) - picked.lo,
    picked.inside, picked.price, picked.origin, picked.category
FROM (
    SELECT
        parcel.lot, parcel.lo, parcel.size, parcel.origin, lot.first_serial, lot.category,
        lot.province = %(province)s AS inside, coalesce(posting.price_fen, 0) AS price
    FROM parcel
    JOIN lot ON lot.id = parcel.lot
    LEFT JOIN posting
        ON posting.journal = parcel.acquired_journal AND posting.n = parcel.acquired_n
    WHERE parcel.account = %(account)s AND parcel.hold IS NULL
      AND parcel.lot >= %(floor)s AND parcel.lot < %(ceiling)s
      AND parcel.origin <> %(green)s
      AND lot.month >= %(first)s AND lot.month <= %(last)s
      AND lot.category = ANY(%(categories)s::text[])
      AND (
          NOT %(capped)s OR %(inside)s::boolean IS NOT DISTINCT FROM CASE
              WHEN parcel.origin = ANY(%(uncapped)s::text[]) THEN NULL
              ELSE lot.province = %(province)s
          END
      )
    ORDER BY price, parcel.lot, parcel.lo
    LIMIT %(most)s
) AS picked
ORDER BY picked.price, picked.lot, picked.lo;

-- pick_held --
-- Parcels under one hold, as the statement before tells free ones.
SELECT
    parcel.lot, parcel.lo, lot.first_serial + parcel.lo,
    coalesce((
        SELECT min(next.lo) FROM parcel AS next WHERE next.lot = parcel.lot AND next.lo > parcel.lo
    ), parcel.size) - parcel.lo,
    lot.province = %(province)s, coalesce(posting.price_fen, 0), parcel.origin, lot.category
FROM parcel
JOIN lot ON lot.id = parcel.lot
LEFT JOIN posting
    ON posting.journal = parcel.acquired_journal AND posting.n = parcel.acquired_n
WHERE parcel.hold = %(hold)s
ORDER BY parcel.lot, parcel.lo;

-- count_alike --
-- All that is free of an account, by its balance, where every lot of it may count and comes from one side of
-- the province's border, and nothing is green power or assigned; no row where any of it may not, or the lots are many.
WITH RECURSIVE step (lot, nth) AS (
    SELECT (
        SELECT min(parcel.lot)
        FROM parcel
        WHERE parcel.account = %(account)s AND parcel.hold IS NULL AND parcel.lot >= %(oldest)s
    ), 1
    UNION ALL
    SELECT (
        SELECT min(parcel.lot)
        FROM parcel
        WHERE parcel.account = %(account)s AND parcel.hold IS NULL AND parcel.lot > step.lot
    ), step.nth + 1
    FROM step
    WHERE step.lot IS NOT NULL AND step.nth <= %(lots_max)s
), every_lot AS (
    SELECT
        count(*) AS lots,
        bool_and(
            lot.id >= %(floor)s AND lot.id < %(ceiling)s
            AND lot.month >= %(first)s AND lot.month <= %(last)s
            AND lot.category = ANY(%(categories)s::text[])
        ) AS fit,
        bool_and(lot.province = %(province)s) AS inside,
        bool_and(lot.province <> %(province)s) AS outside
    FROM step
    JOIN lot ON lot.id = step.lot
)
SELECT every_lot.inside, balance.posted - balance.held
FROM every_lot
JOIN balance ON balance.account = %(account)s AND balance.instrument = %(instrument)s
WHERE every_lot.lots <= %(lots_max)s AND every_lot.fit AND every_lot.inside <> every_lot.outside
  AND NOT EXISTS (
      SELECT FROM parcel
      WHERE parcel.account = %(account)s AND parcel.origin IN ('green_power', 'assigned')
  );

-- count_own --
-- Certificates of an account that may count, by the cap that binds them: what came in of each lot less
-- what went out is what is there; less what is held, and what is green power.
WITH apart AS MATERIALIZED (
    SELECT parcel.lot, parcel.lo, parcel.size, false AS counts
    FROM hold
    JOIN parcel ON parcel.hold = hold.id
    WHERE hold.account = %(account)s AND hold.remaining > 0
      AND parcel.lot >= %(floor)s AND parcel.lot < %(ceiling)s
    UNION ALL
    SELECT parcel.lot, parcel.lo, parcel.size, parcel.origin <> %(green)s
    FROM parcel
    WHERE parcel.account = %(account)s AND parcel.hold IS NULL
      AND parcel.lot >= %(floor)s AND parcel.lot < %(ceiling)s
      AND parcel.origin = ANY(%(uncapped)s::text[] || %(green)s::text)
), sized AS MATERIALIZED (
    SELECT
        apart.lot, apart.counts,
        coalesce((
            SELECT min(parcel.lo) FROM parcel WHERE parcel.lot = apart.lot AND parcel.lo > apart.lo
        ), apart.size) - apart.lo AS units
    FROM apart
), flow (lot, uncapped, units) AS (
    SELECT posting.lot, false, posting.amount
    FROM posting
    WHERE posting.credit = %(account)s AND posting.instrument = %(instrument)s
      AND posting.lot >= %(floor)s AND posting.lot < %(ceiling)s
    UNION ALL
    SELECT posting.lot, false, -posting.amount
    FROM posting
    WHERE posting.debit = %(account)s AND posting.instrument = %(instrument)s
      AND posting.lot >= %(floor)s AND posting.lot < %(ceiling)s
    UNION ALL
    SELECT sized.lot, false, -sized.units FROM sized
    UNION ALL
    SELECT sized.lot, true, sized.units FROM sized WHERE sized.counts
), of_lot AS (
    SELECT flow.lot, flow.uncapped, sum(flow.units) AS units
    FROM flow
    GROUP BY flow.lot, flow.uncapped
)
SELECT
    CASE WHEN NOT of_lot.uncapped THEN lot.province = %(province)s END,
    sum(of_lot.units)::bigint
FROM of_lot
JOIN lot ON lot.id = of_lot.lot
WHERE lot.month >= %(first)s AND lot.month <= %(last)s
  AND lot.category = ANY(%(categories)s::text[])
GROUP BY CASE WHEN NOT of_lot.uncapped THEN lot.province = %(province)s END;
