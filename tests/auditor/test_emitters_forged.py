"""What nobody can write of an emitter's year though every key were stolen: each broken law is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.auditor.both import found_in
from tests.auditor.forging import Forger, Record, more, said
from tests.auditor.life import Life

Forge = Callable[[Forger], Record]
"""Write something else, and give the record at which it must come out."""


def _approved_beyond_its_steps(forger: Forger) -> Record:
    record = forger.first("cea.approve", stage="final")
    said(record, "quantity", "change")
    more(record, 0)
    return record


def _approved_on_other_emissions(forger: Forger) -> Record:
    record = forger.first("cea.approve", stage="final")
    step = next(step for step in record["body"]["steps"] if step["name"] == "verified")
    step["quantity"] = "1001"
    return record


def _approved_twice(forger: Forger) -> Record:
    return forger.copied(forger.first("cea.approve", stage="final"), n="3")


def _approved_though_taken_off_the_list(forger: Forger) -> Record:
    record = forger.first("cea.approve", stage="pre")
    party, year = record["body"]["party"], record["body"]["year"]
    forger.first("cea.list", party=party, year=year, version="2")["body"]["status"] = "removed"
    return record


def _allocated_past_any_approval(forger: Forger) -> Record:
    record = forger.first("cea.allocate", compliance_year="")
    del record["body"]["compliance_year"]
    quota = record["postings"].pop()
    record["touched"] = [t for t in record["touched"] if t["instrument"] != quota["instrument"]]
    return record


def _allocated_at_a_stage_of_its_own(forger: Forger) -> Record:
    record = forger.first("cea.allocate", stage="auction", compliance_year="")
    record["body"]["stage"] = "true_up"
    return record


def _allocated_though_owed(forger: Forger) -> Record:
    record = next(r for r in forger.records if int(r["body"].get("kept_back", "0")) > 1)
    said(record, "kept_back", units=-1)
    more(record, 0)
    more(record, 1, -1)
    return record


def _owed_though_it_was_there(forger: Forger) -> Record:
    record = next(
        r
        for r in forger.records
        if r["kind"] == "cea.return" and int(r["body"]["debt"]) and int(r["body"]["returned"])
    )
    said(record, "returned", units=-1)
    said(record, "debt")
    more(record, 0, -1)
    more(record, 1)
    return record


def _units_returned_before_what_was_kept(forger: Forger) -> Record:
    return _returned_for_kept(forger, 1)


def _more_un_kept_than_was_kept(forger: Forger) -> Record:
    return _returned_for_kept(forger, -1)


def _returned_for_kept(forger: Forger, units: int) -> Record:
    """Let units go back that were to be un-kept, or, below zero, the other way round."""
    record = forger.first("cea.return", unkept="")
    said(record, "returned", units=units)
    said(record, "unkept", units=-units)
    more(record, 0, units)
    more(record, 1, -units)
    return record


def _released_to_another(forger: Forger) -> Record:
    record, other = forger.find("cea.release"), forger.find("cea.move")
    record["body"]["account"] = record["postings"][0]["credit"] = other["body"]["from_account"]
    return record


def _room_beyond_its_share(forger: Forger) -> Record:
    record = forger.first("cea.verify", room="")
    said(record, "room")
    more(record, 1)
    return record


def _verified_unsigned(forger: Forger) -> Record:
    record = forger.first("cea.verify", key_id="")
    del record["body"]["key_id"], record["body"]["signature"]
    return record


def _verified_though_a_successor_owes(forger: Forger) -> Record:
    split = forger.find("party.succession", 1)
    record = forger.first("cea.verify", party=split["body"]["from_party"])
    return forger.copied(record, version="2", tco2e=str(2 * int(record["body"]["tco2e"])))


def _signed_for_other_papers(forger: Forger) -> Record:
    record = forger.first("cea.verify", key_id="")
    record["body"]["document_no"] += " b"
    return record


def _signed_with_another_s_key(forger: Forger) -> Record:
    record = forger.first("cea.verify", key_id="")
    record["body"]["verifier"] = record["body"]["party"]
    return record


def _surrendered_of_an_older_vintage(forger: Forger) -> Record:
    record = forger.first("cea.surrender", ccer="")
    record["body"]["allowances"][0]["vintage"] = "2024"
    return record


def _registered_too_early(forger: Forger) -> Record:
    forger.find("ccer.import")["body"]["registered_on"] = "2024-01-22"
    return forger.first("cea.surrender", ccer="")


def _of_a_project_under_the_cap(forger: Forger) -> Record:
    forger.find("ccer.import")["body"]["inside_ets"] = True
    return forger.first("cea.surrender", ccer="")


def _cancelled_twice(forger: Forger) -> Record:
    first, second = forger.find("ccer.import"), forger.find("ccer.import", 1)
    second["body"]["cancellation_no"] = first["body"]["cancellation_no"]
    return second


def _carried_beyond_the_limit(forger: Forger) -> Record:
    record = forger.find("cea.carry_over")
    said(record, "t_max", "room_change")
    more(record, 2)
    return record


def _carried_though_late_in_surrendering(forger: Forger) -> Record:
    record = forger.find("cea.carry_over")
    record["body"]["on_time"] = False
    return record


def _carried_more_than_gave_way(forger: Forger) -> Record:
    record = forger.find("cea.carry_over")
    more(record, 1)
    return record


def _carried_of_a_vintage_that_is_not(forger: Forger) -> Record:
    record = forger.find("cea.carry_over")
    record["body"]["vintage"] = record["body"]["year"]
    return record


def _split_without_its_duty(forger: Forger) -> Record:
    record = forger.find("party.succession", 1)
    _, room = record["body"]["passed"]
    room["quantity"] = str(int(room["quantity"]) + 1)
    more(record, 1)
    return record


FORGERIES: dict[str, tuple[Forge, str]] = {
    "approved beyond its steps": (_approved_beyond_its_steps, "body_mismatch"),
    "approved on other emissions": (_approved_on_other_emissions, "duty_mismatch"),
    "approved twice": (_approved_twice, "name_taken"),
    "approved though off the list": (_approved_though_taken_off_the_list, "name_unknown"),
    "allocated past any approval": (_allocated_past_any_approval, "body_mismatch"),
    "allocated at a stage of its own": (_allocated_at_a_stage_of_its_own, "stage_mismatch"),
    "allocated though owed": (_allocated_though_owed, "body_mismatch"),
    "owed though it was there": (_owed_though_it_was_there, "body_mismatch"),
    "units returned before what was kept": (
        _units_returned_before_what_was_kept,
        "body_mismatch",
    ),
    "more un-kept than was kept": (_more_un_kept_than_was_kept, "body_mismatch"),
    "released to another": (_released_to_another, "body_mismatch"),
    "room beyond its share": (_room_beyond_its_share, "duty_mismatch"),
    "verified unsigned": (_verified_unsigned, "duty_mismatch"),
    "verified though a successor owes": (_verified_though_a_successor_owes, "duty_mismatch"),
    "signed for other papers": (_signed_for_other_papers, "signature_invalid"),
    "signed with another's key": (_signed_with_another_s_key, "key_not_good"),
    "surrendered of an older vintage": (_surrendered_of_an_older_vintage, "wrong_year"),
    "registered too early": (_registered_too_early, "wrong_year"),
    "of a project under the cap": (_of_a_project_under_the_cap, "duty_mismatch"),
    "cancelled twice": (_cancelled_twice, "name_taken"),
    "carried beyond the limit": (_carried_beyond_the_limit, "body_mismatch"),
    "carried though late": (_carried_though_late_in_surrendering, "body_mismatch"),
    "carried more than gave way": (_carried_more_than_gave_way, "body_mismatch"),
    "carried of a vintage that is not": (_carried_of_a_vintage_that_is_not, "wrong_year"),
    "split without its duty": (_split_without_its_duty, "duty_mismatch"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_law_broken_alone_is_named_by_both(name: str, life: Life) -> None:
    """Both verifiers name it, at the record that breaks it, by one word."""
    forge, code = FORGERIES[name]
    forger = Forger(life)
    record = forge(forger)

    assert found_in(forger.life()) == (code, forger.index(record))
