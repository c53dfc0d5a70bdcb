"""Faults in keys, notes, policies, witnesses and statements: each would let something false be believed."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

KEYS: Final = "tests/log/test_keys.py"
KEYFILE: Final = "tests/log/test_keyfile.py"
NOTE: Final = "tests/log/test_note.py"
COSIGNATURE: Final = "tests/log/test_cosignature.py"
POLICY: Final = "tests/log/test_policy.py"
PROOF: Final = "tests/log/test_proof.py"
WITNESS: Final = "tests/log/test_witness.py"
COSIGNING: Final = "tests/log/test_cosigning.py"
STATEMENT: Final = "tests/log/test_statement.py"

SIGNING: Final = (
    one(
        "signing: a signature whose R is of low order",
        f"{KEYS}::test_the_edge_vectors_are_judged_as_strict_verification_judges_them",
        "ledger/log/keys.py",
        "if signature[:POINT_BYTES] in LOW_ORDER:",
        "if not signature:",
    ),
    one(
        "signing: a key of low order",
        f"{KEYS}::test_the_edge_vectors_are_judged_as_strict_verification_judges_them",
        "ledger/log/edwards.py",
        "if len(encoding) != POINT_BYTES or encoding in LOW_ORDER:",
        "if len(encoding) != POINT_BYTES:",
    ),
    one(
        "signing: a point written in a second way",
        f"{KEYS}::test_a_point_is_written_in_one_way_only",
        "ledger/log/edwards.py",
        "return y < _P and _has_x(y)",
        "return _has_x(y)",
    ),
    one(
        "signing: a key file that the group can read",
        f"{KEYFILE}::test_a_key_that_others_can_reach_is_refused",
        "ledger/log/keyfile.py",
        "if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):",
        "if found.st_mode & stat.S_IRWXO:",
    ),
    one(
        "signing: a key file behind a link",
        f"{KEYFILE}::test_only_a_plain_file_is_read",
        "ledger/log/keyfile.py",
        "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK",
        "os.O_RDONLY | os.O_NONBLOCK",
    ),
    one(
        "signing: a note parted at its first blank line",
        f"{NOTE}::test_a_text_with_blank_lines_is_parted_at_the_last_one",
        "ledger/log/note.py",
        'whole.rpartition("\\n\\n")',
        'whole.partition("\\n\\n")',
    ),
    one(
        "signing: a signature spelled in a second way",
        f"{NOTE}::test_bytes_that_are_no_note_are_refused",
        "ledger/log/spelling.py",
        "return raw if base64_text(raw) == text else None",
        "return raw",
    ),
    one(
        "signing: a number with zeros before it",
        "tests/log/test_checkpoint.py::test_a_text_that_is_no_checkpoint_is_refused",
        "ledger/log/spelling.py",
        're.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)',
        're.compile(r"[0-9]{1,19}", re.ASCII)',
    ),
    one(
        "signing: a cosignature whose time is not signed",
        f"{COSIGNATURE}::test_what_others_signed_holds",
        "ledger/log/cosignature.py",
        'return f"cosignature/v1\\ntime {at}\\n{text}".encode()',
        'return f"cosignature/v1\\n{text}".encode()',
    ),
    one(
        "signing: an extension line that nobody signed",
        f"{COSIGNATURE}::test_extension_lines_are_covered_or_refused",
        "ledger/log/cosignature.py",
        "if head.extensions:",
        "if not head.origin:",
    ),
    one(
        "signing: a log that signs for another",
        f"{POLICY}::test_witnesses_do_not_stand_for_the_log",
        "ledger/log/opening.py",
        "own = {log.key for log in policy.logs if log.key.name == head.origin}",
        "own = {log.key for log in policy.logs}",
    ),
    one(
        "signing: a checkpoint without its quorum",
        f"{POLICY}::test_a_checkpoint_without_its_quorum_is_refused_but_can_be_collected_for",
        "ledger/log/opening.py",
        "if not policy.is_met_by(names):",
        "if not names:",
    ),
    one(
        "signing: one witness too few",
        f"{POLICY}::test_the_example_wants_two_of_three_and_one_of_three",
        "ledger/log/policy.py",
        "for member in group.members) >= group.threshold:",
        "for member in group.members) + 1 >= group.threshold:",
    ),
    one(
        "signing: a witness that counts twice",
        f"{POLICY}::test_a_policy_that_could_be_read_in_two_ways_is_refused",
        "ledger/log/policy.py",
        "self.free.discard(member)",
        "self.free.add(member)",
    ),
    one(
        "signing: a log that is its own witness",
        f"{POLICY}::test_one_key_in_two_roles_is_refused",
        "ledger/log/policy.py",
        "earlier = [log.key for log in self.logs] + [",
        "earlier = [log.key for log in self.logs if key.kind in _LOG_KINDS - _WITNESS_KINDS] + [",
    ),
    one(
        "signing: a proof whose path leads nowhere",
        f"{PROOF}::test_another_leaf_or_index_is_not_proved",
        "ledger/log/proof.py",
        "verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root)",
        "assert leaf",
    ),
    one(
        "signing: a witness that looks before its turn",
        f"{WITNESS}::test_of_two_requests_at_once_one_wins_and_none_rolls_back",
        "ledger/log/witness_store.py",
        'db.execute("BEGIN IMMEDIATE")',
        'db.execute("BEGIN")',
    ),
    one(
        "signing: a witness that takes any older size",
        f"{WITNESS}::test_who_starts_from_another_tree_is_told_which_one_is_known",
        "ledger/log/witness.py",
        "if request.old != size:",
        "if request.old > size:",
    ),
    one(
        "signing: a witness that believes growth unproved",
        f"{WITNESS}::test_another_history_is_never_cosigned",
        "ledger/log/witness.py",
        "verify_consistency(size, head.size, request.proof, root, head.root)",
        "assert root",
    ),
    one(
        "signing: a rollback taken for a slow witness",
        f"{COSIGNING}::test_a_witness_that_saw_more_than_we_have_tells_of_a_rollback",
        "ledger/log/cosigning.py",
        "if old > head.size:",
        "if old < 0:",
    ),
    one(
        "signing: a cosignature taken unverified",
        f"{COSIGNING}::test_a_cosignature_that_does_not_hold_is_not_taken",
        "ledger/log/cosigning.py",
        "signed = check_signatures(Note(str(head), lines), [witness.key])",
        "signed = check_signatures(Note(str(head), lines), [])",
    ),
    one(
        "signing: a right proof beside a wrong claim",
        f"{STATEMENT}::test_the_right_proof_of_another_retirement_is_no_evidence",
        "ledger/log/statement.py",
        'if (field := _first_difference("", document, expected)) is not None:',
        'if (field := _first_difference("", document, document)) is not None:',
    ),
    one(
        "signing: words under another context",
        f"{STATEMENT}::test_words_under_another_context_are_refused",
        "ledger/log/statement.py",
        'if part.get("@context") != STATEMENT_CONTEXT:',
        'if "@context" not in part:',
    ),
    one(
        "signing: a statement that nobody published",
        f"{STATEMENT}::test_nothing_is_stated_that_is_not_published",
        "ledger/log/statement.py",
        "    _proven(proofs, policy)\n    instant",
        "    assert policy\n    instant",
    ),
    one(
        "signing: one retirement out of two logs",
        f"{STATEMENT}::test_the_parts_of_a_retirement_stand_in_one_log",
        "ledger/log/statement.py",
        "if len({head.checkpoint.origin for head in heads}) != 1:",
        "if not heads:",
    ),
    one(
        "signing: a retirement with a part missing",
        "tests/log/test_retired.py",
        "ledger/log/retired.py",
        "if not (shared and begins and goes_on) or numbers != run:",
        "if not (shared and begins and goes_on and run):",
    ),
    one(
        "signing: a proof's purpose changed",
        "tests/log/test_integrity.py::test_no_option_of_the_proof_can_be_another",
        "ledger/log/integrity.py",
        "if jcs(told) != jcs(options):",
        "if not told:",
    ),
)
