"""List the demo parties that use, trade, issue, check and allocate: all invented."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from api.sample.identities import Series, demo_credit_code
from api.sample.parties import SampleParty
from api.sample.provinces import Province, provinces
from api.sample.tables import table_of

NUMERALS_ZH = "一二三四五六七八九"


def demo_parties() -> tuple[SampleParty, ...]:
    """List everybody but the owners of plants and the coal emitters, whom the fleet knows."""
    return (*institutions(), *province_parties(), *enterprises())


def enterprises() -> tuple[SampleParty, ...]:
    """List the demo enterprises, named after their sector and numbered within it."""
    numbers = count(1)
    groups = table_of("enterprises.toml")["enterprise"]
    return tuple(party for group in groups for party in _group(group, numbers))


def _group(group: dict[str, Any], numbers: Iterator[int]) -> Iterator[SampleParty]:
    for place, province in enumerate(group["provinces"], start=1):
        yield SampleParty(
            credit_code=demo_credit_code(Series.ENTERPRISE, next(numbers)),
            name=group["name"].format(place),
            name_zh=group["name_zh"].format(NUMERALS_ZH[place - 1]),
            kinds=tuple(group["kinds"]),
            sector=group["sector"],
            province=province,
        )


def institutions() -> tuple[SampleParty, ...]:
    """List the issuer, registry operator, regulator, exchange, verifier and settlement bank."""
    rows = table_of("enterprises.toml")["institution"]
    return tuple(_institution(row, number) for number, row in enumerate(rows, start=1))


def _institution(row: dict[str, Any], number: int) -> SampleParty:
    code = demo_credit_code(Series.AUTHORITY, number)
    kinds = tuple(row["kinds"])
    return SampleParty(code, row["name"], row["name_zh"], kinds, row["sector"], row["province"])


def province_parties() -> tuple[SampleParty, ...]:
    """List one provincial department per province, which receives, allocates and cancels."""
    return tuple(_province_party(province) for province in provinces().values())


def _province_party(province: Province) -> SampleParty:
    return SampleParty(
        credit_code=demo_credit_code(Series.PROVINCE, int(province.code)),
        name=f"Demo Department of {province.en}",
        name_zh=f"{province.zh}示范主管部门",
        kinds=("province",),
        sector="province",
        province=province.code,
    )
