"""Units come into being through few kinds of act; from another registry, through those that bring in."""

from ledger.kinds import KINDS

MINTS = {
    "reading.record",
    "gec.issue",
    "cea.create",
    "cea.approve",  # the quota that allocation may come to
    "cea.carry_over",  # as many of a later vintage as give way
    "cea.verify",
    "cea.return",  # what an emitter cannot return, as a debt
    "cea.reduce",  # likewise
    "budget.set",
    "budget.restate",
    "cap.set",
}
BROUGHT = {"opening.lot", "opening.balance", "ccer.import"}


def minting(*sources: str) -> set[str]:
    """Name the kinds that take units out of these."""
    return {k.name for k in KINDS.values() if any(debit in sources for debit, _, _ in k.paths)}


def test_nothing_enters_but_by_the_acts_that_are_meant_to_make_it() -> None:
    """What debits a source is listed here; a new kind that mints must be added on purpose."""
    sources = ("source", "budget.source", "recognised.traded", "recognised.certificate")

    assert minting(*sources) == MINTS


def test_what_comes_from_another_registry_comes_by_document_and_two_persons() -> None:
    """It brings the source's number, under which it cannot come twice, and the decision it rests on."""
    assert minting("external") == BROUGHT
    assert all(KINDS[name].document for name in BROUGHT)
    assert {KINDS[name].four_eyes for name in BROUGHT} == {"always"}


def test_a_debt_is_all_that_a_cut_or_a_return_makes() -> None:
    """Neither can make an allowance."""
    made = {
        family
        for name in ("cea.return", "cea.reduce")
        for debit, _, family in KINDS[name].paths
        if debit == "source"
    }

    assert made == {"CEA-DEBT"}
