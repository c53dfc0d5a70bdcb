"""Settings and the choice of a database: what is named wins, what is wrong is said."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ledger.database import Urls, resolve
from ledger.settings import Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Read neither the environment nor the `.env` of whoever runs the tests."""
    for name in ("DATABASE_URL", "GREENLEDGER_DATABASE_URL", "GREENLEDGER_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_named_database_wins_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With two URLs the app and the owner are different roles."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/registry")
    monkeypatch.setenv("GREENLEDGER_OWNER_URL", "postgresql://owner@db/registry")
    settings = Settings(data_dir=tmp_path / "data")

    with resolve(settings) as urls:
        assert urls == Urls("postgresql://app@db/registry", "postgresql://owner@db/registry")
    assert not settings.data_dir.exists()


def test_one_url_is_both_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """It works, and `doctor` has something to say about it."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://all@db/registry")

    with resolve(Settings()) as urls:
        assert urls.app == urls.owner


def test_without_a_url_the_embedded_server_is_lent(open_folder: Path) -> None:
    """Nothing but Python is needed."""
    with resolve(Settings(data_dir=open_folder / "data")) as urls:
        assert urls.app.startswith("postgresql://greenledger_app:")
        assert "@127.0.0.1:" in urls.owner


def test_a_file_of_settings_is_read(tmp_path: Path) -> None:
    """`.env` in the current folder counts like the environment."""
    (tmp_path / ".env").write_text("GREENLEDGER_PORT=9000\nGREENLEDGER_REGISTRY=zhejiang\n")

    settings = Settings()

    assert (settings.port, settings.registry) == (9000, "zhejiang")


@pytest.mark.parametrize("name", ["", "Public", "a-b", 'x"; DROP SCHEMA y', "9lives", "a" * 60])
def test_a_registry_that_is_no_plain_identifier_is_refused(name: str) -> None:
    """The schema's name goes into statements; only plain ones are let in."""
    with pytest.raises(ValidationError, match="registry"):
        Settings(registry=name)


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a log line nor a stack trace tells a secret."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:hush@db/registry")
    settings = Settings()

    with resolve(settings) as urls:
        assert "hush" not in f"{settings!r} {urls!r}"
