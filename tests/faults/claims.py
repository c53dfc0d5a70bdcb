"""Faults to plant in what a certificate is claimed for: once, for one metric, or as a reduction."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

METRICS: Final = "tests/settlement/test_metrics.py"
CCER: Final = "tests/settlement/test_ccer.py"
DOORS: Final = "tests/http/test_ccer.py"
FORGERIES: Final = "tests/auditor/test_forgeries.py"
_USES: Final = "settlement/metrics.py"

CLAIMS: Final = (
    one(
        "a metric is served whatever the retirement was for",
        f"{METRICS}::test_a_purpose_counts_where_the_rulebook_lists_it",
        _USES,
        "if row.purpose not in purposes_for(read, metric, row.consumption_year):",
        "if not purposes_for(read, metric, row.consumption_year):",
    ),
    one(
        "metrics that may not share a certificate share it",
        f"{METRICS}::test_what_may_not_be_shared_is_not_offset_either",
        _USES,
        "if not _share(read, metric, first.metric, year):",
        "if not _share(read, metric, first.metric, year) and first.metric == metric:",
    ),
    one(
        "a metric is served twice by one retirement",
        f"{METRICS}::test_a_retirement_serves_each_metric_once",
        _USES,
        "if first.metric == metric:",
        "if first.metric == metric and first.budget is not None:",
    ),
    one(
        "a metric is served for somebody else",
        f"{METRICS}::test_a_retirement_serves_one_beneficiary_and_one_year",
        _USES,
        "if row is None or row.beneficiary_code != beneficiary:",
        "if row is None:",
    ),
    one(
        "a metric is served in another year",
        f"{METRICS}::test_a_retirement_serves_one_beneficiary_and_one_year",
        _USES,
        "if row.consumption_year != year:",
        "if row.consumption_year < year:",
    ),
    one(
        "two who claim at once for metrics that share nothing both get it",
        f"{METRICS}::test_two_metrics_that_do_not_share_are_not_served_at_once_either",
        _USES,
        "for number in asked for pair in bars),",
        "for number in asked for pair in bars[1:]),",
    ),
    one(
        "a certificate more is credited than is frozen",
        f"{CCER}::test_a_months_energy_is_sold_or_credited_and_never_both",
        "settlement/ccer_claims.py",
        "if order.energy_kwh > free_kwh:",
        "if order.energy_kwh > free_kwh + unit:",
    ),
    one(
        "a begun certificate is credited, and lives on",
        f"{CCER}::test_a_claim_takes_whole_certificates_out_of_every_freeze",
        "settlement/ccer_claims.py",
        "-(-order.energy_kwh // unit)",
        "order.energy_kwh // unit",
    ),
    one(
        "a project is credited for any plant",
        f"{DOORS}::test_a_claim_is_of_a_project_of_the_plants_month",
        "settlement/ccer_claims.py",
        "c.plant == order.plant,",
        "c.plant != 0,",
    ),
    one(
        "the last month of a project is issued free",
        f"{CCER}::test_what_is_issued_later_is_frozen_as_it_is_issued",
        "settlement/ccer.py",
        "if project.first_month <= lot.month <= project.last_month:",
        "if project.first_month <= lot.month < project.last_month:",
    ),
    one(
        "an issuance that was decided before a registration stands",
        f"{CCER}::test_an_issuance_decided_before_a_registration_is_decided_again",
        "settlement/ccer.py",
        "for instrument in KWH.values())",
        "for instrument in ())",
    ),
    one(
        "a registration that was decided before an issuance stands",
        f"{CCER}::test_a_registration_decided_before_an_issuance_is_decided_again",
        "settlement/ccer.py",
        "(*_energy(read, plant), *chain",
        "(*(), *chain",
    ),
    one(
        "any method may be credited",
        f"{CCER}::test_projects_are_registered_once_by_two_persons_under_a_method_of_the_rules",
        "settlement/ccer.py",
        "if method not in allowed:",
        "if not allowed:",
    ),
    one(
        "an auditor lets one month's certificates stand for another's energy",
        FORGERIES,
        "ledger/log/replay_rules.py",
        """        check_cancelled(entry, units)
""",
        """        return
""",
    ),
    one(
        "an auditor lets one person freeze what no project covers",
        FORGERIES,
        "ledger/log/replay_kinds.py",
        '    "ccer.freeze": check_freeze,\n',
        "",
    ),
)
