"""Credit codes and ids: published examples, and laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import (
    CREDIT_CODE_ALPHABET,
    ID_NUMBER_MAX,
    IdPrefix,
    credit_code_check_digit,
    decode_id,
    encode_id,
    is_credit_code,
)

FIRST_17 = st.text(CREDIT_CODE_ALPHABET, min_size=17, max_size=17)
NUMBERS = st.integers(1, ID_NUMBER_MAX)


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",
        "91330100799655058B",
        "914403001922038216",
        "9144030071526726XG",
        "91110000802100433B",
    ],
)
def test_a_published_credit_code_is_right(code: str) -> None:
    """The standard's own example and four well-known companies."""
    assert is_credit_code(code)


@given(FIRST_17)
def test_a_completed_code_is_a_credit_code(first17: str) -> None:
    """The check digit completes any seventeen characters."""
    assert is_credit_code(first17 + credit_code_check_digit(first17))


@given(FIRST_17, st.integers(0, 17), st.sampled_from(CREDIT_CODE_ALPHABET))
def test_one_changed_character_is_always_noticed(first17: str, place: int, char: str) -> None:
    """31 is prime and no weight is a multiple of it."""
    code = first17 + credit_code_check_digit(first17)
    changed = code[:place] + char + code[place + 1 :]

    assert is_credit_code(changed) == (changed == code)


@given(FIRST_17, st.integers(0, 16))
def test_two_swapped_neighbours_are_always_noticed(first17: str, place: int) -> None:
    """Neighbouring weights differ by more than the modulus forgives."""
    code = first17 + credit_code_check_digit(first17)
    pair = code[place : place + 2]
    swapped = code[:place] + pair[::-1] + code[place + 2 :]

    assert is_credit_code(swapped) == (swapped == code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "91350100m000100Y43",
        "91350100M000100Y43\n",
        "\uff191350100M000100Y43",
        "91350100M000100I43",
    ],
)
def test_any_other_text_is_no_credit_code(text: str) -> None:
    """Length, case, line ends, full-width digits and the left-out letters."""
    assert not is_credit_code(text)


@given(st.text())
def test_is_credit_code_answers_for_any_text(text: str) -> None:
    """A question about foreign text never fails."""
    assert is_credit_code(text) in {True, False}


@pytest.mark.parametrize("first17", ["", "9" * 16, "9" * 18, "O" * 17])
def test_a_check_digit_of_something_else_is_refused(first17: str) -> None:
    """Only seventeen characters of the alphabet have one."""
    with pytest.raises(ValueError, match="17 characters"):
        credit_code_check_digit(first17)


@given(st.sampled_from(IdPrefix), NUMBERS)
def test_an_id_reads_back_as_its_number(prefix: IdPrefix, number: int) -> None:
    """Encoding loses nothing, and the length never varies."""
    text = encode_id(prefix, number)

    assert decode_id(prefix, text) == number
    assert len(text) == len(prefix) + 13


@given(NUMBERS, NUMBERS)
def test_ids_sort_as_their_numbers(one: int, other: int) -> None:
    """An ordered index on either gives the same order."""
    by_text = encode_id("lot_", one) < encode_id("lot_", other)

    assert by_text == (one < other)


@given(st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=13, max_size=13))
def test_an_id_has_one_spelling(digits: str) -> None:
    """Whatever is read would be written the same way."""
    number = decode_id("acc_", "acc_" + digits)

    assert number is None or encode_id("acc_", number) == "acc_" + digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acc_",
        "lot_0000000000001",
        "0000000000001",
        "acc_0000000000000",
        "acc_000000000001",
        "acc_00000000000001",
        "acc_000000000000A",
        "acc_000000000000o",
        "acc_000000000000l",
        "acc_8000000000000",
        "acc_0000000000001\n",
        "acc_acc_0000000001",
        "ACC_0000000000001",
        "acc_000000000000\u0661",
    ],
)
def test_any_other_spelling_is_no_id(text: str) -> None:
    """Another prefix, zero, another length, another case, look-alikes, 64 bits, line ends."""
    assert decode_id("acc_", text) is None


@pytest.mark.parametrize("number", [0, -1, 2**63])
def test_a_number_outside_63_bits_gets_no_id(number: int) -> None:
    """The database could not hold it."""
    with pytest.raises(ValueError, match="number of an id"):
        encode_id("acc_", number)


def test_prefixes_are_told_apart() -> None:
    """Each is three letters and a line, and stands for one kind."""
    assert all(len(prefix) == 4 and prefix.endswith("_") for prefix in IdPrefix)
    assert len(set(IdPrefix)) == len(IdPrefix)
