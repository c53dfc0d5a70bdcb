"""The object named is not there, or not in a state to be used."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


@dataclass(eq=False)
class AccountUnknown(Refusal):
    """No such account, or it is not the caller's to use."""

    code = "account_unknown"
    account: str


@dataclass(eq=False)
class AccountClosed(Refusal):
    """A closed account neither gives nor receives."""

    code = "account_closed"
    account: str


@dataclass(eq=False)
class AccountFrozen(Refusal):
    """The account is frozen by order of an authority; nothing may leave it, held or not."""

    code = "account_frozen"
    account: str


@dataclass(eq=False)
class AccountExists(Refusal):
    """The party already has an account of this class; each subject has exactly one."""

    code = "account_exists"


@dataclass(eq=False)
class PartyExists(Refusal):
    """A party with this identity is registered already."""

    code = "party_exists"


@dataclass(eq=False)
class CcerProjectExists(Refusal):
    """A project of this number is registered already."""

    code = "ccer_project_exists"


@dataclass(eq=False)
class PlantExists(Refusal):
    """A plant with this registration code is registered already."""

    code = "plant_exists"


@dataclass(eq=False)
class PlantApproved(Refusal):
    """The plant's registration is approved already."""

    code = "plant_already_approved"


@dataclass(eq=False)
class PlantNotApproved(Refusal):
    """Nothing is read or issued for a plant before its registration is approved."""

    code = "plant_not_approved"
    plant: str


@dataclass(eq=False)
class DocumentExists(Refusal):
    """The same bytes are on file for this party already."""

    code = "document_exists"


@dataclass(eq=False)
class ExternalReferenceUsed(Refusal):
    """An act with this external reference is in the book already."""

    code = "external_reference_used"
