"""Why corrections are refused: what is objected to or withdrawn, and who checks what was recorded by hand."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class NotObjectionable(Refusal):
    """The act is no issuance or transfer of certificates, and none that is reviewed."""

    code = "not_objectionable"
    journal: str


@dataclass(eq=False)
class NotPartOfAct(Refusal):
    """The party neither gave nor received anything in the act, by itself or by an agent."""

    code = "not_part_of_act"
    journal: str


@dataclass(eq=False)
class NotOverIssued(Refusal):
    """More certificates are to be withdrawn as over-issued than the plant's debt stands for."""

    code = "not_over_issued"
    asked: int | None
    most: int


@dataclass(eq=False)
class RecorderMayNotIssue(Refusal):
    """Who recorded a reading that no grid and no exchange sent asks to issue for it."""

    code = "recorder_may_not_issue"
    reading: str
