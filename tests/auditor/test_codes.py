"""Every code of the replay is a promise: documented, and no other's."""

from pathlib import Path

from ledger.log.exits import codes_table
from ledger.log.replay_faults import ReplayFault

ROOT = Path(__file__).parents[2]


def test_the_table_of_codes_is_the_one_in_the_code() -> None:
    """`docs/audit.md` has it word for word."""
    assert codes_table() in (ROOT / "docs/audit.md").read_text("utf-8")


def test_no_two_faults_share_a_code() -> None:
    """An auditor's report names one thing by one word."""
    codes = [kind.code for kind in ReplayFault.__subclasses__()]
    assert len(codes) == len(set(codes))
