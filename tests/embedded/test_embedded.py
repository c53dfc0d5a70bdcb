"""The embedded server: one for all of a checkout, gone with its last user, whatever happens."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ledger import embedded
from ledger.embedded.cluster import shared_buffers
from ledger.embedded.locks import is_held
from ledger.embedded.places import ServerUser, home_for, reachable, server_user

USE = Path(__file__).with_name("use.py")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


def using(folder: Path, uid: int | None = None) -> subprocess.Popen[str]:
    """Start another process that uses the server of `folder`, and wait until it has it."""
    command = [sys.executable, str(USE), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/", user=uid)
    assert process.stdout is not None
    assert process.stdout.readline(), "the other process could not start the server"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    """End a process the hard way, and bury it."""
    process.kill()
    process.communicate()


def eventually(claim: Callable[[], bool], seconds: float = 10) -> bool:
    """Tell whether a claim comes true in time."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("memory_gb", "buffers"), [(0.25, "128MB"), (4, "1024MB"), (16, "4096MB"), (512, "8192MB")]
)
def test_the_server_keeps_a_quarter_of_memory_within_bounds(memory_gb: float, buffers: str) -> None:
    """A small machine must not swap, and a large one leaves the rest to the kernel's cache."""
    assert shared_buffers(int(memory_gb * 2**30)) == buffers


def one(url: str, statement: str) -> object:
    """Ask the server one question."""
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def is_gone(data_dir: Path) -> bool:
    """Tell whether server and supervisor of `data_dir` have both ended."""
    return not is_held(data_dir / "supervisor.lock")


def postmaster_pid(server: embedded.Server) -> int:
    """Read the number of the server's process."""
    return int((server.cluster / "postmaster.pid").read_text().partition("\n")[0])


def test_nothing_is_left_when_the_only_user_is_killed(open_folder: Path) -> None:
    """The kernel lets go of the dead process's lock; the supervisor sees it."""
    process = using(open_folder / "data")
    assert embedded.status(open_folder / "data").running

    kill(process)

    assert eventually(lambda: is_gone(open_folder / "data"))
    assert not (open_folder / "data" / "pg-18" / "postmaster.pid").exists()


def test_a_server_outlives_its_starter_while_another_process_uses_it(open_folder: Path) -> None:
    """The first starts it, the second joins it, the first is killed: the second goes on."""
    process = using(open_folder / "data")
    with embedded.start(open_folder / "data", durable=False) as joined:
        kill(process)
        time.sleep(0.4)

        assert one(joined.url_app, "SELECT 1") == 1

    assert not embedded.status(open_folder / "data").running


def test_a_server_started_by_a_thread_outlives_the_thread(open_folder: Path) -> None:
    """A parent-death signal would be sent here; ours is bound to the supervisor instead."""
    started: list[embedded.Server] = []
    thread = threading.Thread(
        target=lambda: started.append(embedded.start(open_folder / "data", durable=False))
    )
    thread.start()
    thread.join()
    time.sleep(0.4)
    with started[0] as server:
        assert one(server.url_app, "SELECT 1") == 1


def test_nothing_is_left_when_the_supervisor_is_killed(open_folder: Path) -> None:
    """Linux tells the server; elsewhere the next start stops it."""
    with embedded.start(open_folder / "data", durable=False) as server:
        os.kill(server.supervisor_pid, signal.SIGKILL)
        with embedded.start(open_folder / "data", durable=False) as second:
            assert second.supervisor_pid != server.supervisor_pid
            assert one(second.url_app, "SELECT 1") == 1


def test_a_killed_server_comes_back_on_the_same_port_with_what_was_committed(
    open_folder: Path,
) -> None:
    """Crash recovery keeps every acknowledged row, and pools need no new address."""
    with embedded.start(open_folder / "data") as server:
        with psycopg.connect(server.url_owner, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        first = postmaster_pid(server)
        os.kill(first, signal.SIGKILL)

        def is_back() -> bool:
            try:
                return one(server.url_owner, "SELECT answer FROM kept") == 42
            except psycopg.OperationalError:
                return False

        assert eventually(is_back)
        assert postmaster_pid(server) != first


def test_a_pid_file_that_names_a_stranger_does_not_stop_a_start(open_folder: Path) -> None:
    """After a restart of the machine the old number may be anybody's."""
    with embedded.start(open_folder / "data", durable=False) as server:
        pid_file = server.cluster / "postmaster.pid"
        left_behind = pid_file.read_text().split("\n", 1)[1]
    pid_file.write_text(f"{os.getpid()}\n{left_behind}")

    with embedded.start(open_folder / "data", durable=False) as again:
        assert one(again.url_app, "SELECT 1") == 1


def test_two_checkouts_run_side_by_side(open_folder: Path) -> None:
    """Two data directories are two servers, on two ports, and neither knows the other's keys."""
    with (
        embedded.start(open_folder / "one", durable=False) as first,
        embedded.start(open_folder / "two", durable=False) as second,
    ):
        assert first.port != second.port
        borrowed = first.url_app.replace(str(first.port), str(second.port))
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            one(borrowed, "SELECT 1")


def test_secrets_are_private_and_the_apps_role_owns_nothing(open_folder: Path) -> None:
    """Another user of the machine reads no password, and the app creates no table."""
    with embedded.start(open_folder / "data", durable=False) as server:
        secret = (server.home / "credentials.json").stat()

        assert stat.S_IMODE(secret.st_mode) == 0o600
        assert one(server.url_app, "SELECT has_database_privilege(current_database(), 'TEMP')") is (
            False
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one(server.url_app, "CREATE TABLE public.mine ()")


def test_folders_that_are_not_ours_keep_their_modes(tmp_path: Path) -> None:
    """A private home stays private: where the server's user cannot pass, our data moves."""
    private = tmp_path / "private home"
    private.mkdir(mode=0o700)
    above = [private, *private.parents]
    before = [folder.stat().st_mode for folder in above]

    with embedded.start(private / "data", durable=False) as server:
        answer = one(server.url_app, "SELECT 1")
        home = server.home
    with embedded.start(private / "data", durable=False) as server:
        found_again = server.home

    assert answer == 1
    assert found_again == home
    assert [folder.stat().st_mode for folder in above] == before
    if home.parent != private:
        shutil.rmtree(home)


def test_data_of_another_version_is_refused_with_the_remedy(open_folder: Path) -> None:
    """Nothing is touched, and the message names the command that helps."""
    cluster = open_folder / "data" / "pg-9"
    cluster.mkdir(parents=True)
    open_folder.joinpath("data").chmod(0o711)
    (cluster / "PG_VERSION").write_text("9\n")

    with pytest.raises(embedded.VersionDiffers, match="greenledger db upgrade"):
        embedded.start(open_folder / "data", durable=False)

    assert [found.name for found in (open_folder / "data").glob("pg-*")] == ["pg-9"]


@as_root
def test_an_ordinary_user_runs_a_server_too(open_folder: Path) -> None:
    """No root, no helper user: the server runs as whoever started it."""
    nobody = pwd.getpwnam("nobody").pw_uid
    if not all(map(server_user().reaches, (Path(sys.executable).resolve(), USE))):
        pytest.skip("this Python lies in root's own home, where no other user can start it")
    place = open_folder / "theirs"
    place.mkdir()
    os.chown(place, nobody, -1)

    process = using(place / "data", uid=nobody)
    try:
        assert (place / "data" / "pg-18" / "postmaster.pid").stat().st_uid == nobody
    finally:
        kill(process)

    assert eventually(lambda: is_gone(place / "data"))


@as_root
def test_programs_out_of_reach_are_copied_not_opened(tmp_path: Path) -> None:
    """A virtual environment in a private home is copied to a place of ours, once."""
    found = embedded.find_binaries()
    assert found is not None
    stranger = ServerUser(uid=4_000_000, gid=4_000_000)
    tree = tmp_path / "site"
    (tree / "programs" / "bin").mkdir(parents=True)
    tree.chmod(0o700)
    postgres = tree / "programs" / "bin" / "postgres"
    postgres.write_text("#!/bin/sh\n")

    moved = reachable(embedded.Binaries(postgres.parent, 18, tree), stranger)

    assert stranger.reaches(moved.bin)
    assert (moved.bin / "postgres").read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE(tree.stat().st_mode) == 0o700
    assert moved.tree is not None
    shutil.rmtree(moved.tree)


def test_a_data_directory_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    """The message says which variable to set instead of showing a stack."""
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with pytest.raises(embedded.DatabaseFault, match="GREENLEDGER_DATA_DIR"):
        home_for(in_the_way / "data", ServerUser())
