"""Names that travel: unified social credit codes and prefixed opaque ids. Pure."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

CREDIT_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: digits and capitals without I, O, Z, S, V; a character's place is its value."""

_CREDIT_VALUES: Final = {char: value for value, char in enumerate(CREDIT_CODE_ALPHABET)}
_CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_CREDIT_SHAPE: Final = re.compile(f"[{CREDIT_CODE_ALPHABET}]{{18}}")

_RESIDENT_SHAPE: Final = re.compile("[1-9][0-9]{16}[0-9X]")
_RESIDENT_CHECKS: Final = "10X98765432"

ID_NUMBER_MAX: Final = 2**63 - 1
"""The largest number an id can carry: PostgreSQL's bigint."""

_ID_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_PAIRS: Final = tuple(high + low for high in _ID_ALPHABET for low in _ID_ALPHABET)
_ID_PLACES: Final = (40, 30, 20, 10, 0)
_ID_VALUES: Final = {char: value for value, char in enumerate(_ID_ALPHABET)}
_ID_DIGITS: Final = 13
# Thirteen digits hold 65 bits; a first digit above 7 would need the two we do not have.
_ID_SHAPE: Final = re.compile(f"[0-7][{_ID_ALPHABET}]{{{_ID_DIGITS - 1}}}")


class IdPrefix(StrEnum):
    """What kind of thing an id names; a prefix is public and never reused."""

    PARTY = "pty_"
    ACCOUNT = "acc_"
    PLANT = "plt_"
    LOT = "lot_"
    JOURNAL = "jrn_"
    HOLD = "hld_"
    RETIREMENT = "ret_"
    SURRENDER = "sur_"
    FOSSIL_BUDGET = "fbg_"
    TRADE = "trd_"
    APPROVAL = "apr_"
    OPERATION = "opr_"
    WEBHOOK = "whk_"
    DOCUMENT = "doc_"
    BREAK = "brk_"
    CLIENT = "clt_"
    READING = "rdg_"
    MANDATE = "mnd_"
    OBJECTION = "obj_"
    SIGNING_KEY = "key_"
    CHALLENGE = "chl_"


def credit_code_check_digit(first17: str) -> str:
    """Answer the 18th character that completes a unified social credit code.

    Raises:
        ValueError: not 17 characters of the code's alphabet.
    Source: GB 32100-2015, weights 3^(i-1) mod 31.
    """
    if len(first17) != len(_CREDIT_WEIGHTS) or not _CREDIT_VALUES.keys() >= set(first17):
        raise ValueError("a credit code needs 17 characters of 0-9A-Z without I O S V Z")
    weighed = zip(first17, _CREDIT_WEIGHTS, strict=True)
    total = sum(_CREDIT_VALUES[char] * weight for char, weight in weighed)
    return CREDIT_CODE_ALPHABET[-total % 31]


def is_credit_code(code: str) -> bool:
    """Tell whether a text is a unified social credit code with a right check digit."""
    if _CREDIT_SHAPE.fullmatch(code) is None:
        return False
    return code[-1] == credit_code_check_digit(code[:-1])


def is_resident_id(number: str) -> bool:
    """Tell whether a text is a resident identity number with a right check character.

    Source: GB 11643-1999, weights 2^(18-i) mod 11.
    """
    if _RESIDENT_SHAPE.fullmatch(number) is None:
        return False
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return number[-1] == _RESIDENT_CHECKS[weighed % 11]


def encode_id(prefix: str, number: int) -> str:
    """Write a row number as a prefixed id of 13 Crockford base-32 digits, lower case.

    Ids of one kind sort as their numbers do.

    Raises:
        ValueError: the number is not within 1 … 2^63 - 1.
    """
    if not 1 <= number <= ID_NUMBER_MAX:
        raise ValueError(f"{number} cannot be the number of an id")
    return prefix + _leading(number >> 10) + _ID_PAIRS[number & 1023]


@lru_cache(maxsize=65_536)  # numbers drawn one after the other share all but the last two digits
def _leading(number: int) -> str:
    first = _ID_ALPHABET[number >> 50]
    return first + "".join([_ID_PAIRS[number >> at & 1023] for at in _ID_PLACES])


def decode_id(prefix: str, text: str) -> int | None:
    """Read an id back; None for another prefix or any spelling `encode_id` would not write."""
    digits = text.removeprefix(prefix)
    if prefix + digits != text or _ID_SHAPE.fullmatch(digits) is None:
        return None
    number = 0
    for char in digits:
        number = number << 5 | _ID_VALUES[char]
    return number or None
