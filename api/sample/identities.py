"""Make identity codes for the demo that are well formed and can belong to nobody."""

from datetime import date
from enum import StrEnum

from api.sample.tables import table_of
from schemas.identifiers import credit_code_check_digit

# GB/T 2260 assigns no division 999999, so no real organisation is registered there.
DIVISION = "999999"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
SERIES_SIZE_MAX = 9_999


class Series(StrEnum):
    """Which run of demo codes a party is numbered in."""

    AUTHORITY = "A"
    PROVINCE = "B"
    EMITTER = "C"
    ENTERPRISE = "E"
    OWNER = "G"
    UNNAMED_OWNER = "H"


def demo_credit_code(series: Series, number: int) -> str:
    """Make the number-th credit code of a series, both its check digits valid.

    Source: GB 32100-2015 (the whole), GB 11714 (the organisation part, which starts DEM).
    """
    assert 0 < number <= SERIES_SIZE_MAX
    public_body = series in {Series.AUTHORITY, Series.PROVINCE}
    organisation = f"DEM{series}{number:04}"
    check = _organisation_check_digit(organisation)
    first17 = f"{'11' if public_body else '91'}{DIVISION}{organisation}{check}"
    return first17 + credit_code_check_digit(first17)


def _organisation_check_digit(first8: str) -> str:
    total = sum(
        weight * int(sign, 36) for weight, sign in zip(ORGANISATION_WEIGHTS, first8, strict=True)
    )
    return "0X987654321"[total % 11]


def registration_code(
    energy: str, technology: str, commissioned_on: date, province: str, sequence: int
) -> str:
    """Make the 17 digits of a plant's registration file. SYNTHETIC: official widths are not public.

    Project 1, energy 1, technology 2, year and month 6, province 2, sequence 4, check digit 1.
    `sequence` counts the plants of a province from 1.
    """
    codes = table_of("fleet.toml")["registration"]
    kind = codes["project"] + codes["energy"][energy] + codes["technology"][technology]
    first16 = f"{kind}{commissioned_on:%Y%m}{province}{sequence:04}"
    return first16 + registration_check_digit(first16)


def registration_check_digit(digits: str) -> str:
    """Compute the digit that betrays any one wrong digit. Source: ISO/IEC 7064, MOD 11,10."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
