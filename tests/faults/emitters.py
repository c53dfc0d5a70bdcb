"""Faults in what auditors make of an emitter's year, in succession, and in what doctor looks at."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import Fault, one

FORGED: Final = "tests/auditor/test_emitters_forged.py"
SUCCESSION: Final = "tests/settlement/test_succession.py"
INDEPENDENT: Final = "ledger/log/independent.py"
ALLOWANCES: Final = "ledger/log/replay_allowances.py"
DUTIES: Final = "ledger/log/replay_duties.py"


def forged(name: str) -> str:
    """Name the one forgery that sees a fault."""
    return f"{FORGED}::test_a_law_broken_alone_is_named_by_both[{name}]"


EMITTERS: Final[tuple[Fault, ...]] = (
    one(
        "an auditor takes any approval",
        forged("approved beyond its steps"),
        ALLOWANCES,
        'if told != (whole, whole - before.whole, body["year"]):',
        'if told[2] != body["year"]:',
    ),
    one(
        "an auditor misses an allocation past its quota",
        forged("allocated past any approval"),
        ALLOWANCES,
        'if told != body["vintage"] and (needed or told is not None):',
        'if told not in (None, body["vintage"]):',
    ),
    one(
        "an auditor lets less be kept back than is owed",
        forged("allocated though owed"),
        ALLOWANCES,
        "    if kept != owed:\n",
        "    if kept > owed:\n",
    ),
    one(
        "an auditor lets anybody have what is in custody",
        forged("released to another"),
        ALLOWANCES,
        "if taker not in state.accounts or state.accounts[taker].owner != state.accounts[kept].owner:",
        "if taker not in state.accounts:",
    ),
    one(
        "an auditor takes unsigned figures",
        forged("verified unsigned"),
        DUTIES,
        '    if "key_id" not in body and entry.law.flag(',
        '    if "key_id" in body and entry.law.flag(',
    ),
    one(
        "an auditor takes any vintage",
        forged("surrendered of an older vintage"),
        DUTIES,
        "    _check_vintages(entry)\n",
        "",
    ),
    one(
        "an auditor takes reductions of any day",
        forged("registered too early"),
        DUTIES,
        "if after is not None and day(registered_on) <= after:",
        "if after is not None and day(registered_on) < after:",
    ),
    one(
        "an auditor lets them carry who handed in late",
        forged("carried though late"),
        DUTIES,
        'return most if body["on_time"] else 0',
        "return most",
    ),
    one(
        "the second auditor reads no verifier's signature",
        forged("signed for other papers"),
        INDEPENDENT,
        '            if record["kind"] == "cea.verify" and "key_id" in record.get("body", {}):\n'
        "                self.take_verification(index, record)\n",
        "",
    ),
    one(
        "the second auditor lets room pass alone",
        forged("split without its duty"),
        INDEPENDENT,
        "        self.check_rooms(act)\n",
        "",
    ),
    one(
        "room passes without its duty",
        f"{SUCCESSION}::test_room_passes_with_its_share_of_the_duty_and_not_beyond",
        "settlement/succession.py",
        "    _check_rooms(read, held, wanted)\n",
        "",
    ),
    one(
        "custody stays with who is gone",
        f"{SUCCESSION}::test_what_a_province_keeps_for_an_emitter_it_keeps_for_its_successor",
        "settlement/succession.py",
        '                and_(a.on_behalf_of == party, a["class"] == _CUSTODY),\n',
        "",
    ),
    one(
        "reductions stay with who is gone",
        f"{SUCCESSION}::test_reductions_pass_on_and_are_handed_in_by_the_successor",
        "settlement/succession.py",
        '*ALLOWANCE_HOLDERS, "ccer", "duty"}',
        '*ALLOWANCE_HOLDERS, "duty"}',
    ),
)
