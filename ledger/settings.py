"""Hold every setting of a registry, typed, its unit in its name; nothing else reads them."""

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

_CHECKOUT = Path(__file__).resolve().parents[1]

PublicUrl = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]
SchemaName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


def _default_data_dir() -> Path:
    """Keep data in the checkout we run from, else in the current folder."""
    inside_checkout = (_CHECKOUT / "pyproject.toml").exists()
    return (_CHECKOUT if inside_checkout else Path.cwd()) / ".greenledger"


class Settings(BaseSettings):
    """What an operator may choose: `GREENLEDGER_*` in the environment or in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="GREENLEDGER_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "GREENLEDGER_DATABASE_URL"),
        description="The app's role on a server of yours; without it the embedded one starts.",
    )
    owner_url: SecretStr | None = Field(
        default=None,
        description="The owner's role, which migrates; without it the app's role owns all.",
    )
    registry: SchemaName = Field(
        default="registry", description="The PostgreSQL schema that is this registry's book."
    )
    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Embedded database, keys and tiles.",
    )
    person_key_file: Path | None = Field(
        default=None,
        description="The key persons' documents are digested under; mode 600, data_dir by default.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(
        default=8000,
        ge=0,
        le=65_535,
        description="The port to listen on; 0, or a busy one, means the next free one.",
    )
    public_url: PublicUrl | None = Field(
        default=None,
        description="Scheme and authority under which clients reach us, as signed requests name them.",
    )
    sandbox: bool = Field(
        default=False, description="Sample data and demo keys, on a server of yours as well."
    )
    production: bool = Field(default=False, description="Refuse to start without real keys.")
    queue_limit_commands: int = Field(
        default=20_000, ge=1, description="Commands waiting for the writer before it says 503."
    )
    batch_limit_commands: int = Field(
        default=2_000, ge=1, description="Commands the writer judges and stores together."
    )
    pool_limit_connections: int = Field(
        default=20, ge=2, description="Connections one process opens to the database."
    )
    body_limit_bytes: int = Field(
        default=16_000_000, ge=1_000, description="The largest request body that is read."
    )
    key_wait_seconds: float = Field(
        default=5.0, ge=0, description="How long a repeated key waits for the first one's answer."
    )
    seal_pause_seconds: float = Field(
        default=0.04, gt=0, description="How long the sealer rests between two looks, at least."
    )
    seal_limit_journals: int = Field(
        default=4_096, ge=1, description="Journals the sealer takes together, records in memory."
    )
    log_origin: str | None = Field(
        default=None,
        pattern=r"^[^\s+]+$",
        description="The log's name for ever: a URL without its scheme; made up for a sandbox.",
    )
    log_dir: Path | None = Field(
        default=None, description="Where the log is published as files; in data_dir by default."
    )
    log_heads_file: Path | None = Field(
        default=None,
        description="What the log said last; on other storage than the database, if it may be.",
    )
    log_key_file: Path | None = Field(
        default=None, description="The log's private key, mode 600; in data_dir by default."
    )
    log_second_key_file: Path | None = Field(
        default=None, description="A key of another suite that signs every checkpoint, too."
    )
    log_policy_file: Path | None = Field(
        default=None, description="A C2SP policy: the witnesses to ask, and their quorum."
    )
    statement_key_file: Path | None = Field(
        default=None,
        description="The key that signs statements, mode 600; in data_dir by default.",
    )
    sealed_wait_seconds: float = Field(
        default=5.0, ge=0, description="How long `?wait=sealed` holds an answer back at most."
    )
    witness_wait_seconds: int = Field(
        default=5, ge=1, description="How long witnesses have to cosign a checkpoint."
    )

    @property
    def person_key_path(self) -> Path:
        """Tell where the key for persons' documents is: never in the database, nor in its backups."""
        return self.person_key_file or self.data_dir / "person.key"

    @property
    def known_as(self) -> str:
        """Tell scheme and authority by which clients know us: behind a gateway that ends TLS, its own."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Name the log; a name under .invalid is nobody's, so that none is taken by accident."""
        return self.log_origin or f"greenledger.invalid/{self.registry}"

    @property
    def log_path(self) -> Path:
        """Tell where the log's files are."""
        return self.log_dir or self.data_dir / "log"

    @property
    def log_heads_path(self) -> Path:
        """Tell where the log's last head is remembered, outside the database."""
        return self.log_heads_file or self.data_dir / "log-heads.sqlite"

    @property
    def snapshots_path(self) -> Path:
        """Tell where snapshots' leaves are kept: who sees entries may see them, nobody else."""
        return self.data_dir / "snapshots"

    @property
    def log_key_path(self) -> Path:
        """Tell where the log's key is."""
        return self.log_key_file or self.data_dir / "log.key"

    @property
    def statement_key_path(self) -> Path:
        """Tell where the key for statements is."""
        return self.statement_key_file or self.data_dir / "statement.key"

    @property
    def is_sandbox(self) -> bool:
        """Tell whether sample data belongs here: when asked for, or on our own server by default."""
        return not self.production and (self.sandbox or self.database_url is None)
