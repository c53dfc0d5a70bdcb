"""The command line: what a newcomer types, and what an operator's scripts rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ledger.database import Urls

PROMISED = {
    *("plants", "lots_issued", "certificates_issued", "transfers", "retirements"),
    *("allowances_allocated", "allowances_surrendered", "budgets_closed", "conservation_ok"),
    *("allowances_carried_over", "reductions_surrendered", "emitters_in_arrears"),
    *("log_size", "bundle", "policy", "bundle_verified", "seconds", "attribution"),
}
COMMANDS = (
    "serve",
    "demo",
    "migrate",
    "keys",
    "db",
    "doctor",
    "bench",
    "bundle",
    "import",
    "report",
    "verify",
    "signing-key",
    "witness",
)
ROOT = Path(__file__).parents[2]
RUN = "import sys; sys.argv[0] = 'greenledger'; from api.cli import main; sys.exit(main())"


def greenledger(
    *args: str, urls: Urls | None = None, seconds: int = 60, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, against a database if one is named."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}
    if urls is not None:
        environment |= {"DATABASE_URL": urls.app, "GREENLEDGER_OWNER_URL": urls.owner}
    return subprocess.run(
        [sys.executable, "-P", "-c", RUN, *args],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def test_help_names_every_command() -> None:
    """A newcomer finds serve, demo, migrate, keys, db, doctor, bench, signing-key and witness."""
    told = greenledger("--help")

    assert told.returncode == 0
    for command in COMMANDS:
        assert command in told.stdout


@pytest.mark.parametrize("args", [("nonsense",), ("keys", "create", "emperor", "me"), ("--what",)])
def test_wrong_usage_is_exit_code_2(args: tuple[str, ...], database: Urls) -> None:
    """A script can tell a typing mistake from a refusal."""
    assert greenledger(*args, urls=database).returncode == 2


def test_migrate_tells_what_is_pending_and_then_nothing(empty_database: Urls) -> None:
    """`--check` changes nothing; a second run has nothing to do."""
    pending = greenledger("migrate", "--check", "--json", urls=empty_database)
    applied = greenledger("migrate", "--json", urls=empty_database)
    again = greenledger("migrate", "--check", "--json", urls=empty_database)

    assert pending.returncode == 1
    assert json.loads(pending.stdout)["pending"] == json.loads(applied.stdout)["applied"] != []
    assert (again.returncode, json.loads(again.stdout)) == (0, {"pending": []})


def test_a_key_is_made_listed_without_secret_and_revoked(database: Urls) -> None:
    """The secret is shown once and kept nowhere."""
    made = json.loads(
        greenledger("keys", "create", "operator", "me", "--json", urls=database).stdout
    )
    listed = greenledger("keys", "list", "--json", urls=database)
    client = json.loads(listed.stdout)["keys"][0]
    greenledger("keys", "revoke", client["client_id"], urls=database)
    after = json.loads(greenledger("keys", "list", "--json", urls=database).stdout)["keys"][0]

    secret = made["key"].rsplit("_", 1)[1]
    assert secret not in listed.stdout
    with psycopg.connect(database.owner) as conn:
        row = conn.execute("SELECT c::text FROM registry.client AS c").fetchone()
    assert row is not None
    assert secret not in str(row[0])
    assert (client["revoked"], after["revoked"]) == (False, True)


def test_doctor_is_0_on_a_sound_book_and_1_on_a_damaged_one(database: Urls) -> None:
    """Its exit code is what a watchman's script reads."""
    greenledger("keys", "create", "operator", "me", urls=database)
    sound = greenledger("doctor", "--json", urls=database)
    with psycopg.connect(database.owner) as conn:
        conn.execute("ALTER TABLE registry.journal DISABLE TRIGGER USER")
        conn.execute("UPDATE registry.journal SET leaf = sha256('x')")
    damaged = greenledger("doctor", "--json", urls=database)

    assert (sound.returncode, json.loads(sound.stdout)["sound"]) == (0, True)
    assert damaged.returncode == 1
    named = {finding["check"] for finding in json.loads(damaged.stdout)["findings"]}
    assert "leaf_is_of_its_record" in named


def test_a_server_that_is_not_there_is_exit_code_3() -> None:
    """The machine's fault, in one line, without a stack trace."""
    nowhere = Urls(app="postgresql://u:p@127.0.0.1:1/x", owner="postgresql://u:p@127.0.0.1:1/x")
    told = greenledger("migrate", urls=nowhere)

    assert told.returncode == 3
    assert "Traceback" not in told.stderr


def test_a_small_life_ends_conserved_and_leaves_no_trace(database: Urls, tmp_path: Path) -> None:
    """`greenledger demo --plants 30` on a server of ours uses a schema of its own, and drops it."""
    told = greenledger("demo", "--plants", "30", "--json", urls=database, TMPDIR=str(tmp_path))

    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures.keys() >= PROMISED
    assert (figures["plants"], figures["lots_issued"]) == (30, 360)
    assert figures["conservation_ok"] is True
    assert figures["bundle_verified"] is True
    assert figures["budgets_closed"] == len(figures["budgets"]) == 4
    again = greenledger("verify", figures["bundle"], "--policy", figures["policy"], "--json")
    assert json.loads(again.stdout)["entries"] == figures["log_size"]
    with psycopg.connect(database.owner) as conn:
        left = conn.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'demo%'")
        assert left.fetchone() == (0,)
        assert conn.execute("SELECT count(*) FROM registry.journal").fetchone() == (0,)


def test_a_server_of_production_is_no_place_for_a_demo(database: Urls) -> None:
    """Production never meets sample data, not even beside it."""
    told = greenledger("demo", "--json", urls=database, GREENLEDGER_PRODUCTION="true")

    assert (told.returncode, told.stdout) == (1, "")


@pytest.mark.slow
def test_the_whole_life_ends_conserved(tmp_path: Path) -> None:
    """`greenledger demo --json` on the real fleet, whole."""
    told = greenledger("demo", "--json", seconds=300, TMPDIR=str(tmp_path))

    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures["plants"] >= 1_900
    assert figures["lots_issued"] >= 20_000
    assert figures["conservation_ok"] is True
    assert figures["budgets_closed"] == 4
    assert figures["bundle_verified"] is True
