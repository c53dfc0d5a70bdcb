"""What a broken constraint means to the caller. The constraint is the second guard, never the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.posting.answers import Answer
from ledger.refusals import (
    AccountExists,
    AlreadyReversed,
    CcerProjectExists,
    ChallengeUsed,
    DocumentExists,
    ExternalReferenceUsed,
    ObjectionDecided,
    PartyExists,
    PlantApproved,
    PlantExists,
    Refusal,
    SigningKeyExists,
)

if TYPE_CHECKING:
    from ledger.model.command import Command

_REFUSALS: Final[dict[str, type[Refusal]]] = {
    "party_identity": PartyExists,
    "plant_registration_code": PlantExists,
    "plant_approved_once": PlantApproved,
    "document_once_per_party": DocumentExists,
    "journal_external": ExternalReferenceUsed,
    "journal_reversed_once": AlreadyReversed,
    "lot_origin": ExternalReferenceUsed,
    "retirement_statement_no": ExternalReferenceUsed,
    "objection_decided_once": ObjectionDecided,
    "ccer_project_once": CcerProjectExists,
    "signing_key_once": SigningKeyExists,
    "signing_key_challenge_once": ChallengeUsed,
}
# Somebody else was first: the caller decides again on what is there now. The same for an id that
# was given twice: a server that crashed does not remember numbers drawn shortly before.
_STALE: Final = frozenset(
    {
        "party_pkey",
        "account_pkey",
        "plant_pkey",
        "client_pkey",
        "approval_pkey",
        "document_pkey",
        "meter_reading_pkey",
        "lot_pkey",
        "hold_pkey",
        "retirement_pkey",
        "fossil_budget_pkey",
        "meter_reading_version",
        "lot_series_start",
        "lot_series_end",
        "lot_series_runs_on",
        "rulebook_version",
        "factor_version",
        "cap_version",
        "cap_apportionment_version",
        "verified_emission_version",
        "fossil_budget_one_per_year",
        "fossil_budget_event_n",
        "energy_confirmation_version",
        "budget_statement_n",
        "share_target_version",
        "ets_entity_version",
        "market_quote_version",
        "entitlement_n",
        "entitlement_stage",
        "ccer_import_n",
        "ccer_import_cancellation",
        "carry_over_n",
        "opening_standing_once",
        "metric_use_once",
        "metric_bar_once",
        "mandate_ended_once",
        "key_challenge_pkey",
        "evidence_once",
        "evidence_nonce",
        "signing_key_pkey",
        "signing_key_ended_once",
        "signing_key_succeeded_once",
    }
)


def outcome_of_fault(constraint: str | None, command: Command) -> Answer | None:
    """Translate a constraint's name; None means it should never have been reached."""
    if constraint in _STALE:
        return Answer(None)
    if constraint == "account_one_per_class":
        # a duty or budget account is opened along the way, and may stand by now
        asked = all(act.kind == "account.open" for act in command.acts)
        return _refused(AccountExists(), command) if asked else Answer(None)
    found = _REFUSALS.get(constraint or "")
    return None if found is None else _refused(found(), command)


def _refused(refusal: Refusal, command: Command) -> Answer:
    return Answer(
        {"code": refusal.code, "facts": refusal.facts(), "fields": dict(command.fingerprint)}
    )
