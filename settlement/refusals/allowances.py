"""Why allowances, and the duties they discharge, are not decided as asked."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class NotAVerifier(Refusal):
    """The party named as verifier is not registered as one."""

    code = "verifier_unfit"
    verifier: str


@dataclass(eq=False)
class NotInCustodyFor(Refusal):
    """The allowances in custody are kept for another emitter than the account's."""

    code = "not_in_custody_for"
    account: str


@dataclass(eq=False)
class ReturnWithoutProvince(Refusal):
    """No province allocated this vintage to the account; name the province's account."""

    code = "return_without_province"
    account: str


@dataclass(eq=False)
class ReductionBarred(Refusal):
    """Reductions for non-surrender are not decided any more. 国令第775号 as amended by 国令第843号."""

    code = "reduction_barred"
    cause: str
    day: str


@dataclass(eq=False)
class NothingToPass(Refusal):
    """The party holds and owes nothing of the sort that passes to a successor."""

    code = "nothing_to_pass"
    party: str


@dataclass(eq=False)
class SuccessionUnitsHeld(Refusal):
    """Units of the party are held or frozen; end the holds first, or name the parts that pass."""

    code = "succession_units_held"
    account: str
    instrument: str
    held: int
