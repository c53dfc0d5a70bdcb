"""A forger who may write any record, and seal the log anew: only what records say can give it away."""

from __future__ import annotations

import json
from collections import defaultdict
from copy import deepcopy
from hashlib import sha256
from typing import Any

from ledger.log.canonical import canonical
from schemas.identifiers import IdPrefix, decode_id, encode_id
from tests.auditor.life import Life

Record = dict[str, Any]


class Forger:
    """Begins with a true life, and writes on."""

    def __init__(self, life: Life) -> None:
        """Read the life."""
        self.records: list[Record] = [json.loads(raw) for raw in life.records]
        self._life = life

    def life(self) -> Life:
        """Give what there is now, each record as it would be written."""
        return self._life.but(tuple(map(canonical, self.records)))

    def find(self, kind: str, nth: int = 0) -> Record:
        """Find a record of a kind; not a copy."""
        return [record for record in self.records if record["kind"] == kind][nth]

    def first(self, kind: str, **wanted: str) -> Record:
        """Find the first record of a kind whose body says so, or has a member at all; not a copy."""
        return next(
            record
            for record in self.records
            if record["kind"] == kind
            and all(
                record["body"].get(name) == value if value else name in record["body"]
                for name, value in wanted.items()
            )
        )

    def index(self, record: Record) -> int:
        """Tell where a record stands."""
        return next(n for n, other in enumerate(self.records) if other is record)

    def copied(self, record: Record, **body: Any) -> Record:
        """Copy a record to the end as a request of its own, its versions going on as they should.

        Whatever its body names that comes into being once gets another name.
        """
        new = deepcopy(record)
        new["id"] = new["group"] = self._next_id()
        new |= {"part": 1, "parts": 1, "key": sha256(new["id"].encode()).hexdigest()}
        last = self.records[-1]
        new |= {name: last[name] for name in ("at", "day", "rules")}
        for name in ("retirement_id", "statement_no", "reading_id", "lot_id", "party", "account"):
            if name in new["body"] and name not in body and name in _NEW.get(new["kind"], ()):
                new["body"][name] = _other(new["body"][name])
        new["body"] |= body
        versions = self.versions()
        for told in new["touched"]:
            told["version"] = versions[told["account"], told["instrument"]] + 1
        self.records.append(new)
        return new

    def versions(self) -> dict[tuple[str, str], int]:
        """Tell the last version of every balance."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for record in self.records:
            for told in record["touched"]:
                found[told["account"], told["instrument"]] = told["version"]
        return found

    def _next_id(self) -> str:
        numbers = [decode_id(IdPrefix.JOURNAL, record["id"]) or 0 for record in self.records]
        return encode_id(IdPrefix.JOURNAL, max(numbers) + 1)


def more(record: Record, n: int, units: int = 1) -> None:
    """Let a posting move more."""
    record["postings"][n]["amount"] = str(int(record["postings"][n]["amount"]) + units)


def said(record: Record, *names: str, units: int = 1) -> None:
    """Let a body say more."""
    for name in names:
        record["body"][name] = str(int(record["body"][name]) + units)


_NEW = {
    "gec.retire": ("retirement_id", "statement_no"),
    "reading.record": ("reading_id",),
    "gec.issue": ("lot_id",),
}


def _other(text: str) -> str:
    """Change a name's last digit."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")
