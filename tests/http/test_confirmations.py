"""Confirmations through the doors: who may speak of whose energy, and what is told of it."""

from __future__ import annotations

import pytest

from tests.http.budget_case import PROVINCE, Case, opened_case
from tests.http.doors import As, Door, Json

NO = "示例〔2027〕9号"
TRADED = 200_000_000


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test the steel mill, charged."""
    found = opened_case(door)
    found.set()
    found.charge()
    return found


def confirm(person: As, case: Case, **said: int) -> Json:
    """Post a confirmation that is taken."""
    return person.must(f"{case.path}/confirmations", said | {"document_no": NO})


def test_regulator_province_and_exchange_confirm_and_all_of_it_is_told(case: Case) -> None:
    """Each replaces what was said of the part before; the unit reads every version."""
    province = case.door.person("province", case.door.party("province", province=PROVINCE))
    exchange = case.door.person("exchange")
    confirm(case.regulators[0], case, traded_kwh=1, physical_kwh=2)
    confirm(province, case, physical_kwh=3)
    last = confirm(exchange, case, traded_kwh=TRADED)

    assert last["confirmed"] == [{"part": "traded", "version": 2, "kwh": TRADED}]
    told = case.mill.get(f"{case.path}/confirmations", limit=2).json()
    assert [[part["kwh"] for part in one["confirmed"]] for one in told["items"]] == [[2, 1], [3]]
    rest = case.mill.get(f"{case.path}/confirmations", limit=2, cursor=told["next_cursor"]).json()
    assert [one["journal_id"] for one in rest["items"]] == [last["journal_id"]]
    assert {"document_no": NO, "budget_id": case.budget}.items() <= rest["items"][0].items()


def test_an_exchange_speaks_of_trades_alone_and_reads_no_budget(case: Case) -> None:
    """It confirms energy of a unit that it otherwise does not see."""
    exchange = case.door.person("exchange")
    refused = exchange.post(f"{case.path}/confirmations", {"physical_kwh": 1, "document_no": NO})

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert exchange.get(f"{case.path}/confirmations").status_code == 404
    assert exchange.get(case.path).status_code == 404


def test_a_unit_does_not_confirm_its_own_energy(case: Case) -> None:
    """Nor does another province's authority."""
    body = {"traded_kwh": 1, "document_no": NO}
    away = case.door.person("province", case.door.party("province", province="44"))

    assert case.mill.post(f"{case.path}/confirmations", body).status_code == 403
    assert away.post(f"{case.path}/confirmations", body).status_code == 404


def test_what_cannot_be_confirmed_is_told(case: Case) -> None:
    """More than was taken, with both figures; nothing at all; less than nothing."""
    regulator, path = case.regulators[0], f"{case.path}/confirmations"
    above = regulator.post(path, {"traded_kwh": 1_800_000_001, "document_no": NO})
    assert (above.status_code, above.json()["code"]) == (422, "confirmation_above_offtake")
    assert above.json()["facts"] == {
        "grid_offtake_kwh": 1_800_000_000,
        "traded_kwh": 1_800_000_001,
    }
    for body, code in (
        ({"document_no": NO}, "nothing_given"),
        ({"traded_kwh": -1, "document_no": NO}, "greater_than_equal"),
    ):
        answer = regulator.post(path, body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
