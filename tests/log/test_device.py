"""Keys in a device: SoftHSM2 stands for the devices of production."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ledger.log.cosignature import Signer, check_signatures
from ledger.log.device import DeviceRefused, open_device_key
from ledger.log.keyfile import load_key
from ledger.log.note import Note
from ledger.log.vkey import SignatureKind
from tests.log.test_cosignature import HEAD

PLACES = [
    os.environ.get("SOFTHSM2_LIB", ""),
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
]
LIBRARY = next((place for place in PLACES if place and Path(place).exists()), "")
UTIL = shutil.which("softhsm2-util") or ""
NO_BINDING = find_spec("pkcs11") is None
ED25519_OID = bytes.fromhex("06032b6570")
"""DER of 1.3.101.112 (RFC 8410 §3)."""


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a token that is thrown away, with one key pair of Ed25519 in it."""
    if not (LIBRARY and UTIL):
        pytest.skip("SoftHSM2 is not installed on this machine")
    pkcs11: Any = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    (tmp_path / "tokens").mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n", "utf-8")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    words = (
        "--init-token",
        "--free",
        "--label",
        "greenledger",
        "--so-pin",
        "5678",
        "--pin",
        "1234",
    )
    subprocess.run([UTIL, "--module", LIBRARY, *words], check=True, capture_output=True)
    library = pkcs11.lib(LIBRARY)
    library.reinitialize()  # it read its settings when another test loaded it
    with library.get_token(token_label="greenledger").open(rw=True, user_pin="1234") as session:
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: ED25519_OID}, local=True
        )
        curve.generate_keypair(
            mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label="log"
        )
    return "greenledger"


def test_a_key_in_a_device_signs_checkpoints(token: str) -> None:
    """Behind the same seam as a key in a file."""
    key = open_device_key(Path(LIBRARY), token, "log", "1234")
    signer = Signer("log.example", SignatureKind.ED25519, key)
    line = signer.sign(str(HEAD))
    (signed,) = check_signatures(Note(str(HEAD), (line,)), [signer.vkey])

    assert signed.key == signer.vkey


def test_a_key_file_may_name_a_key_in_a_device(token: str, tmp_path: Path) -> None:
    """So every setting that takes a key file takes a device, too."""
    path = tmp_path / "log.key"
    path.write_text(
        f"pkcs11:token={token};object=%6Cog?module-path={LIBRARY}&pin-value=1234\n", "ascii"
    )
    path.chmod(0o600)

    load_key(path).public.verify(b"said", load_key(path).sign(b"said"))


@pytest.mark.parametrize(
    ("name", "label", "pin"),
    [("greenledger", "log", "4321"), ("greenledger", "other", "1234"), ("other", "log", "1234")],
)
def test_a_device_that_gives_no_key_is_refused(token: str, name: str, label: str, pin: str) -> None:
    """Another pin, another key, another token."""
    assert token == "greenledger"
    with pytest.raises(DeviceRefused):
        open_device_key(Path(LIBRARY), name, label, pin)


@pytest.mark.skipif(not NO_BINDING, reason="python-pkcs11 is installed")
def test_without_the_binding_a_device_is_refused_in_words() -> None:
    """The product runs without it; only who names a device needs it."""
    with pytest.raises(DeviceRefused) as fault:
        open_device_key(Path("libnone.so"), "token", "label", "pin")

    assert "python-pkcs11" in fault.value.sentence


@pytest.mark.skipif(NO_BINDING, reason="python-pkcs11 is not installed")
def test_without_the_library_a_device_is_refused_in_words() -> None:
    """A path that leads nowhere."""
    with pytest.raises(DeviceRefused):
        open_device_key(Path("libnone.so"), "token", "label", "pin")
