"""Units come into being through few kinds of act, and none of them is an import."""

from ledger.kinds import KINDS

MINTS = {
    "reading.record",
    "gec.issue",
    "cea.create",
    "cea.verify",
    "budget.set",
    "budget.restate",
}


def test_nothing_enters_but_by_the_acts_that_are_meant_to_make_it() -> None:
    """What debits a source is listed here; a new kind that mints must be added on purpose."""
    sources = {"source", "budget.source", "external", "recognised.traded", "recognised.certificate"}
    minting = {
        kind.name for kind in KINDS.values() for debit, _, _ in kind.paths if debit in sources
    }

    assert minting <= MINTS
    assert "external" not in {debit for kind in KINDS.values() for debit, _, _ in kind.paths}
