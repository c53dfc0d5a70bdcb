"""Faults to plant in what may rule, and in what a province may say."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

FACTORS: Final = "tests/rules/test_factor.py"
FOLLOWING: Final = "tests/rules/test_succession.py"
DOORS: Final = "tests/http/test_rulebooks.py"
OPEN: Final = "tests/rules/test_open_point.py"

LAW: Final = (
    one(
        "k may be one: nothing is left to buy",
        f"{FACTORS}::test_a_figure_that_cannot_be_true_is_refused",
        "ledger/rules/factor.py",
        "_PART: Final = Range(Decimal(0), Decimal(1), False,",
        "_PART: Final = Range(Decimal(0), Decimal(1), True,",
    ),
    one(
        "half a certificate is a cap",
        f"{FACTORS}::test_a_figure_that_cannot_be_true_is_refused",
        "ledger/rules/factor.py",
        "_CAP: Final = Range(Decimal(0), CERTIFICATES_MAX, True, 0,",
        "_CAP: Final = Range(Decimal(0), CERTIFICATES_MAX, True, 1,",
    ),
    one(
        "a figure is not checked where it is set",
        f"{DOORS}::test_a_figure_nobody_could_use_is_refused",
        "settlement/factors.py",
        "    check_factor(order.name, order.value)\n",
        "",
    ),
    one(
        "the finest figure is recorded with an exponent",
        f"{DOORS}::test_a_figure_is_recorded_without_an_exponent",
        "settlement/factors.py",
        '"value": f"{order.value:f}"',
        '"value": str(order.value)',
    ),
    one(
        "what a verb asks for may be dropped, if it is listed",
        f"{FOLLOWING}::test_a_version_that_leaves_a_gap_is_refused",
        "ledger/rules/succession.py",
        "gone & needed.keys() or gone - after.dropped",
        "gone - after.dropped",
    ),
    one(
        "a name may be dropped without a word",
        f"{FOLLOWING}::test_a_version_that_leaves_a_gap_is_refused",
        "ledger/rules/succession.py",
        "gone & needed.keys() or gone - after.dropped",
        "gone & needed.keys()",
    ),
    one(
        "a flag passes for a number",
        f"{FOLLOWING}::test_a_version_that_leaves_a_gap_is_refused",
        "ledger/rules/succession.py",
        "if type(parameter.value) is not type(known.value):",
        "if not isinstance(parameter.value, type(known.value)):",
    ),
    one(
        "a rule ends yesterday",
        f"{FOLLOWING}::test_a_version_that_leaves_a_gap_is_refused",
        "ledger/rules/succession.py",
        "if ended is not None and ended < min(ends, day):",
        "if False:",
    ),
    one(
        "adoption forgets what verbs ask",
        f"{DOORS}::test_a_version_that_leaves_the_verbs_without_an_answer_is_refused",
        "settlement/rulebooks.py",
        "check_succession(book, before, _asked().get(book.name), read.day)",
        "check_succession(book, None, None, read.day)",
    ),
    one(
        "a leaf more is known",
        f"{DOORS}::test_a_book_is_known_from_its_own_leaf_on",
        "ledger/store/queries/rulebooks.py",
        "sealed_before(b.journal, size)",
        "sealed_before(b.journal, size + 1)",
    ),
    one(
        "the first version is in force for ever",
        f"{DOORS}::test_rules_are_told_as_they_were_known",
        "ledger/store/queries/rulebooks.py",
        "b.version.desc()",
        "b.version",
    ),
    one(
        "a budget is set for any year",
        f"{DOORS}::test_a_budget_is_not_set_for_a_year_no_rulebook_covers",
        "settlement/fossil_budget/setting.py",
        "    check_year(read.rules, order.year)\n",
        "",
    ),
    one(
        "a province's figure counts as read in the law",
        f"{OPEN}::test_parameters_and_figures_are_listed_in_the_order_asked",
        "ledger/rules/open_point.py",
        "(*map(of_parameter, parameters), *map(of_figure, data))",
        "tuple(map(of_parameter, parameters))",
    ),
    one(
        "a province's k is not told among what is open",
        "tests/http/test_fossil_budgets.py"
        "::test_what_a_budget_rests_on_is_told_by_name_in_both_languages",
        "settlement/fossil_budget/statement.py",
        "names = (K, *(to.cap for to in Direction if to in met))",
        "names = (*(to.cap for to in Direction if to in met),)",
    ),
    one(
        "a cap is not told among what is open",
        "tests/settlement/test_closing.py::test_a_statement_names_the_figures_that_were_entered",
        "settlement/fossil_budget/statement.py",
        "names = (K, *(to.cap for to in Direction if to in met))",
        "names = (K,)",
    ),
    one(
        "every cap of the province is told, whatever certificates were offered",
        "tests/settlement/test_closing.py::test_a_statement_names_the_figures_that_were_entered",
        "settlement/fossil_budget/statement.py",
        "names = (K, *(to.cap for to in Direction if to in met))",
        "names = (K, *(to.cap for to in Direction))",
    ),
    one(
        "a statement names what is open and does not say it",
        "tests/settlement/test_closing.py::test_a_statement_says_what_is_open_in_both_languages",
        "settlement/fossil_budget/document.py",
        '_OPEN_POINT: Final = ("name", "value", "unit", "document", "evidence", "zh", "en")',
        '_OPEN_POINT: Final = ("name", "value", "unit", "document", "evidence")',
    ),
    one(
        "a unit stays English in a Chinese sentence",
        "tests/rules/test_open_point.py::test_every_unit_that_is_no_symbol_is_told_in_chinese",
        "ledger/rules/open_point.py",
        "{self._said(self.unit_zh or self.unit)}，",
        "{self._said(self.unit)}，",
    ),
    one(
        "a closed year's report names today's figures",
        "tests/http/test_reports.py"
        "::test_a_report_of_closed_years_rests_on_what_their_closings_said",
        "settlement/reports/rests.py",
        "still_open = [one for one in reported if not one.is_closed]",
        "still_open = reported",
    ),
    one(
        "a report names what was entered after its cut",
        "tests/http/test_reports.py::test_a_report_about_a_past_size_is_the_same_file_for_ever",
        "settlement/reports/rests.py",
        ".where(f.name == name, f.year == cut.year, cut.holds(f.journal))",
        ".where(f.name == name, f.year == cut.year)",
    ),
    one(
        "a k that is asked about was entered by the regulator",
        "tests/http/test_budget_plans.py::test_a_plan_names_what_it_rests_on",
        "settlement/fossil_budget/whatif.py",
        "return replace(case, k=k, entered={n: one for n, one in case.entered.items() if n != K})",
        "return replace(case, k=k)",
    ),
    one(
        "a later version's evidence hides a version without",
        "tests/http/test_reports.py::test_gaps_in_the_evidence_are_listed_unit_by_unit",
        "settlement/reports/gaps.py",
        '.where(func.jsonb_array_length(e.body["document_ids"]) == 0)',
        '.where(func.jsonb_array_length(e.body["document_ids"]) == 0, e.n > 2)',
    ),
    one(
        "energy made at home is somebody's loss",
        "tests/http/test_reports.py::test_what_one_province_gains_another_loses",
        "settlement/reports/flows.py",
        "return self.home != self.maker",
        "return bool(self.home)",
    ),
    one(
        "nobody is asked to enter a target",
        "tests/http/test_minimum_shares.py"
        "::test_where_no_target_was_found_the_regulator_is_asked_to_enter_one",
        "settlement/shares/standing.py",
        "_to_enter(one) if one.target is None else None",
        "None",
    ),
    one(
        "a retirement for another may be claimed",
        "tests/http/test_bad_input_of_budgets.py::test_what_cannot_be_has_its_own_code_as_json",
        "settlement/shares/claims.py",
        "    _check_own(read, order, code)\n",
        "",
    ),
    one(
        "a figure below zero is any wrong number",
        "tests/http/test_bad_input_of_budgets.py",
        "schemas/fields.py",
        "if isinstance(value, str) and _BELOW_ZERO.fullmatch(value):",
        "if False:",
    ),
    one(
        "a share rests on no target of the unit's own",
        "tests/http/test_minimum_shares.py::test_a_share_names_what_it_rests_on",
        "settlement/shares/standing.py",
        "own = [_of_target(target)] if target and target.source == OWN else []",
        "own: list[OpenPoint] = []",
    ),
    one(
        "a reporting code that nobody read is told as if it were law",
        "tests/settlement/test_fossil_statement.py::test_a_reporting_code_says_how_it_is_known",
        "settlement/fossil_budget/energy/coefficients.py",
        'None if span.evidence == "found" else of_parameter(span)',
        "None",
    ),
)
