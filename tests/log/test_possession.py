"""Laws of proofs of possession: each is of one key, one party, one purpose, one registry, one challenge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.log.keys import SignatureRefused, Suite, generate_key
from ledger.log.possession import Possession

PRIVATE = generate_key(Suite.ED25519)
CLAIM = Possession("registry", "pty_0000000000010", "request", PRIVATE.public, "ab" * 32)


def test_a_proof_by_the_key_holds() -> None:
    """The statement signed as it is spelt."""
    CLAIM.check(PRIVATE.sign(CLAIM.statement.encode()))


@pytest.mark.parametrize(
    "other",
    [
        replace(CLAIM, registry="registry2"),
        replace(CLAIM, party="pty_0000000000011"),
        replace(CLAIM, purpose="log"),
        replace(CLAIM, challenge="cd" * 32),
        replace(CLAIM, key=generate_key(Suite.ED25519).public),
        replace(CLAIM, registry="registry\nparty pty_0000000000010"),
    ],
)
def test_a_proof_serves_no_other_claim(other: Possession) -> None:
    """Whatever of the claim is another, the statement is another."""
    proof = PRIVATE.sign(CLAIM.statement.encode())

    assert other.statement != CLAIM.statement
    with pytest.raises(SignatureRefused):
        other.check(proof)
