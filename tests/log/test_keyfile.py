"""Key files: read only where nobody else could have read or written them."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ledger.log.keyfile import KeyFileRefused, load_key, save_key
from ledger.log.keys import Suite, generate_key


@pytest.mark.parametrize("suite", [Suite.ED25519, Suite.MLDSA44])
def test_a_saved_key_is_read_back(tmp_path: Path, suite: Suite) -> None:
    """PKCS#8 in PEM, for its owner alone."""
    key = generate_key(suite)
    path = tmp_path / "log.key"
    save_key(path, key)

    assert load_key(path).public == key.public
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_written_over_another(tmp_path: Path) -> None:
    """A lost key cannot be had back."""
    path = tmp_path / "log.key"
    save_key(path, generate_key(Suite.ED25519))

    with pytest.raises(FileExistsError):
        save_key(path, generate_key(Suite.ED25519))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o610, 0o601, 0o644])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """Group and others have no right on it, not even to run it."""
    path = tmp_path / "log.key"
    save_key(path, generate_key(Suite.ED25519))
    path.chmod(mode)

    with pytest.raises(KeyFileRefused) as fault:
        load_key(path)
    assert fault.value.code == "key_file_refused"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    """Whoever owns the file can change it."""
    path = tmp_path / "log.key"
    save_key(path, generate_key(Suite.ED25519))
    os.chown(path, 65534, -1)

    with pytest.raises(KeyFileRefused):
        load_key(path)


def test_only_a_plain_file_is_read(tmp_path: Path) -> None:
    """A link could be moved; a pipe could be filled by somebody else."""
    save_key(tmp_path / "real.key", generate_key(Suite.ED25519))
    (tmp_path / "link.key").symlink_to("real.key")
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    (tmp_path / "folder.key").mkdir(mode=0o700)

    with pytest.raises(OSError, match="symbolic"):
        load_key(tmp_path / "link.key")
    for name in ("pipe.key", "folder.key"):
        with pytest.raises((KeyFileRefused, IsADirectoryError)):
            load_key(tmp_path / name)


def test_what_is_no_key_of_ours_is_refused(tmp_path: Path) -> None:
    """Nonsense, a locked key, and a key of another suite."""
    locked = generate_key(Suite.ED25519).private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    other = generate_ec_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )

    for content in (b"", b"nonsense", locked, other):
        path = tmp_path / "log.key"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyFileRefused):
            load_key(path)


@pytest.mark.parametrize(
    "uri",
    [
        b"pkcs11:",
        b"pkcs11:token=a",
        b"pkcs11:token=a;object=b?module-path=c",
        b"pkcs11:token;object=b?module-path=c&pin-value=1",
        b"pkcs11:token=%FF;object=b?module-path=c&pin-value=1",
        "pkcs11:token=令牌;object=b?module-path=c&pin-value=1".encode(),
    ],
)
def test_a_file_that_names_no_key_of_a_device_is_refused(tmp_path: Path, uri: bytes) -> None:
    """Each part is needed, and is written as RFC 7512 writes it; the answer shows how."""
    path = tmp_path / "log.key"
    path.write_bytes(uri)
    path.chmod(0o600)

    with pytest.raises(KeyFileRefused) as fault:
        load_key(path)
    assert "pkcs11:token=" in fault.value.sentence
