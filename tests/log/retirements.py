"""Records of retirements as the engine writes them, for tests that need no engine."""

from typing import Any

RETIRED_ACCOUNT, OWN = "acc_0000000000003", "acc_00000000000zh"


def a_posting(number: int, first: str, amount: str, **changes: object) -> dict[str, Any]:
    """Use up certificates with serials in a row."""
    line = {"n": number, "debit": OWN, "credit": RETIRED_ACCOUNT, "instrument": "GEC"}
    return line | {"amount": amount, "lot": "lot_00097jr000001", "first": first} | changes


def a_record(*postings: dict[str, Any], part: int = 1, parts: int = 1) -> dict[str, Any]:
    """Write the record of one part of a retirement of twelve certificates."""
    number = "jrn_000000000000" + "vwx"[part - 1]
    record: dict[str, Any] = {
        "v": 1,
        "log": "registry",
        "id": number,
        "group": "jrn_000000000000v",
        "part": part,
        "parts": parts,
        "kind": "gec.retire",
        "at": "2025-12-20T04:00:00.000000Z",
        "day": "2025-12-20",
        "actor": {"party": "pty_00000000000zd", "person": "b", "client": "clt_0000000000007"},
        "req": "b3" * 32,
        "rules": "3c" * 32,
        "salt": "56" * 16,
        "touched": [{"account": OWN, "instrument": "GEC", "version": 4}],
        "postings": list(postings),
    }
    if part > 1:
        return record | {"continues": "jrn_000000000000v"}
    body = {
        "beneficiary_code": "91000000000000002R",
        "beneficiary_name": "示例铝业（试点）有限公司",
        "consumption_year": "2025",
        "public": False,
        "purpose": "green_power_claim",
        "quantity": "12",
        "retirement_id": "ret_00000000000zp",
        "statement_no": "GL-2025-00001014-GQ15AW53CV",
    }
    return record | {"body": body}


ONE = [a_record(a_posting(1, "15", "5"), a_posting(2, "33", "7"))]
TWO = [
    a_record(a_posting(1, "15", "5"), parts=2),
    a_record(a_posting(1, "33", "7"), part=2, parts=2),
]
