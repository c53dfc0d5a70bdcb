"""The log as the doors know it: what is published, the policy told to readers, a key for statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from api.problems import DoorCode, Problem
from ledger.log.keyfile import KeyFileRefused, key_at
from ledger.log.keys import Suite
from ledger.log.policy import parse_policy, policy_of
from ledger.log.published import BeyondHead, NothingPublished, Published
from ledger.log.tiles import in_folder

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log.keys import SigningKey
    from ledger.log.policy import Policy
    from ledger.log.proof import LoggedProof
    from ledger.settings import Settings

SOON: Final = {"retry-after": "1"}


@dataclass(frozen=True, slots=True)
class PublicLog:
    """What is read of one log, and what signs statements about it."""

    origin: str
    published: Published
    policy_file: Path | None
    statement_key: SigningKey = field(repr=False)

    def policy_text(self) -> bytes:
        """Write the policy readers are to hold the log to: the operator's, or the log's keys alone.

        Raises:
            NothingPublished: no policy was set, and the sealer has not told its keys yet.
        """
        if self.policy_file is not None:
            return self.policy_file.read_bytes()
        keys = self.published.vkeys()
        if not keys:
            raise NothingPublished("The sealer has not told its keys.")
        return policy_of(keys)

    def policy(self) -> Policy:
        """Read the same policy as readers do.

        Raises:
            NothingPublished: as `policy_text`.
            PolicyMalformed, VkeyMalformed, KeyRefused: it is none.
        """
        return parse_policy(self.policy_text())

    def prove(self, index: int | None, record: bytes) -> LoggedProof:
        """Prove that a record is in the log, under the checkpoint that is published now.

        Args:
            index: its place, None while it has none.
            record: its bytes.

        Raises:
            Problem: `journal_not_sealed`, `journal_not_published`: come back soon.
            LogFault: the published files are damaged.
        """
        if index is None:
            raise Problem(DoorCode.JOURNAL_NOT_SEALED, headers=SOON)
        try:
            return self.published.prove(index, record)
        except (NothingPublished, BeyondHead) as fault:
            raise not_published() from fault


def not_published() -> Problem:
    """Say that no checkpoint covers a record yet."""
    return Problem(DoorCode.JOURNAL_NOT_PUBLISHED, headers=SOON)


def opened_log(settings: Settings) -> PublicLog:
    """Bring together what the settings name; nothing is written but, outside production, a key.

    Raises:
        KeyFileRefused, OSError: as `statement_key`.
    """
    return PublicLog(
        settings.origin,
        Published(in_folder(settings.log_path)),
        settings.log_policy_file,
        statement_key(settings),
    )


def statement_key(settings: Settings) -> SigningKey:
    """Read the key that signs statements; outside production it is made where there is none.

    Raises:
        KeyFileRefused: it is open to others, or no key of Ed25519.
        OSError: it cannot be read; in production, too, if it is not there.
    """
    path = settings.statement_key_path
    key = key_at(path, Suite.ED25519, production=settings.production)
    if key.public.suite is not Suite.ED25519:
        raise KeyFileRefused(f"{path} holds no key of Ed25519, which statements are signed with.")
    return key
