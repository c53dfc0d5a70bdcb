"""No key, password or token is committed."""

import re

from tests.house.source import ROOT, project_files

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgl_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}\b"  # our own API keys
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[0-9A-Za-z]{36}\b|\bxox[abprs]-[0-9A-Za-z-]{10,}"
    r"|\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\."
    r"|postgres(?:ql)?://[^:/\s{}\"']+:(?!secret|password|pw\b)[^@\s{}\"']{8,}@"
)
TEXT_BYTES_MAX = 2_000_000


def test_no_secret_is_committed() -> None:
    """Private keys, our own API keys, common tokens, URLs with passwords."""
    found = [
        f"{path.relative_to(ROOT)}: {secret[0][:12]}…"
        for path in project_files()
        if path.stat().st_size < TEXT_BYTES_MAX
        for secret in SECRETS.finditer(path.read_text("utf-8", errors="ignore"))
    ]

    assert not found


def test_the_scan_would_see_one() -> None:
    """It knows our own keys and a private key when it meets them."""
    for made_up in ("gl_" + "a" * 10 + "_" + "b" * 43, "-----BEGIN " + "PRIVATE KEY-----"):
        assert SECRETS.search(f'key = "{made_up}"')
