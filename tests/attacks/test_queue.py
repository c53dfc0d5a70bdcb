"""What waits for the log is taken by what is seen, not by numbers: a late commit is not skipped."""

from __future__ import annotations

import psycopg

from ledger.database import Urls
from tests.registry import NAME

ENTER = b"INSERT INTO unsealed SELECT nextval('journal_seq'), sha256('a record') RETURNING journal"
TAKE = b"DELETE FROM unsealed RETURNING journal"


def test_an_act_that_commits_late_is_taken_later_and_only_once(database: Urls) -> None:
    """A number drawn early and committed late lies before numbers that are already in the log."""
    options = f"-c search_path={NAME}"
    with (
        psycopg.connect(database.app, options=options) as slow,
        psycopg.connect(database.app, options=options, autocommit=True) as quick,
        psycopg.connect(database.owner, options=options, autocommit=True) as sealer,
    ):
        early, late = slow.execute(ENTER).fetchone(), quick.execute(ENTER).fetchone()
        assert early is not None
        assert late is not None
        assert early < late
        assert sealer.execute(TAKE).fetchall() == [late]
        slow.commit()
        assert sealer.execute(TAKE).fetchall() == [early]
        assert sealer.execute(TAKE).fetchall() == []
