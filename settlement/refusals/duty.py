"""Why a duty is not made, met or certified as asked."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class VerificationUnsigned(Refusal):
    """Emissions of this year count only with their verifier's signature over `statement`.

    Choice of this house.
    """

    code = "verification_unsigned"
    compliance_year: int
    version: int
    verifier: str
    statement: str


@dataclass(eq=False)
class VerificationSignatureWrong(Refusal):
    """No key of the verifier that is in force signed exactly these figures."""

    code = "verification_signature_wrong"
    key: str
    verifier: str
    version: int
    statement: str


@dataclass(eq=False)
class VerifiedBelowSurrendered(Refusal):
    """More was handed in for the year than would be due. A decision takes a surrender back first."""

    code = "verified_below_surrendered"
    compliance_year: int
    asked: int
    surrendered: int
    ccer: int


@dataclass(eq=False)
class DutyPassedOn(Refusal):
    """The party's duty of the year passed to a successor, of whom a change is verified now."""

    code = "duty_passed_on"
    party: str
    successor: str
    compliance_year: int


@dataclass(eq=False)
class RoomWithoutDuty(Refusal):
    """Room for reductions passes with its share of the duty; `room` is that share. INV-12."""

    code = "room_without_duty"
    compliance_year: int
    asked: int
    room: int


@dataclass(eq=False)
class CcerUnitsUnknown(Refusal):
    """The holder brought no reductions of this project in."""

    code = "ccer_units_unknown"
    project: str


@dataclass(eq=False)
class CcerRegisteredTooEarly(Refusal):
    """Reductions registered so early do not count for the year. Plan of 2025-2026, five, as drafted."""

    code = "ccer_registered_too_early"
    project: str
    registered_on: str
    after: str
    compliance_year: int


@dataclass(eq=False)
class CcerInsideCap(Refusal):
    """Reductions of projects under the cap do not count. 管理办法(试行) Art. 29."""

    code = "ccer_inside_cap"
    project: str
    compliance_year: int


@dataclass(eq=False)
class CcerRoomShort(Refusal):
    """More reductions than the share of the year's duty leaves room for. 管理办法(试行) Art. 29."""

    code = "ccer_room_short"
    compliance_year: int
    asked: int
    room: int


@dataclass(eq=False)
class CcerCancellationUsed(Refusal):
    """The cancellation in the other registry came in already: its reductions are here once."""

    code = "ccer_cancellation_used"
    cancellation_no: str


@dataclass(eq=False)
class DutyNotMet(Refusal):
    """Something of the year was still due on that day, or nothing was verified: nothing is certified."""

    code = "duty_not_met"
    compliance_year: int
    day: str
    due: int
    status: str
