"""What a process remembers of parcels changes no answer, and does not outlive a change by others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.command import Act, Actor, Consolidate, Criteria, Exact
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_floor, lot_id
from ledger.posting import fronts, needs, wants
from ledger.posting.asked import Asked, Opened
from ledger.posting.batch import Engine, RuleCache
from ledger.posting.fronts import Found
from ledger.posting.search import Search
from ledger.posting.statement import LOAD, Statement
from ledger.posting.wire import Reply, Wire
from ledger.posting.writer import Writer
from ledger.store.engine import by_key
from tests.databases import Clones
from tests.fronts import check_fronts
from tests.posting.books import USER, command, make_book
from tests.posting.street import JULY, NOW, SALE, SIZE, Street, share_out
from tests.registry import NAME, opened

JUNE: Final = date(2025, 6, 1)


@pytest.fixture(scope="module")
def street(clones: Clones) -> Iterator[Street]:
    """Issue two lots, and share them out as crumbs."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            registry.adopt_shipped(max_trades="30000")
            party = registry.party("enterprise")
            issuer = registry.account(party, "generator")
            accounts = [registry.account(registry.party("enterprise"), "user") for _ in range(3)]
            plant = registry.plant(party, "wind", 1000)
            lots = [registry.issue(plant, month, SIZE) for month in (JUNE, JULY)]
            share_out(registry, Actor(party, "clerk", 9), issuer, accounts, lots)
        connect = partial(
            psycopg.connect, urls.app, autocommit=True, options=f"{by_key()} -c search_path={NAME}"
        )
        with connect() as conn, connect() as one, connect() as two:
            engines = [(Engine(NAME, RuleCache()), Wire(each)) for each in (one, two)]
            yield Street(urls, conn, engines, accounts, party, lots)


@st.composite
def acts(draw: st.DrawFn, street: Street) -> list[Act]:
    """Draw what neighbours do in one batch: sales by rule, of a month, of a serial, and tidying up."""
    made = []
    for _ in range(draw(st.integers(1, 6))):
        giver, taker = draw(st.permutations(range(3)))[:2]
        wanted: Criteria | Exact | None = draw(
            st.sampled_from((SALE, SALE, None, SALE._replace(month=JULY), Criteria(year=2025)))
        )
        units = draw(st.integers(1, 4) | st.integers(1, 40))
        what = draw(st.integers(0, 9))
        if what == 0:
            wanted, units = (
                Exact(draw(st.sampled_from(street.lots)), draw(st.integers(0, SIZE - 1))),
                1,
            )
        if what == 1:
            at = draw(st.integers(0, SIZE - 2))
            lot, size = draw(st.sampled_from(street.lots)), draw(st.integers(2, 6))
            whole = Consolidate(street.accounts[giver], lot, at, min(size, SIZE - at))
            made.append(Act("units.consolidate", (whole,)))
        else:
            made.append(street.sale(giver, taker, units, wanted))
    return made


@given(st.data())
def test_what_is_remembered_is_so_and_changes_no_answer(
    street: Street, data: st.DataObject
) -> None:
    """However little is kept, in however many parts a batch goes, and whoever posts between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(needs, "ACTS_OF_A_PART", data.draw(st.sampled_from((1, 2, 400))))
        patch.setattr(fronts, "PARCELS_KEPT", data.draw(st.sampled_from((1, 3, 48))))
        patch.setattr(wants, "_ASKED_MIN", data.draw(st.sampled_from((1, 3, 24))))
        for _ in range(data.draw(st.integers(1, 4))):
            asked = data.draw(acts(street))
            expected = street.foretold(asked)

            assert street.post(data.draw(st.integers(0, 1)), asked) == expected
            street.check()


@given(st.data())
def test_a_batch_begun_before_the_last_is_answered_misses_nothing(
    street: Street, data: st.DataObject
) -> None:
    """What was asked behind a front that has been cut back since does not count as all there is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fronts, "PARCELS_KEPT", data.draw(st.sampled_from((1, 3, 48))))
        patch.setattr(wants, "_ASKED_MIN", data.draw(st.sampled_from((1, 3, 24))))
        batches = data.draw(st.lists(acts(street), min_size=2, max_size=4))
        expected = street.foretold([act for batch in batches for act in batch])

        assert street.post_in_a_row(batches) == expected
        street.check()


def test_a_front_that_may_not_do_is_not_waited_for_twice(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes behind it is asked with the first question; nothing is asked again."""
    monkeypatch.setattr(wants, "_ASKED_MIN", 1)
    monkeypatch.setattr(Opened, "reach", lambda *_: 1)
    street.level()
    street.post(0, [street.sale(1, 0, 1), street.sale(2, 0, 1)])
    street.engines[0][0].fronts.forget()
    street.post(0, [street.sale(0, 1, 1)])
    asked: list[int] = []
    ask = wants.Pick._ask

    def counted(pick: wants.Pick, searches: list[Search]) -> Asked:
        asked.append(len(searches))
        return ask(pick, searches)

    monkeypatch.setattr(wants.Pick, "_ask", counted)
    street.post(0, [street.sale(0, 1, 1)])

    assert asked == [1, 0]


def test_what_one_process_did_another_does_not_sell_again(street: Street) -> None:
    """Both remember the same parcels; one sells them all, and the other looks again."""
    street.level()
    for which in (0, 1):
        street.post(which, [street.sale(1, 2, 1), street.sale(2, 1, 1)])
    has = street.book().balances[street.accounts[1], GEC].posted
    assert street.post(0, [street.sale(1, 2, has)])[0].get("code") is None
    refused, back, again = street.post(
        1, [street.sale(1, 2, 1), street.sale(2, 1, 2), street.sale(1, 2, 1)]
    )

    assert refused["code"] == "units_short"
    assert sum(n for *_, n in back["moved"]) == 2
    assert sum(n for *_, n in again["moved"]) == 1
    assert street.check() > 0


def test_remembered_parcels_are_not_asked_for_again(street: Street) -> None:
    """The second sale of an account asks the server for no parcel."""
    street.level()
    street.post(0, [street.sale(0, 1, 2)])
    sent: list[bytes] = []
    send = Wire.send

    def overheard(wire: Wire, statement: Statement, values: Sequence[bytes | None]) -> Reply:
        sent.append(statement.text)
        return send(wire, statement, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wire, "send", overheard)
        street.post(0, [street.sale(0, 1, 1)])

    assert LOAD["lock_balances"].text in sent
    assert LOAD["pick_parcels"].text not in sent


def test_what_is_found_later_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """More is found than is kept, and then the one that lies behind it."""
    monkeypatch.setattr(fronts, "PARCELS_KEPT", 1)
    lot, key = lot_id(GEC, date(2027, 5, 31), 1), (USER, GEC)
    parcels = [Parcel(lot, lo, lo + 1, USER, None, (1, lo + 1), 0, "issued") for lo in range(4)]
    book, floor = make_book(parcels), lot_floor(GEC, NOW.date())
    found = (
        Found(key, floor, (floor, -1), (lot, 2), parcels[:3]),
        Found(key, floor, (lot, 2), None, parcels[3:]),
    )
    remembered = fronts.Fronts()
    remembered.learn(book, dict(book.balances), [], found)
    front = remembered.current(key, 1, floor)

    assert front is not None
    assert (front.parcels, front.last) == (parcels[:1], (lot, 0))


def test_a_dry_run_is_not_remembered(street: Street) -> None:
    """It was rolled back; what it found and did is as if it had never been."""
    street.level()
    engine, wire = street.engines[0]
    tried = replace(command(0, street.sale(0, 1, 2)), key="tried")
    engine.process(wire, [tried], NOW, keep=False)
    street.post(1, [street.sale(0, 1, 5)])  # in the versions that the other would have made

    street.check()


@contextmanager
def no_commit(url: str) -> Iterator[None]:
    """Have every COMMIT of a journal fail in the database."""
    with psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}") as owner:
        owner.execute(
            "CREATE FUNCTION not_today() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$"
        )
        owner.execute(
            "CREATE CONSTRAINT TRIGGER not_today AFTER INSERT ON journal"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION not_today()"
        )
        yield
        owner.execute("DROP FUNCTION not_today CASCADE")


def test_a_batch_whose_commit_failed_is_not_remembered(street: Street) -> None:
    """What it taught while the server was at its COMMIT is forgotten; others may make its versions."""
    street.level()
    with closing(Writer(street.urls.app, NAME, lambda: NOW)) as writer:
        writer.submit([replace(command(0, street.sale(0, 1, 1)), key="committed")])
        with no_commit(street.urls.owner), pytest.raises(psycopg.Error, match="not today"):
            writer.submit([replace(command(0, street.sale(0, 1, 2)), key="not committed")])
        street.post(1, [street.sale(0, 1, 5)])

        check_fronts(street.conn, writer._engine.fronts)
        writer.submit([replace(command(0, street.sale(0, 1, 1)), key="committed, too")])
        assert check_fronts(street.conn, writer._engine.fronts) > 0


def test_a_new_connection_begins_with_nothing_remembered(street: Street) -> None:
    """While nobody was connected the database may have been put back to what it was before."""
    street.level()
    with closing(Writer(street.urls.app, NAME, lambda: NOW)) as writer:
        writer.submit([replace(command(0, street.sale(0, 1, 1)), key="before")])
        assert check_fronts(street.conn, writer._engine.fronts) > 0
        wire = writer._at_rest
        assert wire is not None
        assert wire.conn.execute("SHOW synchronous_commit").fetchone() == ("on",)
        street.conn.execute("SELECT pg_terminate_backend(%s)", [wire.conn.info.backend_pid])
        writer.submit([replace(command(0, street.sale(0, 1, 1)), key="tried again")], keep=False)

        assert check_fronts(street.conn, writer._engine.fronts) == 0


def test_what_has_expired_since_is_not_sold(street: Street) -> None:
    """Remembered the day before its validity ends, a parcel is passed over the day after."""
    street.level()
    late = NOW + timedelta(days=5 * 365)
    asked = [street.sale(0, 1, 1)]

    expected = street.foretold(asked, late)
    assert street.post(0, asked, late) == expected
    assert expected[0]["code"] == "too_few_eligible"
