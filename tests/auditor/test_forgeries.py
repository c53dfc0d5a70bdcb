"""What a forger cannot write, though every key of the registry were stolen: the records themselves tell."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.auditor.both import found_in
from tests.auditor.forging import Forger, Record
from tests.auditor.life import Life

Forge = Callable[[Forger], int | None]
"""Write on, and tell at which index it must come out; None: at the last record."""


def _again(forger: Forger, kind: str) -> int:
    """Let a later act of a kind take serials that an earlier one took from the same account."""
    taken: dict[tuple[str, str], dict[str, str]] = {}
    for index, record in enumerate(forger.records):
        postings = record.get("postings", [])
        if record["kind"] != kind or len(postings) != 1:
            continue
        before = taken.setdefault((postings[0]["debit"], postings[0]["lot"]), postings[0])
        if before is not postings[0] and int(postings[0]["amount"]) <= int(before["amount"]):
            postings[0]["first"] = before["first"]
            return index
    raise AssertionError(kind)


def _retired_twice(forger: Forger) -> int:
    return _again(forger, "gec.retire")


def _sold_after_sale(forger: Forger) -> int:
    return _again(forger, "transfer.listing")


def _issued_twice(forger: Forger) -> None:
    new = forger.copied(forger.find("gec.issue"))
    for posting in new["postings"]:
        if "lot" in posting:
            posting["lot"] = new["body"]["lot_id"]


def _brought_in_twice(forger: Forger) -> int:
    """A retirement from another registry is claimed again under the same origin."""
    first, second = forger.find("opening.lot"), forger.find("opening.lot", 1)
    second["external"] = dict(first["external"])
    return forger.index(second)


def _played_again(forger: Forger) -> None:
    new = forger.copied(forger.find("cea.move"))
    new["key"], new["actor"] = forger.find("cea.move")["key"], forger.find("cea.move")["actor"]


def _after_revocation(forger: Forger) -> None:
    client = forger.find("client.revoke")["body"]["client_id"]
    new = forger.copied(forger.find("document.store"), document_id="doc_0000000zzzzzz")
    new["actor"] = {**new["actor"], "client": client}


def _back_dated(forger: Forger) -> int:
    record = forger.find("cea.surrender")
    record["at"], record["day"] = "2025-12-31T15:59:59.000000Z", "2025-12-31"
    return forger.index(record)


def _day_before(forger: Forger) -> int:
    record = forger.find("gec.retire")
    record["day"] = record["day"][:-1] + str((int(record["day"][-1]) + 9) % 10)
    return forger.index(record)


def _left_out(forger: Forger) -> int:
    """The sealer skips a sale; the next act of either account shows the gap."""
    first, second = forger.find("transfer.bilateral"), None
    accounts = {told["account"] for told in first["touched"]}
    at = forger.index(first)
    forger.records.remove(first)
    for record in forger.records[at:]:
        if accounts & {told["account"] for told in record["touched"]}:
            second = record
            break
    assert second is not None
    return forger.index(second)


def _out_of_nothing(forger: Forger) -> None:
    new = forger.copied(forger.find("cea.create"))
    new["postings"][0]["amount"] = str(int(new["postings"][0]["amount"]) + 1)


def _out_of_custody(forger: Forger) -> None:
    """More is surrendered for a year than there is."""
    new = forger.copied(forger.find("cea.surrender"))
    for posting in new["postings"]:
        posting["amount"] = "1000000"
    new["body"]["allowances"] = [{"vintage": "2025", "quantity": "1000000"}]


def _more_room(forger: Forger) -> int:
    record = forger.find("cea.verify")
    record["postings"][1]["amount"] = str(int(record["postings"][1]["amount"]) + 1)
    return forger.index(record)


def _more_certificates(forger: Forger) -> int:
    """One more is issued than its energy makes."""
    record = forger.find("gec.issue")
    count = str(int(record["body"]["count"]) + 1)
    record["body"]["count"] = record["postings"][1]["amount"] = count
    return forger.index(record)


def _frozen_units(forger: Forger) -> int:
    """A freeze marks other serials than the record says; the court's transfer then takes unmarked ones."""
    record = forger.find("units.freeze")
    run = record["holds"][-1]["runs"][0]
    run["first"] = str(int(run["first"]) + 1)
    return forger.index(record)


def _credited_for_another_month(forger: Forger) -> int:
    """The energy of a month before the project is claimed with certificates of a later one."""
    record = _claimed_by_month(forger)
    record["body"]["month"] = "2026-01"
    return forger.index(record)


def _credited_for_a_later_month(forger: Forger) -> int:
    """The project covers it; the certificates are of another."""
    record = _claimed_by_month(forger)
    record["body"]["month"] = forger.find("ccer.project")["body"]["last_month"]
    return forger.index(record)


def _credited_too_much(forger: Forger) -> int:
    record = _claimed_by_month(forger)
    record["body"]["energy_kwh"] = str(int(record["body"]["energy_kwh"]) + 1)
    return forger.index(record)


def _claimed_by_month(forger: Forger) -> Record:
    claims = (r for r in forger.records if r["kind"] == "gec.cancel_ccer" and "body" in r)
    return next(record for record in claims if "plant_id" in record["body"])


def _method_of_no_rule(forger: Forger) -> int:
    record = forger.find("ccer.project")
    record["body"]["method"] = "rooftop"
    return forger.index(record)


def _touches_another(forger: Forger) -> int:
    """Whoever decides on the plant's energy would not decide again."""
    record = forger.find("ccer.project")
    record["touched"].pop()
    return forger.index(record)


def _frozen_by_another(forger: Forger) -> int:
    record = forger.find("ccer.freeze")
    record["body"]["controller"] = record["body"]["controller"][:-1] + "z"
    return forger.index(record)


def _frozen_without_a_project(forger: Forger) -> int:
    record = forger.find("ccer.freeze")
    record["body"]["project"] = "CCER-none"
    return forger.index(record)


def _frozen_of_another_lot(forger: Forger) -> int:
    """One person freezes what was not issued for the project's month."""
    record = forger.find("ccer.freeze")
    record["body"]["lot_id"] = forger.find("gec.issue")["body"]["lot_id"]
    return forger.index(record)


def _alone(forger: Forger) -> int:
    """One person gives both words."""
    record = forger.find("approval.approve")
    maker = next(
        other["actor"]["person"]
        for other in forger.records
        if other["kind"] == "approval.open"
        and other["body"]["approval_id"] == record["body"]["approval_id"]
    )
    for other in forger.records:
        if other["group"] == record["group"]:
            other["actor"] = {**other["actor"], "person": maker}
    return forger.index(record)


def _without_approval(forger: Forger) -> None:
    forger.copied(forger.find("account.freeze"))


def _taken_back_twice(forger: Forger) -> int:
    group = forger.find("reverse.act")["group"]
    again = [record for record in forger.records if record["group"] == group]
    first, second = (json.loads(json.dumps(record)) for record in again)
    opened = forger.copied(forger.find("approval.open"))
    opened["body"] = {**opened["body"], "approval_id": "apr_0000000zzzzzz"}
    opened["body"]["expires_at"] = "2999-01-01T00:00:00.000000Z"
    opened.pop("holds", None)
    opened["touched"] = []
    versions = forger.versions()
    approved = forger.copied(first, approval_id="apr_0000000zzzzzz")
    back = forger.copied(second)
    approved |= {"parts": 2}
    back |= {"part": 2, "parts": 2, "group": approved["id"], "req": approved["req"]}
    back["actor"] = approved["actor"]
    del back["key"]
    assert versions
    return forger.index(back)


def _asked_twice(forger: Forger) -> None:
    """One signed request is made to have asked for two acts."""
    first = next(record for record in forger.records if "evidence" in record)
    new = forger.copied(first, party="pty_0000000zzzzzz")
    del new["body"]["credit_code"]
    new["actor"] = {**first["actor"], "client": "clt_0000000zzzzzz"}
    new |= {"at": first["at"], "day": first["day"], "key": first["key"]}
    forger.records.remove(new)
    forger.records.insert(forger.index(first) + 1, new)
    forger.records[forger.index(first) + 2 :] = []


def _asked_by_nobody(forger: Forger) -> int:
    """A request is put into another party's mouth."""
    first = next(record for record in forger.records if "evidence" in record)
    first["actor"] = {**first["actor"], "party": forger.find("party.register")["body"]["party"]}
    return forger.index(first)


def _key_of_another(forger: Forger) -> int:
    """A key is registered without an answer to its challenge."""
    record = forger.find("key.register")
    record["body"]["public_key"] = forger.find("key.rotate")["body"]["public_key"]
    return forger.index(record)


def _key_never_shown(forger: Forger) -> int:
    record = forger.find("key.register")
    proof = record["body"]["proof"]
    record["body"]["proof"] = proof[:-2] + ("00" if proof[-2:] != "00" else "01")
    return forger.index(record)


def _delivered_to_another(forger: Forger) -> int:
    """What was set aside for one receiver goes to another."""
    opened = forger.first("hold.open", beneficiary="")
    hold = opened["body"]["hold"]
    opened["body"]["beneficiary"] = opened["body"]["account"]
    return next(
        index
        for index, record in enumerate(forger.records)
        if any(
            (event["event"], event["hold"]) == ("settle", hold) for event in record.get("holds", ())
        )
    )


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (_retired_twice, "not_live"),
        (_sold_after_sale, "not_the_owner"),
        (_issued_twice, "serials_overlap"),
        (_brought_in_twice, "name_taken"),
        (_played_again, "key_seen"),
        (_after_revocation, "client_revoked"),
        (_back_dated, "time_backwards"),
        (_day_before, "day_mismatch"),
        (_left_out, None),
        (_out_of_nothing, "body_mismatch"),
        (_out_of_custody, "balance_below_floor"),
        (_more_room, "body_mismatch"),
        (_more_certificates, "energy_mismatch"),
        (_frozen_units, None),
        (_credited_for_another_month, "body_mismatch"),
        (_credited_for_a_later_month, "body_mismatch"),
        (_credited_too_much, "energy_mismatch"),
        (_method_of_no_rule, "body_mismatch"),
        (_touches_another, "touched_mismatch"),
        (_frozen_by_another, "body_mismatch"),
        (_frozen_without_a_project, "name_unknown"),
        (_frozen_of_another_lot, "body_mismatch"),
        (_alone, "not_approved"),
        (_without_approval, "not_approved"),
        (_taken_back_twice, "reversal_mismatch"),
        (_asked_twice, "request_repeated"),
        (_asked_by_nobody, "key_not_good"),
        (_key_of_another, "key_history_broken"),
        (_key_never_shown, "signature_invalid"),
        (_delivered_to_another, "hold_not_theirs"),
    ],
)
def test_what_cannot_be_true_is_found_though_all_keys_were_stolen(
    life: Life, forge: Forge, code: str | None
) -> None:
    """The forger seals anew with every key of the registry; the records themselves tell."""
    forger = Forger(life)
    expected = forge(forger)
    told = found_in(forger.life())

    assert told is not None
    assert told[1] == (len(forger.records) - 1 if expected is None else expected)
    assert code in (None, told[0])


def test_nothing_is_wrong_with_the_life_itself(life: Life) -> None:
    """So whatever is found above comes of the forging."""
    assert found_in(Forger(life).life()) is None
