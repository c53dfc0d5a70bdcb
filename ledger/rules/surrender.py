"""Which allowances may discharge which duty. Pure."""

from __future__ import annotations

from ledger.refusals import VintageNotUsable


def check_vintage(vintage: int, compliance_year: int, first: int, last: int) -> None:
    """Refuse a vintage outside `first … last`, the vintages usable for the compliance year.

    Source: allocation plans of the due year (2023–24 plan; 国环规气候〔2026〕1号, draft text).
    """
    if not first <= vintage <= last:
        raise VintageNotUsable(
            vintage=vintage, compliance_year=compliance_year, first=first, last=last
        )
