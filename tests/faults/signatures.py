"""Faults to plant in what is believed of keys and signatures."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

ATTACKS: Final = "tests/http/test_signature_attacks.py"
REQUESTS: Final = "tests/http/test_signed_requests.py"
RACES: Final = "tests/races/test_signed_races.py"
EVIDENCE: Final = "tests/log/test_evidence.py"
LOG: Final = "tests/http/test_signed_log.py"
KEYS: Final = "tests/http/test_keys.py"

SIGNATURES: Final = (
    one(
        "a nonce is not looked at",
        f"{ATTACKS}::test_a_nonce_is_used_once",
        "settlement/signed.py",
        "if digest is not None and not own:",
        "if digest is not None and own:",
    ),
    one(
        "the end of a key is not looked at behind the lock",
        f"{RACES}::test_commands_of_one_batch_see_a_key_end_among_them",
        "ledger/posting/judge.py",
        "return signed.key not in trial.book.ended_keys and trial.now <= signed.good_until",
        "return trial.now <= signed.good_until",
    ),
    one(
        "another party's key is taken",
        f"{ATTACKS}::test_another_partys_key_is_unknown",
        "api/signatures.py",
        ".where(k.id == number, k.party == party)",
        ".where(k.id == number, k.party == k.party, party == party)",
    ),
    one(
        "a key of the log signs requests",
        f"{ATTACKS}::test_a_key_of_the_log_signs_no_request",
        "api/signatures.py",
        'if row.purpose != "request":',
        'if row.purpose == "":',
    ),
    one(
        "a client that must sign posts unsigned",
        f"{REQUESTS}::test_a_client_that_must_sign_does_not_post_unsigned",
        "api/bodies.py",
        "if not is_signed(request.headers):",
        "if not is_signed(request.headers) and not must_sign:",
    ),
    one(
        "the query is not part of the address",
        f"{ATTACKS}::test_a_signature_serves_no_other_request",
        "api/signatures.py",
        'target = scope["raw_path"] + (b"?" + query if query else b"")',
        'target = scope["raw_path"] + (b"?" + query if query and False else b"")',
    ),
    one(
        "the body is not held to its digest",
        f"{EVIDENCE}::test_no_other_body_goes_with_it",
        "ledger/log/evidence.py",
        'if covered["content-digest"] != f"sha-256=:{digest}:":',
        'if covered["content-digest"] == digest:',
    ),
    one(
        "evidence is not named by the record",
        f"{REQUESTS}::test_what_was_signed_is_kept_and_named_by_the_record",
        "ledger/posting/record.py",
        "if draft.evidence is not None:",
        "if draft.evidence is not None and draft.part > 1:",
    ),
    one(
        "a proof of possession is not checked",
        f"{KEYS}::test_a_proof_by_another_key_or_of_another_statement_is_none",
        "settlement/keys.py",
        "        claim.check(proof)\n",
        "        claim.statement.encode()\n",
    ),
    one(
        "an auditor believes a proof",
        f"{LOG}::test_a_history_of_keys_that_does_not_hang_together_is_found",
        "ledger/log/keyring.py",
        'claim.check(bytes.fromhex(told["proof"]))',
        'claim.statement.encode(told["proof"] and "utf-8")',
    ),
    one(
        "an auditor takes a key after its end",
        f"{LOG}::test_the_keyring_tells_between_which_leaves_a_key_is_good",
        "ledger/log/keyring.py",
        "if known.until is not None and known.until <= index:",
        "if known.until is not None and known.until < index:",
    ),
)
