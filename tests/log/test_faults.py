"""Faults of the log: a code, a sentence, and the leaf where there is one."""

import pickle

from ledger.log.faults import LogFault


def test_a_fault_tells_its_code_its_place_and_its_sentence() -> None:
    """A log line says all three; a fault of no single leaf says two."""
    assert str(LogFault("The root differs.")) == "log_fault: The root differs."
    assert str(LogFault("The leaf differs.", index=7)) == "log_fault at 7: The leaf differs."


def test_a_fault_crosses_from_one_process_to_another() -> None:
    """Hashing runs in workers; what they find is told whole where the report is written."""
    found = pickle.loads(pickle.dumps(LogFault("The leaf differs.", index=7)))  # noqa: S301 - ours

    assert str(found) == "log_fault at 7: The leaf differs."
