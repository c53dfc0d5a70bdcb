"""What can be wrong with what records say, each by its own code: the auditor's replay raises these."""

from __future__ import annotations

from typing import ClassVar

from ledger.log.faults import LogFault


class ReplayFault(LogFault):
    """A record cannot be true after those before it; `sentence` says of what, `index` where."""

    code: ClassVar[str] = "replay_fault"


class OtherRegistry(ReplayFault):
    """The record belongs to another log."""

    code: ClassVar[str] = "other_registry"


class IdSeen(ReplayFault):
    """A record of this number came before; one of the two was invented or doubled."""

    code: ClassVar[str] = "id_seen"


class TimeBackwards(ReplayFault):
    """The record's instant is earlier than those before it by more than a transaction lasts."""

    code: ClassVar[str] = "time_backwards"


class DayMismatch(ReplayFault):
    """The record's day is not the registry's calendar day at its instant."""

    code: ClassVar[str] = "day_mismatch"


class RulesUnknown(ReplayFault):
    """The record names rules that were not adopted before it, or not in force any more."""

    code: ClassVar[str] = "rules_unknown"


class RulebookMissing(ReplayFault):
    """The bytes of an adopted rulebook are not there, or are others than its digest names."""

    code: ClassVar[str] = "rulebook_missing"


class RuleMissing(ReplayFault):
    """The rules that the record names have no value for what they should decide."""

    code: ClassVar[str] = "rule_missing"


class StatementMismatch(ReplayFault):
    """A budget's year was closed on another statement than the records before it come to."""

    code: ClassVar[str] = "statement_mismatch"


class KeySeen(ReplayFault):
    """A request under this key was answered before: it was played again."""

    code: ClassVar[str] = "key_seen"


class GroupBroken(ReplayFault):
    """The journals of one request do not follow one another, or do not agree on whose it is."""

    code: ClassVar[str] = "group_broken"


class ClientRevoked(ReplayFault):
    """The record was made with an API key that had been revoked."""

    code: ClassVar[str] = "client_revoked"


class NameTaken(ReplayFault):
    """Something of this name came into being before."""

    code: ClassVar[str] = "name_taken"


class NameUnknown(ReplayFault):
    """The record names something that no record before it brought into being."""

    code: ClassVar[str] = "name_unknown"


class AccountNotOpen(ReplayFault):
    """The account is closed, or is closed while it holds something."""

    code: ClassVar[str] = "account_not_open"


class AccountIsFrozen(ReplayFault):
    """Units were taken from a frozen account by an act that may not."""

    code: ClassVar[str] = "account_is_frozen"


class WayNotAllowed(ReplayFault):
    """Acts of this kind do not move such units from there to there."""

    code: ClassVar[str] = "way_not_allowed"


class AmountInvalid(ReplayFault):
    """A posting moves nothing, more than can be counted, or from an account to itself."""

    code: ClassVar[str] = "amount_invalid"


class BalanceBelowFloor(ReplayFault):
    """An account gave more than it had free."""

    code: ClassVar[str] = "balance_below_floor"


class VersionGap(ReplayFault):
    """An account's history has a gap: a record of it was dropped, doubled or put elsewhere."""

    code: ClassVar[str] = "version_gap"


class TouchedMismatch(ReplayFault):
    """The record changes other balances than those it says it touched."""

    code: ClassVar[str] = "touched_mismatch"


class SerialsOverlap(ReplayFault):
    """These serials of the plant's month were issued before."""

    code: ClassVar[str] = "serials_overlap"


class SerialsUnknown(ReplayFault):
    """The serials lie outside their lot, or the lot outside this log."""

    code: ClassVar[str] = "serials_unknown"


class NotTheOwner(ReplayFault):
    """Units were moved by somebody who did not have all of them."""

    code: ClassVar[str] = "not_the_owner"


class NotLive(ReplayFault):
    """Units moved that had been retired, expired, revoked or cancelled."""

    code: ClassVar[str] = "not_live"


class UnitsHeld(ReplayFault):
    """Units moved that were held or frozen, and not by whom they were held for."""

    code: ClassVar[str] = "units_held"


class HoldMismatch(ReplayFault):
    """What happened to a hold is not what it has, or not what it marks."""

    code: ClassVar[str] = "hold_mismatch"


class HoldNotTheirs(ReplayFault):
    """A hold was settled, released or lifted by somebody who may not, or at the wrong time."""

    code: ClassVar[str] = "hold_not_theirs"


class NotApproved(ReplayFault):
    """An act that needs a second person came without one, or the same person gave both words."""

    code: ClassVar[str] = "not_approved"


class QuantityMismatch(ReplayFault):
    """The postings do not come to the quantity that the act states."""

    code: ClassVar[str] = "quantity_mismatch"


class BodyMismatch(ReplayFault):
    """The postings go between other accounts, or in other units, than the act states."""

    code: ClassVar[str] = "body_mismatch"


class ReversalMismatch(ReplayFault):
    """The record does not take back exactly what it says it takes back, once."""

    code: ClassVar[str] = "reversal_mismatch"


class UnitsExpired(ReplayFault):
    """Certificates past their last day were used, or unexpired ones were written off."""

    code: ClassVar[str] = "units_expired"


class UnitsNotTradable(ReplayFault):
    """Certificates were sold that are not traded, or were sold too often already."""

    code: ClassVar[str] = "units_not_tradable"


class UnitsNotAssignable(ReplayFault):
    """Certificates were assigned that this assignment is not made for."""

    code: ClassVar[str] = "units_not_assignable"


class UnitsTraded(ReplayFault):
    """Certificates were withdrawn that had left their first holder."""

    code: ClassVar[str] = "units_traded"


class WrongYear(ReplayFault):
    """Units were used for a year that does not take their year, or came to be too early for it."""

    code: ClassVar[str] = "wrong_year"


class PriceMismatch(ReplayFault):
    """A sale has no price, or something that is no sale has one."""

    code: ClassVar[str] = "price_mismatch"


class EnergyMismatch(ReplayFault):
    """Certificates and metered energy do not agree."""

    code: ClassVar[str] = "energy_mismatch"


class DutyMismatch(ReplayFault):
    """A duty, its room for reductions, or what was handed in for it does not agree."""

    code: ClassVar[str] = "duty_mismatch"


class FormulaMismatch(ReplayFault):
    """What a year gives an emitter is not what its formula gives on the inputs that the act shows."""

    code: ClassVar[str] = "formula_mismatch"


class StageMismatch(ReplayFault):
    """Allowances were allocated at a stage that no approval of the year has."""

    code: ClassVar[str] = "stage_mismatch"


class HoldingsMismatch(ReplayFault):
    """What a carry-over says was held, traded or met in time is not what the records before it come to."""

    code: ClassVar[str] = "holdings_mismatch"


class CapPassed(ReplayFault):
    """Certificates are recognised, or shared out, for which a province's cap has no room."""

    code: ClassVar[str] = "cap_passed"


class StateMismatch(ReplayFault):
    """What accounts have and what lies with them by serial do not agree."""

    code: ClassVar[str] = "state_mismatch"


class MandateMissing(ReplayFault):
    """An agent acted for an owner who had not let it."""

    code: ClassVar[str] = "mandate_missing"


class LotMismatch(ReplayFault):
    """A lot is not what its plant, its month and the rules make of it."""

    code: ClassVar[str] = "lot_mismatch"


class SnapshotTreeMismatch(ReplayFault):
    """A snapshot is of no tree of this log: of another root, or of entries that do not all come before it."""

    code: ClassVar[str] = "snapshot_tree_mismatch"


class SnapshotSerialsMismatch(ReplayFault):
    """Who has which serials is not what a snapshot says, after the entries that it is of."""

    code: ClassVar[str] = "snapshot_serials_mismatch"


class SnapshotAccountsMismatch(ReplayFault):
    """What each account has is not what a snapshot says, after the entries that it is of."""

    code: ClassVar[str] = "snapshot_accounts_mismatch"
