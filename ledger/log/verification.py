"""What a verifier signs: a year's emissions as it stands for them, with all its figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ledger.log.keys import PublicKey

_TITLE: Final = "greenledger-verification/v1"


@dataclass(frozen=True, slots=True)
class Verification:
    """Emissions of a party's year, in t CO2e, as verified: in which registry, by whom, by which paper.

    All of it is signed: no signature serves another registry, party, year or version. Source: choice
    of this house; 管理办法(试行) asks for a verifier's word, and not in which form.
    """

    registry: str
    party: str  # as ids are spelt
    compliance_year: int
    version: int
    tco2e: int
    verifier: str  # as ids are spelt
    document_no: str

    @property
    def statement(self) -> str:
        """The text that is signed: a title, then one line a fact, no newline at the end."""
        facts = {
            "registry": self.registry,
            "party": self.party,
            "compliance_year": self.compliance_year,
            "version": self.version,
            "tco2e": self.tco2e,
            "verifier": self.verifier,
            "document_no": self.document_no,
        }
        return "\n".join([_TITLE, *(f"{name} {fact}" for name, fact in facts.items())])

    def check(self, key: PublicKey, signature: bytes) -> None:
        """Return if the signature is the key's over the statement.

        Raises:
            SignatureRefused: it is not.
        """
        key.verify(self.statement.encode(), signature)
