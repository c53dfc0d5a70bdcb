"""Faults to plant in what lines between provinces lose, and in who is charged with it."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

DOOR: Final = "tests/http/test_line_losses.py"
FLOWS: Final = "tests/settlement/test_flow_laws.py"
RULE: Final = "tests/rules/test_line_loss.py"
HOME: Final = "settlement/reports"

LINE_LOSSES: Final = (
    one(
        "line loss is charged to the buyer's province",
        f"{FLOWS}::test_only_who_sent_power_is_charged",
        f"{HOME}/flows.py",
        "sent[flow.maker] += flow.count",
        "sent[flow.home] += flow.count",
    ),
    one(
        "line loss of certificates that travel no line",
        f"{FLOWS}::test_only_who_sent_power_is_charged",
        f"{HOME}/flows.py",
        "if flow.with_power and flow.crosses:",
        "if flow.crosses:",
    ),
    one(
        "line loss of power used where it was made",
        f"{FLOWS}::test_only_who_sent_power_is_charged",
        f"{HOME}/flows.py",
        "if flow.with_power and flow.crosses:",
        "if flow.with_power:",
    ),
    one(
        "line loss is a share of what was received",
        f"{RULE}::test_what_is_lost_is_of_what_was_sent",
        "ledger/rules/line_loss.py",
        "return floor(received_kwh * part / (1 - part) + _HALF)",
        "return floor(received_kwh * part + _HALF)",
    ),
    one(
        "line loss is rounded down",
        f"{RULE}::test_what_is_lost_is_of_what_was_sent",
        "ledger/rules/line_loss.py",
        "(1 - part) + _HALF)",
        "(1 - part))",
    ),
    one(
        "line loss that nobody entered is told as none",
        f"{DOOR}::test_a_loss_that_nobody_entered_is_not_told_as_none",
        f"{HOME}/losses.py",
        "if place in known else None",
        "if place in known else 0",
    ),
    one(
        "line loss that nobody entered is not named",
        f"{FLOWS}::test_a_share_that_is_missing_is_named",
        f"{HOME}/losses.py",
        "self.rules, known), *unknown)",
        "self.rules, known), *unknown[:0])",
    ),
    one(
        "line loss by a figure entered after the cut",
        f"{DOOR}::test_a_revised_loss_leaves_the_older_report_as_it_was",
        f"{HOME}/rests.py",
        ".where(f.name == name, f.year == cut.year, cut.holds(f.journal))",
        ".where(f.name == name, f.year == cut.year)",
    ),
    one(
        "line loss without a rule that says who bears it",
        f"{FLOWS}::test_without_a_rule_nothing_is_charged",
        f"{HOME}/losses.py",
        "known = self.figures if self._is_ruled else {}",
        "known = self.figures",
    ),
    one(
        "line loss may be all that was sent",
        "tests/rules/test_factor.py::test_a_figure_that_cannot_be_true_is_refused",
        "ledger/rules/factor.py",
        '"line_loss": _PART',
        '"line_loss": _SHARE',
    ),
    one(
        "line loss of no power: reports do not see what closings recognise as traded",
        f"{DOOR}::test_the_seller_s_province_bears_what_lines_lost",
        f"{HOME}/serials.py",
        "((closing.recognised, CERTIFICATE), (closing.traded, TRADED))",
        "((closing.recognised, CERTIFICATE),)",
    ),
)
