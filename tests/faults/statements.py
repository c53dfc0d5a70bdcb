"""Faults to plant in statements that verifiers write again from the log."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

SAME: Final = "tests/auditor/test_statements.py::test_every_statement_is_what_the_records_come_to"
LIES: Final = "tests/auditor/test_statement_forgeries.py"
SEALED: Final = f"{LIES}::test_changed_figures_are_found_in_a_log_sealed_anew"
FIRST, SECOND = "ledger/log/replay_statement.py", "ledger/log/independent.py"
ENERGY, CERTIFICATES = "ledger/log/replay_energy.py", "ledger/log/replay_certificates.py"
FILED: Final = "ledger/log/replay_filed.py"

STATEMENTS: Final = (
    one(
        "the second verifier writes units in English",
        SAME,
        SECOND,
        'return open_point(name, value, said, table.get("unit_zh"))',
        "return open_point(name, value, said)",
    ),
    one(
        "the first verifier believes the digest of a statement",
        SEALED,
        FIRST,
        "return sha256(jcs(told)).hexdigest() == digest",
        "return bool(digest)",
    ),
    one(
        "the second verifier believes the digest of a statement",
        SEALED,
        SECOND,
        "if sha256(raw).hexdigest() == digest and says == told]",
        "if says == told]",
    ),
    one(
        "the first verifier believes what a record says beside the digest",
        f"{LIES}::test_a_statement_that_rests_on_other_facts_is_found",
        FIRST,
        'if points != sorted(body["open_points"]) or any(body.get(n) != told[n] for n in _SAID):',
        'if not points and not body["open_points"]:',
    ),
    one(
        "the second verifier believes what a record says beside the digest",
        f"{LIES}::test_a_statement_that_rests_on_other_facts_is_found",
        SECOND,
        "if sha256(raw).hexdigest() == digest and says == told]",
        "if sha256(raw).hexdigest() == digest]",
    ),
    one(
        "the first verifier passes over closings that name no statement",
        f"{LIES}::test_a_closing_of_before_statements_were_named_is_told_by_name",
        FIRST,
        'state.filed.untold.append((body["budget_id"], entry.act.last))\n        return',
        "return",
    ),
    one(
        "the second verifier passes over closings that name no statement",
        f"{LIES}::test_a_closing_of_before_statements_were_named_is_told_by_name",
        SECOND,
        "self.untold.append((name, index))\n            return",
        "return",
    ),
    one(
        "the first verifier lets a closing leave green power to be sold",
        f"{LIES}::test_green_power_that_counts_cannot_be_left_out",
        CERTIFICATES,
        "if any(_is_lying(unit, lot, account) for lot in",
        "if any(_is_lying(unit, lot, account) for lot in () and",
    ),
    one(
        "the second verifier lets a closing leave green power to be sold",
        f"{LIES}::test_green_power_that_counts_cannot_be_left_out",
        SECOND,
        "if any(self.lying(lot, own) for lot in",
        "if any(self.lying(lot, own) for lot in () and",
    ),
    one(
        "the first verifier counts what was made on site twice",
        SAME,
        ENERGY,
        'burnt -= flows.produced if line["fuel"] in made else 0',
        "burnt -= 0",
    ),
    one(
        "the second verifier counts what was made on site twice",
        SAME,
        SECOND,
        '            came -= flow["produced"]\n',
        "            came -= 0\n",
    ),
    one(
        "the first verifier rounds each part by itself",
        SAME,
        ENERGY,
        "str(sign * (ceil(running + sign * part) - ceil(running)))",
        "str(ceil(part))",
    ),
    one(
        "the second verifier rounds each part by itself",
        SAME,
        SECOND,
        "whole[name] = sign * (ceil(after) - ceil(running))",
        "whole[name] = ceil(exact[name])",
    ),
    one(
        "the first verifier judges a closing by what its own group did",
        SAME,
        CERTIFICATES,
        'if (record["group"] == unit.record["group"]) == together:',
        "if not together:",
    ),
    one(
        "the second verifier lists what its own group retired as an input",
        SAME,
        SECOND,
        "runs = [run for run in found if not self.is_own_group(run)]",
        "runs = list(found)",
    ),
    one(
        "the first verifier goes on counting green power that was taken back",
        SAME,
        FILED,
        "        filed.undone.add(index)\n",
        "        return\n",
    ),
    one(
        "the second verifier goes on counting green power that was taken back",
        SAME,
        SECOND,
        "            self.filed.take_back(str(stated[1]), self.seen[name])\n",
        "            return\n",
    ),
    one(
        "the first verifier forgets that green power was passed on",
        SAME,
        FILED,
        '    "party.succession": mark,\n',
        "",
    ),
    one(
        "the first verifier forgets that parcels became one",
        SAME,
        FILED,
        '    "units.consolidate": mark_joined,\n',
        "",
    ),
    one(
        "the second verifier forgets that parcels became one",
        SAME,
        SECOND,
        "                run[5] = (run[5][0], act.last, run[5])\n",
        "",
    ),
    one(
        "the first verifier takes assigned certificates for bought ones",
        SAME,
        FILED,
        'return (origin if then == trades else "traded"), acquired',
        'return "traded", acquired',
    ),
    one(
        "the second verifier takes assigned certificates for bought ones",
        SAME,
        SECOND,
        '{**usual, "origin": "assigned", **changes}',
        '{**usual, "origin": "traded", **changes}',
    ),
    one(
        "a statement names the journal after a full one as its input",
        SAME,
        "settlement/fossil_budget/certificates.py",
        "return (self.line.order - 1) // POSTINGS_MAX",
        "return self.line.order // POSTINGS_MAX",
    ),
    one(
        "the first verifier lets a closing overlook a figure of long ago",
        f"{LIES}::test_a_figure_may_be_unknown_to_a_closing_only_while_that_is_posted",
        FIRST,
        'is_fresh = entry.record["at"] <= later(unit.read(latest)["at"])',
        "is_fresh = True or latest",
    ),
    one(
        "the second verifier lets a closing overlook a figure of long ago",
        f"{LIES}::test_a_figure_may_be_unknown_to_a_closing_only_while_that_is_posted",
        SECOND,
        'return entered[-1 : -3 if self.record["at"] <= shifted(came, SLACK) else -2 : -1]',
        "return entered[-1 : -3 if came else -2 : -1]",
    ),
    one(
        "a closing is posted though room under its cap came free meanwhile",
        "tests/settlement/test_closing.py"
        "::test_a_closing_is_decided_again_where_room_under_its_cap_came_free_meanwhile",
        "settlement/fossil_budget/closing.py",
        "rest = (found.on_file.expect, *found.caps.as_read, *case.held)",
        "rest = (*found.caps.expects(judged.recognition.capped), *case.held)",
    ),
    one(
        "a state file of an earlier release is gone on from",
        "tests/auditor/test_statements.py::test_a_visit_of_an_earlier_release_is_not_gone_on_from",
        "ledger/log/saved.py",
        "if not all(hasattr(made, one.name) for made, cls in looked_at for one in fields(cls)):",
        "if False:",
    ),
)
