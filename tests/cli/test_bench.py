"""`greenledger bench`: what it prints, when it fails, and that it does not believe itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bench.book import Book, open_book
from api.bench.cases import CASES
from api.bench.clerk import months_before
from api.bench.client import Target, drive_own
from api.bench.doors import EMPTY, Doors, served
from api.bench.engine import drive
from api.bench.figures import FIGURES, Figure, chosen
from api.bench.loads import Mix, Trades
from api.bench.market import Market
from api.bench.planning import SHARES, Planning
from api.bench.report import Report
from api.bench.sample import Sample, quantile
from api.bench.scale import TINY
from api.bench.tpcb import find_pgbench
from ledger.database import Urls
from ledger.embedded import Binaries, DatabaseFault
from schemas.identifiers import IdPrefix, encode_id
from tests.cli.test_cli import ROOT, RUN, greenledger

REGISTRY = "registry"


@pytest.fixture
def market(database: Urls) -> Iterator[Market]:
    """Lend a very small market on the tests' own server."""
    with open_book(database, REGISTRY) as book:
        yield Market(book, TINY, lambda _: None)


def report(value: float, *faults: str) -> Report:
    """Make a report of one figure, whose bar is 2."""
    figure = Figure("ours_vs_theirs", "ours", "theirs", 2, 4)
    samples = {"ours": [Sample(value)], "theirs": [Sample(1)]}
    return Report((figure,), samples, {"ours": "tx/s", "theirs": "tx/s"}, faults, {})


def damage(book: Book, statement: str) -> None:
    """Change history as only an owner without guards could."""
    with psycopg.connect(book.urls.owner) as conn:
        conn.execute("SET search_path = registry")
        conn.execute("ALTER TABLE command DISABLE TRIGGER USER")
        conn.execute(statement.encode())


def test_a_figure_below_its_bar_is_exit_code_1_and_said_so() -> None:
    """A release that got slower must not look like one that did not."""
    good, bad = report(3), report(1.9)

    assert (good.exit_code, good.bars_ok, good.facts()["ours_vs_theirs"]["ok"]) == (0, True, True)
    assert (bad.exit_code, bad.bars_ok, bad.counts) == (1, False, True)
    assert any("BELOW THE BAR" in line for line in bad.lines())


def test_a_book_that_does_not_hold_makes_the_run_not_count() -> None:
    """However fast it was."""
    told = report(100, "bench_market: balance_is_its_postings")

    assert (told.exit_code, told.facts()["counts"], told.facts()["bars_ok"]) == (1, False, True)
    assert any("DOES NOT COUNT" in line for line in told.lines())


def test_a_figure_that_should_be_low_is_held_from_above() -> None:
    """Seconds and ratios of latency have their bar on the other side."""
    low = Figure("seconds", "ours", None, 180, 60, best="low", unit="s")

    assert (low.holds(180), low.holds(180.1)) == (True, False)
    assert low.told({"ours": [Sample(3), Sample(1), Sample(2)]}) == {
        "median": 2,
        "range": [1, 3],
        "rounds": 3,
        "unit": "s",
        "best": "low",
        "bar": 180,
        "aim": 60,
        "ok": True,
    }


def test_every_figure_is_made_of_cases_that_exist() -> None:
    """A misspelt case would only be found after minutes of filling."""
    names = Counter(case.name for case in CASES)

    assert {name for figure in FIGURES for name in figure.cases} == names.keys()
    assert set(names.values()) == {1}


def test_figures_are_chosen_by_name() -> None:
    """None named means all; a name of no figure is refused."""
    assert chosen([]) == FIGURES
    assert [figure.name for figure in chosen(["bulk_vs_tpcb"])] == ["bulk_vs_tpcb"]
    with pytest.raises(ValueError, match="bulk"):
        chosen(["bulk"])


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_a_time_that_was_measured(times: list[float], share: float) -> None:
    """And at least that share of all times does not exceed it."""
    found = quantile(times, share)

    assert found in times
    assert sum(time <= found for time in times) >= share * len(times)


@given(st.dates(date(2020, 1, 1), date(2900, 1, 1)), st.integers(1, 30))
def test_months_before_a_day_are_over_and_in_a_row(day: date, count: int) -> None:
    """The last is the month before the day's own."""
    months = months_before(day, count)

    assert len(months) == count
    assert all((later - one).days in range(28, 32) for one, later in pairwise(months))
    assert 1 <= (day.replace(day=1) - months[-1]).days <= 31


def test_a_server_without_pgbench_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    """`main` turns it into exit code 3 and one line."""
    with pytest.raises(DatabaseFault, match="pgbench"):
        find_pgbench(Binaries(tmp_path, 18))
    with pytest.raises(DatabaseFault, match="pgbench"):
        find_pgbench(None)


@pytest.mark.parametrize("args", [("--only", "nothing"), ("--scale", "huge"), ("--what",)])
def test_wrong_usage_of_bench_is_exit_code_2(args: tuple[str, ...]) -> None:
    """Before anything is started."""
    assert greenledger("bench", *args).returncode == 2


def test_the_mix_is_answered_as_it_must_be_and_the_book_holds(market: Market) -> None:
    """Ten in a hundred retire, five hold and settle, five are refused; nobody else is."""
    sample = drive(market.book, Mix(market).mixed, TINY)
    market.book.examine()
    with psycopg.connect(market.book.urls.owner) as conn:
        rows = conn.execute(
            "SELECT kind, count(*) FROM registry.journal WHERE kind LIKE 'gec.retire' "
            "OR kind LIKE 'hold%' GROUP BY kind ORDER BY kind"
        ).fetchall()

    assert market.book.faults == []
    assert sample.value > 0
    assert len(sample.times_ms) == TINY.batches
    assert rows == [
        ("gec.retire", TINY.batch * 10 // 100 * TINY.batches),
        ("hold.open", TINY.batch * 5 // 100 * TINY.batches),
    ]


def test_a_command_that_was_lost_is_noticed(market: Market) -> None:
    """An answer without its command in the book makes the run not count."""
    load = Trades(market).split(TINY.batch)
    answers = market.book.desk.writer.submit(load.commands)
    told = {
        (wanted.actor.client, wanted.key): answer.outcome or {}
        for wanted, answer in zip(load.commands, answers, strict=True)
    }
    market.book.compare(told)
    sound = list(market.book.faults)
    damage(market.book, f"DELETE FROM command WHERE key = '{load.commands[7].key}'")
    market.book.compare(told)

    assert sound == []
    assert any("not in the book as acknowledged: 1" in fault for fault in market.book.faults)


def test_a_balance_that_was_changed_is_noticed(market: Market) -> None:
    """`doctor` names it, and the run does not count."""
    drive(market.book, Trades(market).fungible, TINY)
    damage(
        market.book,
        "UPDATE balance SET posted = posted + 1 WHERE account = (SELECT max(account) FROM balance)",
    )
    market.book.examine()

    assert any("balance_is_its_postings" in fault for fault in market.book.faults)


def test_an_answer_that_was_not_expected_is_noticed(market: Market) -> None:
    """A load that is refused measures refusals, which cost less."""
    damage(market.book, "UPDATE account SET frozen = true WHERE class = 'generator'")
    drive(market.book, Trades(market).split, TINY)

    assert any("unexpected answers" in fault for fault in market.book.faults)


def test_short_records_are_noticed(market: Market) -> None:
    """The engine is measured with records of the length they have in service."""
    drive(market.book, Trades(market).split, TINY)

    assert market.book.weigh_records(["transfer.listing"]) >= 600
    assert market.book.faults == []
    assert market.book.weigh_records(["plant.approve"]) < 600
    assert len(market.book.faults) == 1


@pytest.mark.slow
def test_a_plan_of_every_share_covers_what_it_must(database: Urls) -> None:
    """A unit of a hundred purchases; a plan that says something else is a fault of the book."""
    with open_book(database, REGISTRY) as book:
        sample = Planning(book, TINY, lambda _: None).plan()

        assert book.faults == []
        assert sample.told["parcels"] == TINY.giant_parcels
        assert len(sample.times_ms) == len(SHARES) * 5


def test_requests_over_http_are_kept_once_each(market: Market) -> None:
    """Batches and single requests, by real keys through a real server."""
    doors = Doors(market, TINY)
    bulk, single = doors.bulk(), doors.single()
    market.book.examine()

    assert market.book.faults == []
    assert bulk.value > 0
    assert single.value > 0


def test_our_own_client_serves_where_wrk_is_not_installed() -> None:
    """Every request is answered by the empty endpoint."""
    body = {
        "from_account": encode_id(IdPrefix.ACCOUNT, 1000),
        "to_account": encode_id(IdPrefix.ACCOUNT, 1001),
        "instrument": "GEC",
        "quantity": 1,
        "mode": "listing",
    }
    with served(EMPTY, {}) as address:
        target = Target(address, "/v1/transfers", [("gl_x", json.dumps(body))], "k")
        driven = drive_own(target, connections=2, seconds=1)

    assert driven.done > 0
    assert driven.failed == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_figure_is_measured_and_told_as_json() -> None:
    """Median, range and bar by name; the exit code follows from `bars_ok` and `counts`."""
    told = greenledger(
        *("bench", "--quick", "--only", "engine_split_vs_tpcb", "--json", "--scale", "tiny"),
        seconds=280,
    )
    facts = json.loads(told.stdout)

    assert facts["counts"] is True, facts["faults"]
    assert told.returncode == (0 if facts["bars_ok"] else 1), told.stderr
    figure = facts["engine_split_vs_tpcb"]
    assert (figure["bar"], figure["aim"], figure["rounds"]) == (2.5, 5, TINY.rounds)
    assert figure["range"][0] <= figure["median"] <= figure["range"][1]
    assert facts["cases"].keys() == {"split", "tpcb"}
    assert {"p50_ms", "p99_ms"} <= facts["cases"]["split"].keys()
    assert facts["run"]["fsync"] == facts["run"]["synchronous_commit"] == "on"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_figure_can_be_measured() -> None:
    """The whole bench, very small: all figures are there, and the books hold."""
    told = greenledger("bench", "--json", "--scale", "tiny", seconds=380)
    facts = json.loads(told.stdout)

    assert facts["counts"] is True, facts["faults"]
    assert facts.keys() >= {figure.name for figure in FIGURES}
    assert facts["cases"].keys() == {case.name for case in CASES}


@pytest.mark.slow
def test_told_to_stop_it_leaves_nothing_behind() -> None:
    """No server, and no gigabytes in the folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="greenledger-") as scratch:
        Path(scratch).chmod(0o711)  # ours: the server's user must reach below it
        bench = subprocess.Popen(
            [sys.executable, "-P", "-c", RUN, "bench", "--scale", "tiny"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": scratch},
            stderr=subprocess.PIPE,
        )
        assert bench.stderr is not None
        said = iter(bench.stderr.readline, b"")
        begun = any(line.startswith(b"tpcb") for line in said)
        bench.terminate()
        code = bench.wait(60)
        bench.stderr.close()
        left = list(Path(scratch).iterdir())

    assert begun
    assert (code, left) == (128 + signal.SIGTERM, [])
