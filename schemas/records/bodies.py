"""What the body of a journal record must hold, kind by kind; numbers are decimal strings."""

from __future__ import annotations

from typing import Final

from schemas.records.bodies_of_allowances import ALLOWANCES
from schemas.records.bodies_of_budgets import BUDGETS
from schemas.records.bodies_of_units import (
    BY_DOCUMENT,
    CERTIFICATES,
    FROZEN,
    LOT_FACTS,
)
from schemas.records.shapes import (
    ACCOUNT,
    DAY,
    DECIMAL,
    DIGITS,
    DOCUMENTS,
    HEX32,
    HOLD,
    INSTANT,
    INSTRUMENT,
    LOT,
    PARTY,
    PLACE,
    PROVINCE,
    TEXT,
    TRUTH,
    WORD,
    YEAR,
    Schema,
    closed,
    listed,
    named,
    one_of,
)

_JOURNAL: Final = named("jrn")
_APPROVAL: Final = named("apr")
_RUN: Final = closed({"lot": LOT, "first": DIGITS, "count": DIGITS})
_DECIDED_APPROVAL: Final = closed({"approval_id": _APPROVAL})
_REVERSAL: Final = closed(
    BY_DOCUMENT | {"act_id": _JOURNAL, "journal_id": _JOURNAL, "kind": WORD, "reason": TEXT}
)
_PART: Final = closed({"count": DIGITS, "root": HEX32})
_KEY: Final = named("key")
_KEY_ASKED: Final[Schema] = {
    "challenge_id": named("chl"),
    "registry": WORD,
    "party_id": PARTY,
    "purpose": WORD,
    "suite": one_of("ed25519", "mldsa44", "sm2_sm3"),
    "public_key": {"type": "string", "pattern": "^([0-9a-f]{2})+$"},
    "label": TEXT,
    "challenge": HEX32,
}
_KEY_SHOWN: Final[Schema] = _KEY_ASKED | {
    "key_id": _KEY,
    "proof": {"type": "string", "pattern": "^([0-9a-f]{2})+$"},
}

_HOUSE: Final[dict[str, Schema]] = {
    "party.register": closed(
        {"party": PARTY, "kinds": listed(WORD), "sandbox": TRUTH},
        {"credit_code": WORD, "name": TEXT, "province": PROVINCE, "scheme": one_of("person")},
    ),
    "party.succession": closed(
        BY_DOCUMENT
        | {
            "from_party": PARTY,
            "to_party": PARTY,
            "passed": listed(
                closed(
                    {
                        "account": ACCOUNT,
                        "to_account": ACCOUNT,
                        "instrument": INSTRUMENT,
                        "quantity": DIGITS,
                    }
                )
            ),
        }
    ),
    "account.open": closed(
        {"account": ACCOUNT, "class": WORD, "party": PARTY},
        {"on_behalf_of": PARTY, "approval_above": DIGITS},
    ),
    "account.close": closed({"account_id": ACCOUNT}),
    "account.freeze": closed(BY_DOCUMENT | {"account_id": ACCOUNT, "frozen": {"const": True}}),
    "account.unfreeze": closed(BY_DOCUMENT | {"account_id": ACCOUNT, "frozen": {"const": False}}),
    "mandate.grant": closed(
        BY_DOCUMENT
        | {
            "mandate_id": named("mnd"),
            "account_id": ACCOUNT,
            "agent_id": PARTY,
            "owner_id": PARTY,
            "scopes": listed(WORD),
            "valid_from": DAY,
            "valid_to": DAY,
        }
    ),
    "mandate.end": closed({"mandate_id": named("mnd"), "ended": {"const": True}}, BY_DOCUMENT),
    "client.create": closed(
        {
            "client_id": named("clt"),
            "party": PARTY,
            "person": TEXT,
            "label": TEXT,
            "role": WORD,
            "scopes": listed(WORD),
            "expires_at": INSTANT,
            "key_name": TEXT,
            "secret_sha256": HEX32,
        },
        {"signature_required": {"const": True}},
    ),
    "key.challenge": closed(_KEY_ASKED | {"expires_at": INSTANT}),
    "key.register": closed(_KEY_SHOWN),
    "key.register_official": closed(_KEY_SHOWN),
    "key.rotate": closed(_KEY_SHOWN | {"predecessor_id": _KEY}),
    "key.rotate_official": closed(_KEY_SHOWN | {"predecessor_id": _KEY}),
    "key.revoke": closed({"key_id": _KEY}, {"compromised_from_index": DIGITS}),
    "client.revoke": closed({"client_id": named("clt")}),
    "log.snapshot": closed(
        {"tree_size": DIGITS, "tree_root": HEX32, "serials": _PART, "accounts": _PART}
    ),
    "document.store": closed(
        {
            "document_id": named("doc"),
            "party": PARTY,
            "sha256": HEX32,
            "title": TEXT,
            "media_type": TEXT,
        }
    ),
    "rulebook.adopt": closed({"name": WORD, "version": DIGITS, "digest": HEX32}),
    "factor.set": closed(
        BY_DOCUMENT
        | {"name": WORD, "province": PLACE, "year": YEAR, "version": DIGITS, "value": DECIMAL}
    ),
    "approval.open": closed(
        {
            "approval_id": _APPROVAL,
            "operation": TEXT,
            "payload_sha256": HEX32,
            "expires_at": INSTANT,
        }
    ),
    "approval.approve": _DECIDED_APPROVAL,
    "approval.reject": _DECIDED_APPROVAL,
    "approval.expire": _DECIDED_APPROVAL,
    "hold.open": closed(
        {"hold": HOLD, "account": ACCOUNT, "controller": PARTY, "reference": TEXT},
        {"beneficiary": ACCOUNT, "expires_at": INSTANT},
    ),
    "hold.release": closed({"hold": HOLD}),
    "hold.expire": closed({"hold": HOLD}),
    "units.freeze": closed(BY_DOCUMENT | FROZEN),
    "units.unfreeze": closed(BY_DOCUMENT | {"hold": HOLD, "quantity": DIGITS}),
    "units.forced_transfer": closed(BY_DOCUMENT | {"hold": HOLD, "quantity": DIGITS}),
    "units.consolidate": closed({"account": ACCOUNT, "runs": listed(_RUN, least=1)}),
    "objection.file": closed(
        {
            "objection_id": named("obj"),
            "act_id": _JOURNAL,
            "reason": TEXT,
            "document_ids": DOCUMENTS,
        }
    ),
    "objection.decide": closed(
        BY_DOCUMENT | {"objection_id": named("obj"), "outcome": one_of("upheld", "dismissed")},
        {"note": TEXT},
    ),
    "opening.lot": closed(
        BY_DOCUMENT
        | LOT_FACTS
        | {"reference": TEXT, "energy_kwh": DIGITS, "trades": listed(DIGITS)},
        {"statements": listed(TEXT), "claims": listed(HEX32)},
    ),
    "opening.balance": closed(
        BY_DOCUMENT | {"reference": TEXT, "account": ACCOUNT, "vintage": YEAR, "quantity": DIGITS},
        {"as_of": DAY, "sold": DIGITS, "bought": DIGITS, "on_time": listed(YEAR)},
    ),
    "reverse.act": _REVERSAL,
    "reverse.decision": _REVERSAL,
}

BODIES: Final[dict[str, Schema]] = _HOUSE | CERTIFICATES | ALLOWANCES | BUDGETS
"""By kind; each kind of `ledger.kinds` has one, which a test holds."""
