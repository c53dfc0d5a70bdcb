"""The sample is loaded through the same desk as everything else, wholly, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.composition import open_desk
from api.demo import Demo, told
from api.sample.desk import Clock, Office
from api.sample.figures import count
from api.sample.fleet import load_fleet
from api.sample.keys import keep, kept, make_demo_keys
from api.sample.life import START, Life, Scope, live, part_of
from api.sample.market import share
from ledger.database import Urls
from ledger.doctor import conservation_ok, examine
from ledger.model.command import Actor
from ledger.posting.answers import Answer
from ledger.settings import Settings
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Desk, Envelope, Reader

SETTINGS = Settings(sandbox=True)
SMALL = Scope(months=range(9, 13), plants=30)


class PowerCut(Exception):
    """The machine stops."""


class Failing(Desk):
    """A desk whose machine stops after so many posts; what it posted before stands."""

    left = 0

    def post_many(
        self,
        actor: Actor,
        envelopes: Sequence[Envelope],
        decide: Callable[[Reader], Sequence[Any]],
        *,
        keep: bool = True,
    ) -> list[Answer]:
        """Post, unless the machine stopped."""
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        return super().post_many(actor, envelopes, decide, keep=keep)


def lived(urls: Urls, posts: int | None = None) -> Life:
    """Live the small sample in a database, up to the power cut if there is to be one."""
    clock = Clock(START)
    with open_desk(urls, SETTINGS, clock) as desk:
        if posts is None:
            return live(desk, clock, lambda _: None, SMALL)[1]
        failing = Failing(desk.reads, desk.writer, clock, desk.registry)
        failing.left = posts
        return live(failing, clock, lambda _: None, SMALL)[1]


def history(urls: Urls) -> tuple[Any, ...]:
    """Read how much history there is."""
    with psycopg.connect(urls.owner) as conn:
        row = conn.execute(
            "SELECT (SELECT max(seq) FROM registry.journal), (SELECT count(*) FROM registry.posting),"
            " (SELECT count(*) FROM registry.command)"
        ).fetchone()
    assert row is not None
    return row


def test_a_small_life_is_conserved_and_does_everything_once(database: Urls) -> None:
    """Every verb of the demo happens, and plain SQL finds nothing amiss."""
    life = lived(database)

    assert all(life.figures.values()), life.figures
    assert life.figures["plants"] == 30
    assert life.figures["lots_issued"] == 30 * 4
    assert life.figures["budgets_closed"] == 4
    lines = list(told(Demo({**life.figures, "budgets": []}, life.statements)))
    for statement in life.statements:
        assert f"{statement['name']}: its fossil budget, closed" in lines
        assert f"  balance gce: {statement['balance_gce']:,}" in lines
    assert [(closed["name"], closed["status"]) for closed in life.statements] == [
        ("Demo Steel Works 3", "MET_WITH_OFFSET"),
        ("Demo Aluminium Smelter 2", "NOT_MET"),
        ("Demo Chemical Works 1", "MET"),
        ("Demo Data Centre 1", "MET_WITH_OFFSET"),
    ]
    assert examine(database.owner, "registry") == []


def test_the_mill_of_the_sample_is_the_worked_case(database: Urls) -> None:
    """V-5 to the certificate: 1,413,296 of them, 58,800 g within budget, in any number of months."""
    mill = lived(database).statements[0]

    assert mill["certificates"] == 1_413_296
    assert (mill["traded_kwh"], mill["balance_gce"]) == (200_000_000, 58_800)


def test_figures_of_the_sample_rest_on_a_document_that_says_so(database: Urls) -> None:
    """The smelter is recognised under its province's caps, and the data centre's other energy confirmed."""
    life = lived(database)
    named = [
        {one["name"]: one for one in closed["open_points"] if one["evidence"] == "entered"}
        for closed in life.statements
    ]
    smelter, centre = life.statements[1], life.statements[3]

    assert all("虚构" in one["document"] for points in named for one in points.values())
    assert named[0].keys() == {"k"}
    assert {"k"} < named[1].keys() <= {"k", "cap_in_province", "cap_out_of_province"}
    assert 0 < smelter["certificates"] <= 20_000 + 200_000  # of 300,000 bought
    assert smelter["modes"]["net"]["needed"] > smelter["modes"]["net"]["room"]
    assert (centre["traded_kwh"], centre["unconfirmed_kwh"]) == (200_000_000, 0)
    lines = list(told(Demo({}, life.statements)))
    assert sum(line.startswith("  cap_") for line in lines) == len(named[1]) - 1


@given(st.integers(0, 10**7), st.integers(1, 12))
def test_months_share_a_whole_wholly(whole: int, months: int) -> None:
    """However many they are, and no month gets more than its part rounded up."""
    year = range(1, months + 1)
    shares = [share(whole, year, month) for month in year]

    assert sum(shares) == whole
    assert max(shares) <= -(-whole // months)


def test_a_second_life_changes_nothing(database: Urls) -> None:
    """Everything answers from its key, and nothing is drawn again."""
    first = lived(database)
    before = history(database)
    second = lived(database)

    assert history(database) == before
    assert second == first


@pytest.mark.parametrize("posts", [1, 9, 14, 17, 24, 33, 41])
def test_a_life_cut_short_comes_to_the_same_when_it_goes_on(
    database: Urls, whole: tuple[Life, list[Any]], posts: int
) -> None:
    """Cut after so many posts and started again, it counts and moves what an undisturbed one does."""
    with pytest.raises(PowerCut):
        lived(database, posts)
    resumed = lived(database)

    life, sums = whole
    assert resumed.figures == life.figures
    assert [closed["balance_gce"] for closed in resumed.statements] == [
        closed["balance_gce"] for closed in life.statements
    ]
    assert moved(database) == sums
    assert conservation_ok(database.owner, "registry")


@pytest.fixture(scope="module")
def whole(clones: Any) -> tuple[Life, list[Any]]:
    """One undisturbed life, and what it moved."""
    with clones.fresh() as urls:
        return lived(urls), moved(urls)


def moved(urls: Urls) -> list[Any]:
    """Sum what was moved, by kind, day, instrument and price."""
    with psycopg.connect(urls.owner) as conn:
        return conn.execute(
            "SELECT j.kind, j.day, p.instrument, p.price_fen, count(DISTINCT j.grp), sum(p.amount)"
            " FROM registry.journal AS j JOIN registry.posting AS p ON p.journal = j.seq"
            " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        ).fetchall()


def test_a_registry_in_use_gets_no_sample(database: Urls) -> None:
    """Only an empty registry wants it, or one whose load was interrupted; not one that has it."""
    with open_desk(database, SETTINGS, Clock(START)) as desk:
        office = Office(desk, Clock(START))
        wanted = [office.wants_sample()]
        office.begin()
        wanted.append(office.wants_sample())
        office.finish()
        with psycopg.connect(database.owner) as conn:
            conn.execute(
                "INSERT INTO registry.party (id, scheme, identity, name, kinds)"
                " VALUES (5000, 'uscc', 'X', 'somebody', '{enterprise}')"
            )
        wanted.append(office.wants_sample())

    assert wanted == [True, True, False]


def test_somebody_registered_first_keeps_the_sample_out(database: Urls) -> None:
    """A real registry that is started as a sandbox by mistake is left alone."""
    with psycopg.connect(database.owner) as conn:
        conn.execute(
            "INSERT INTO registry.party (id, scheme, identity, name, kinds)"
            " VALUES (5000, 'uscc', 'X', 'somebody', '{enterprise}')"
        )
    with open_desk(database, SETTINGS, Clock(START)) as desk:
        assert not Office(desk, Clock(START)).wants_sample()


def test_demo_keys_are_kept_for_their_owner_alone_and_hashed_in_the_book(
    database: Urls, tmp_path: Any
) -> None:
    """The file is 0600, and names only keys that open this registry."""
    clock = Clock(START)
    with open_desk(database, SETTINGS, clock) as desk:
        cast, _ = live(desk, clock, lambda _: None, SMALL)
        made = make_demo_keys(desk, cast)
        keep(made, tmp_path)
        found = kept(desk, tmp_path)
        with psycopg.connect(database.owner) as conn:
            rows = str(conn.execute("SELECT c::text FROM registry.client AS c").fetchall())
            bodies = conn.execute("SELECT body FROM registry.journal").fetchall()

    assert found == made
    assert (tmp_path / "demo_keys.json").stat().st_mode & 0o777 == 0o600
    roles = {key.role for key in made}
    assert {"generator", "enterprise", "exchange", "regulator", "issuer", "operator"} <= roles
    parties = {key.role: key.party for key in made}
    with open_desk(database, SETTINGS, clock) as desk, desk.reader() as read:
        p = t.party.c
        homes = {
            encode_id(IdPrefix.PARTY, row.id): row.province
            for row in read.conn.execute(select(p.id, p.province))
        }
    assert homes[parties["province"]] == homes[parties["emitter"]]
    assert [key.role for key in made].count("province") == 2
    assert "verifier" in roles
    secrets = [key.key.rsplit("_", 1)[1] for key in made]
    assert not any(secret in rows for secret in secrets)
    assert not any(secret.encode() in bytes(body) for secret in secrets for (body,) in bodies)


def test_keys_of_another_registry_are_not_told(database: Urls, tmp_path: Any) -> None:
    """A data folder may outlive the registry whose keys it keeps."""
    from api.sample.keys import DemoKey

    keep((DemoKey("operator", "x", "pty_1", None, None, "gl_0123456789_" + "a" * 43),), tmp_path)
    with open_desk(database, SETTINGS, Clock(START)) as desk:
        assert kept(desk, tmp_path) == ()
        assert count(desk)["plants"] == 0


def test_a_part_of_the_fleet_has_owners_and_sellers() -> None:
    """The largest that can sell, with their owners; without a number it is the whole fleet."""
    fleet = load_fleet()
    part = part_of(fleet, 30)

    assert len(part.plants) == len(part.coal_plants) == 30
    owners = {owner.credit_code for owner in part.owners}
    assert {plant.owner_credit_code for plant in part.plants} == owners
    assert part_of(fleet, None) is fleet
