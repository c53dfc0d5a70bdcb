"""Rulebooks and provinces' figures through the doors: adopted, compared, and asked of the past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.database import Urls
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook
from tests.databases import Clones
from tests.http.doors import Door, Json, door_at
from tests.http.sealed import seal
from tests.registry import amended

MADE_UP = "made_up"


def house_law(version: int, value: str = "1", more: str = "", dropped: str = "") -> str:
    """Write a rulebook of no verb of ours: one number from 2025 on, and what is added to it."""
    spans = f'{{ from = 2025-01-01, value = {value}, document = "law", evidence = "own" }}'
    return (
        f'name = "{MADE_UP}"\nversion = {version}\n{dropped}\n[documents]\nlaw = "Law 1"\n'
        f'[parameters."{MADE_UP}.limit"]\nkind = "integer"\nunit = "unit"\n'
        f'by = "registry_day"\nvalues = [{spans}]\n{more}'
    )


MORE = """
[parameters."made_up.name"]
kind = "text"
unit = "name"
by = "registry_day"
values = [{ from = 2026-01-01, value = "x", document = "law", article = "2", evidence = "found" }]
"""


@dataclass(frozen=True)
class Past:
    """A registry that adopted two versions of a book, and the sizes of its log after each."""

    door: Door
    first: int
    second: int


def adopt(door: Door, text: str) -> Json:
    """Have a rulebook adopted by two regulators."""
    maker, checker = door.pair("regulator")
    return door.decided(checker, maker.must("/v1/rulebooks", {"toml": text}))


@pytest.fixture(scope="module")
def past(clones: Clones) -> Iterator[Past]:
    """Adopt the shipped books and a first version, seal; adopt a second, seal; a third, unsealed."""
    with clones.fresh() as urls, door_at(urls.app) as door:
        yield _lived(urls, door)


def _lived(urls: Urls, door: Door) -> Past:
    door.adopt_shipped()
    adopt(door, house_law(1))
    first = seal(urls, door.home)
    adopt(door, house_law(2, "2", MORE))
    second = seal(urls, door.home)
    adopt(door, house_law(3, "3", dropped='dropped = ["made_up.name"]'))
    return Past(door, first, second)


def limit(past: Past, size: int | None) -> Any:
    """Ask which limit was known at a size of the log."""
    query: dict[str, Any] = {} if size is None else {"as_of_size": size}
    told = past.door.operator.get("/v1/rulebooks/in-force", key_date="2026-01-01", **query).json()
    return next((p["value"] for p in told["parameters"] if p["name"] == "made_up.limit"), None)


def test_rules_are_told_as_they_were_known(past: Past) -> None:
    """At a size of the log; what is not sealed is known now only."""
    assert [limit(past, size) for size in (0, past.first, past.second, None)] == [
        None,
        "1",
        "2",
        "3",
    ]


def test_a_book_is_known_from_its_own_leaf_on(past: Past) -> None:
    """A log of n leaves holds those from 0 to n - 1."""
    ask = past.door.operator.get
    journal = ask(f"/v1/rulebooks/{MADE_UP}/2").json()["journal_id"]
    leaf = ask(f"/v1/journals/{journal}").json()["leaf_index"]

    assert [limit(past, leaf), limit(past, leaf + 1)] == ["1", "2"]


def test_the_rules_in_force_are_told_with_their_sources(past: Past) -> None:
    """Every value of a key date by name; the digest is that of the set the records name."""
    asked: Json = {"key_date": "2026-01-01", "as_of_size": past.second}
    told = past.door.operator.get("/v1/rulebooks/in-force", **asked).json()
    names = [parameter["name"] for parameter in told["parameters"]]
    found = {parameter["name"]: parameter for parameter in told["parameters"]}

    assert names == sorted(names)
    assert [book["name"] for book in told["rulebooks"]] == [
        "calendar",
        "ccer",
        "cea",
        "fossil_budget",
        "gec",
        MADE_UP,
        "share",
    ]
    assert (told["key_date"], told["as_of_size"]) == ("2026-01-01", past.second)
    assert len(told["digest"]) == 64
    assert "share.min.aluminium" not in found
    assert found["share.min.data_centre_hub"]["valid_to"] == "2026-12-31"
    assert found["made_up.name"] == {
        "name": "made_up.name",
        "kind": "text",
        "value": "x",
        "unit": "name",
        "by": "registry_day",
        "valid_from": "2026-01-01",
        "valid_to": None,
        "document": "Law 1",
        "article": "2",
        "evidence": "found",
        "note": "",
        "note_zh": "",
        "unit_zh": "",
    }
    kinds = {found[n]["kind"] for n in ("feb.c_e", "gec.storage_issue", "gec.hydro_cutoff")}
    assert kinds == {"decimal", "flag", "day"}


@pytest.mark.parametrize("path", ["/v1/rulebooks", "/v1/rulebooks/in-force"])
def test_a_size_the_log_has_not_come_to_is_refused(past: Past, path: str) -> None:
    """Nobody knows yet what will be known then."""
    query: Json = {"key_date": "2026-01-01", "as_of_size": past.second + 1}
    answer = past.door.operator.get(path, **query)

    assert (answer.status_code, answer.json()["code"]) == (422, "log_size_unknown")


def test_the_list_is_of_a_name_a_date_and_a_size(past: Past) -> None:
    """All versions; those of a size; of those in force, the ones that say something of a date."""

    def listed(**query: Any) -> list[int]:
        told = past.door.operator.get("/v1/rulebooks", name=MADE_UP, **query).json()
        return [book["version"] for book in told["items"]]

    assert listed() == [1, 2, 3]
    assert listed(as_of_size=past.first) == [1]
    assert listed(key_date="2025-01-01") == [3]
    assert listed(key_date="2025-01-01", as_of_size=past.second) == [2]
    assert listed(key_date="2024-12-31") == []


def versions(old: int, new: int) -> dict[str, Any]:
    """Ask from one version to another."""
    return {"from": old, "to": new}


def test_the_difference_of_two_versions_is_told_span_by_span(past: Past) -> None:
    """Altered, added, taken away; the other way round, the sides change places."""
    ask = past.door.operator.get
    told, back, same = (
        ask(f"/v1/rulebooks/{MADE_UP}/difference", **versions(old, new)).json()
        for old, new in ((1, 2), (2, 1), (2, 2))
    )
    altered, added = told["changes"]

    assert (altered["before"]["value"], altered["after"]["value"]) == ("1", "2")
    assert (added["name"], added["valid_from"], added["before"]) == (
        "made_up.name",
        "2026-01-01",
        None,
    )
    assert [(c["after"], c["before"]) for c in back["changes"]] == [
        (c["before"], c["after"]) for c in told["changes"]
    ]
    assert ask(f"/v1/rulebooks/{MADE_UP}/1").json()["digest"] == told["from_digest"]
    assert same["changes"] == []


def test_a_version_that_was_not_adopted_has_no_difference(past: Past) -> None:
    """Neither on the one side nor on the other."""
    for old, new in ((1, 9), (9, 1)):
        path = f"/v1/rulebooks/{MADE_UP}/difference"
        answer = past.door.operator.get(path, **versions(old, new))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def _next(name: str, old: str, new: str) -> str:
    """Write the next version of a shipped book, with one text replaced."""
    book = next(raw for raw in shipped() if Rulebook.parse(raw).name == name)
    version, text = Rulebook.parse(book).version, book.decode()
    assert old in text
    raised = text.replace(f"version = {version}", f"version = {version + 1}", 1)
    return raised.replace(old, new)


def _spoilt() -> list[tuple[str, str]]:
    head = '[parameters."keu.threshold"]'
    book = next(raw for raw in shipped() if b'"fossil_budget"' in raw).decode()
    table = head + book.split(head)[1].split("\n\n")[0]
    worded = table.replace('"integer"', '"text"').replace("10000", '"x"')
    return [
        ("version_not_next", amended({}).decode().replace("version = 3", "version = 2", 1)),
        ("name_dropped", _next("fossil_budget", table, "")),
        ("kind_changed", _next("fossil_budget", table, worded)),
        ("key_lost", _next("share", "from = 2024-01-01, value", "from = 2030-01-01, value")),
        ("word_unknown", _next("fossil_budget", 'value = "net"', 'value = "brutto"')),
        ("unit_changed", _next("fossil_budget", '"tce/MWh"', '"kgce/kWh"')),
    ]


@pytest.mark.parametrize(("reason", "text"), _spoilt())
def test_a_version_that_leaves_the_verbs_without_an_answer_is_refused(
    past: Past, reason: str, text: str
) -> None:
    """Before anyone is asked to approve it; the reason and the place are told."""
    answer = past.door.person("regulator").post("/v1/rulebooks", {"toml": text})
    told = answer.json()

    assert (answer.status_code, told["code"]) == (422, "rulebook_refused")
    assert told["facts"]["reason"] == reason


def test_what_was_dropped_on_purpose_is_gone(past: Past) -> None:
    """Version 3 lists the name, and no verb asks for it."""
    asked = past.door.operator.get("/v1/rulebooks/in-force", key_date="2026-01-01").json()

    assert "made_up.name" not in [parameter["name"] for parameter in asked["parameters"]]


def test_a_rulebook_rules_after_a_second_person_adopted_it(door: Door) -> None:
    """It waits; its maker cannot adopt it; it comes back byte for byte."""
    maker, checker = door.pair("regulator")
    text = next(iter(shipped())).decode()
    asked = maker.post("/v1/rulebooks", {"toml": text})
    waiting = asked.json()
    address = f"/v1/approvals/{waiting['approval_id']}"

    assert (asked.status_code, waiting["state"]) == (202, "pending")
    assert maker.get(address).json()["payload"] == {"toml": text}
    own = maker.bare(f"{address}/approve")
    assert (own.status_code, own.json()["code"]) == (422, "maker_is_checker")
    done = checker.bare(f"{address}/approve")
    told = done.json()
    assert done.status_code == 201
    assert told["approval_id"] == waiting["approval_id"]
    assert maker.get(address).json()["state"] == "approved"
    kept = maker.get(f"/v1/rulebooks/{told['name']}/{told['version']}").json()
    assert (kept["toml"], kept["digest"]) == (text, told["digest"])
    late = checker.bare(f"{address}/reject")
    assert (late.status_code, late.json()["code"]) == (409, "approval_decided")


@pytest.mark.parametrize("text", ["name = ", "\x00", "x = 1", "[" * 5000])
def test_what_is_no_rulebook_is_refused_before_anyone_is_asked(
    shared_door: Door, text: str
) -> None:
    """No approval is opened for it."""
    answer = shared_door.person("regulator").post("/v1/rulebooks", {"toml": text})

    assert (answer.status_code, answer.json()["code"]) == (422, "rulebook_refused")


def test_a_figure_keeps_its_versions(shared_door: Door) -> None:
    """The last one set is the last listed; the finest k comes back as it was sent."""
    regulator = shared_door.person("regulator")
    body = {"name": "k", "province": "15", "year": 2031, "value": "0.25", "document_no": "1号"}
    first = regulator.must("/v1/factors", body)
    second = regulator.must("/v1/factors", {**body, "value": "0.000000001"})
    listed = regulator.get("/v1/factors", name="k", province="15", year=2031).json()["items"]

    assert second["version"] == first["version"] + 1
    assert [item["value"] for item in listed] == ["0.25", "0.000000001"]


def test_a_balance_value_is_of_the_whole_country(shared_door: Door) -> None:
    """Province 00, and nothing else is."""
    regulator = shared_door.person("regulator")
    body = {"name": "balance.steel", "province": "00", "year": 2025, "document_no": "1号"}
    kept = regulator.must("/v1/factors", body | {"value": "1.8352"})
    listed = regulator.get("/v1/factors", province="00").json()["items"]
    wrong = [{"province": "15", "value": "1"}, {"name": "k", "value": "0.1"}]
    refused = [regulator.post("/v1/factors", body | change) for change in wrong]

    assert (kept["version"], [item["value"] for item in listed]) == (1, ["1.8352"])
    assert [answer.json()["code"] for answer in refused] == ["validation_failed"] * 2


def test_a_figure_is_recorded_without_an_exponent(door: Door) -> None:
    """The record spells it as the rulebooks do, so that every reader reads it."""
    value = "0.000000001"
    body = {"name": "k", "province": "15", "year": 2031, "value": value, "document_no": "1号"}
    told = door.person("regulator").must("/v1/factors", body)
    record = door.operator.get(f"/v1/journals/{told['journal_id']}").json()["record"]

    assert f'"value":"{value}"' in record


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nonsense", "0.5", "factor_unknown"),
        ("cap_in_provence", "5", "factor_unknown"),
        ("k", "1", "factor_out_of_range"),
        ("k", "1.5", "factor_out_of_range"),
        ("cap_in_province", "0.5", "factor_out_of_range"),
        ("share.aluminium", "25.2", "factor_out_of_range"),
    ],
)
def test_a_figure_nobody_could_use_is_refused(
    shared_door: Door, name: str, value: str, code: str
) -> None:
    """At once, not at the next charge of every unit of the province."""
    body = {"name": name, "province": "15", "year": 2031, "value": value, "document_no": "1号"}
    answer = shared_door.person("regulator").post("/v1/factors", body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_budget_is_not_set_for_a_year_no_rulebook_covers(past: Past) -> None:
    """Nor is anyone asked to approve it; the parameter that is missing is named."""
    maker = past.door.person("regulator")
    unit = past.door.party("enterprise")
    body: Json = {"party_id": unit, "budget_gce": 10**12, "mode": "net", "document_no": "1号"}
    refused = maker.post("/v1/fossil-budgets", {**body, "year": 2023})
    taken = maker.post("/v1/fossil-budgets", {**body, "year": 2024})

    assert (refused.status_code, refused.json()["code"]) == (422, "rule_not_in_force")
    assert refused.json()["facts"] == {"parameter": "feb.mode", "key_date": "2023-01-01"}
    assert taken.status_code == 202
