"""Faults to plant in what a certificate is claimed for: once, for one metric, or as a reduction."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

METRICS: Final = "tests/settlement/test_metrics.py"
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
)
