"""One shape of a real day: generators sell and place orders, the exchange settles, enterprises retire.

Started by `run.py`, which tells it where the registry and its demo keys are, and checks what it did.
"""

import json
import os
import random
import threading
import uuid
from pathlib import Path
from typing import Any

from locust import FastHttpUser, between, events, task

KEYS = json.loads(Path(os.environ["GREENLEDGER_LOAD_KEYS"]).read_text("utf-8"))
ACKNOWLEDGED = Path(os.environ["GREENLEDGER_LOAD_ACKNOWLEDGED"])
_HOLDS: list[str] = []
_LOCK = threading.Lock()
_FILE = ACKNOWLEDGED.open("a", encoding="utf-8")


def _key(role: str, n: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = [key for key in KEYS if key["role"] == role][n]
    return found


def _note(answer: dict[str, Any]) -> None:
    """Remember what was acknowledged: it must be in the book afterwards, once."""
    with _LOCK:
        _FILE.write(answer["journal_id"] + "\n")


@events.quitting.add_listener
def _close(**_: Any) -> None:
    _FILE.close()


class Party(FastHttpUser):
    """Someone with a demo key."""

    abstract = True
    wait_time = between(0.01, 0.1)
    role = ""
    number = 0

    def on_start(self) -> None:
        """Take the key."""
        self.me = _key(self.role, self.number)
        self.auth = {"authorization": f"Bearer {self.me['key']}"}

    def ask(
        self, path: str, body: dict[str, Any], name: str | None = None
    ) -> dict[str, Any] | None:
        """Post, and again under the same key now and then, as clients that lost an answer do."""
        headers = self.auth | {"idempotency-key": uuid.uuid4().hex}
        with self.client.post(
            path, json=body, headers=headers, name=name or path, catch_response=True
        ) as told:
            if told.status_code not in {200, 201, 409, 422}:
                told.failure(f"{told.status_code} {(told.text or '')[:200]}")
                return None
            told.success()
            answer: dict[str, Any] = json.loads(told.text or "{}")
        if random.random() < 0.05:
            self.ask_again(path, body, headers, told.text or "", name or path)
        if "journal_id" not in answer:
            return None
        _note(answer)
        return answer

    def ask_again(
        self, path: str, body: dict[str, Any], headers: dict[str, str], first: str, name: str
    ) -> None:
        """Ask once more under the same key: the answer must be the same, word for word."""
        with self.client.post(
            path, json=body, headers=headers, name=f"{name} again", catch_response=True
        ) as again:
            if again.text == first:
                again.success()
            else:
                again.failure(f"replay differs: {(again.text or '')[:200]}")


class Generator(Party):
    """Sells certificates and places orders with the exchange."""

    role = "generator"
    weight = 4

    @task(5)
    def sell(self) -> None:
        """Sell a few at a price, to one of two enterprises."""
        buyer = _key("enterprise", random.randrange(2))
        self.ask(
            "/v1/transfers",
            {
                "from_account": self.me["account"],
                "to_account": buyer["account"],
                "instrument": "GEC",
                "quantity": random.randint(1, 20),
                "mode": "listing",
                "price_fen_per_unit": random.randint(400, 600),
            },
        )

    @task(2)
    def order(self) -> None:
        """Set units aside; the exchange controls them."""
        told = self.ask(
            "/v1/holds",
            {
                "account": self.me["account"],
                "instrument": "GEC",
                "quantity": 30,
                "controller": _key("exchange")["credit_code"],
                "reference": f"order {uuid.uuid4().hex[:8]}",
            },
        )
        if told is not None:
            with _LOCK:
                _HOLDS.append(str(told["hold_id"]))

    @task(2)
    def look(self) -> None:
        """Read the balances and the statement."""
        account = self.me["account"]
        self.client.get(f"/v1/accounts/{account}/balances", headers=self.auth, name="balances")
        self.client.get(f"/v1/accounts/{account}/statement", headers=self.auth, name="statement")


class Exchange(Party):
    """Settles orders in parts, or gives them back."""

    role = "exchange"
    weight = 2

    @task
    def settle(self) -> None:
        """Deliver part of an order, close it, or release it."""
        with _LOCK:
            hold = random.choice(_HOLDS) if _HOLDS else None
        if hold is None:
            return
        if random.random() < 0.1:
            self.ask(f"/v1/holds/{hold}/release", {}, "/v1/holds/release")
            return
        buyer = _key("enterprise", random.randrange(2))
        body = {
            "to_account": buyer["account"],
            "quantity": random.randint(1, 10),
            "mode": "listing",
            "price_fen_per_unit": 500,
            "close": random.random() < 0.2,
        }
        self.ask(f"/v1/holds/{hold}/settle", body, "/v1/holds/settle")


class Enterprise(Party):
    """Retires what it bought."""

    role = "enterprise"
    number = 1
    weight = 2

    @task
    def retire(self) -> None:
        """Retire a few for the year they were produced in."""
        self.ask(
            "/v1/retirements",
            {
                "account": self.me["account"],
                "quantity": random.randint(1, 5),
                "beneficiary": {"credit_code": self.me["credit_code"], "name": "Demo"},
                "purpose": "green_power_claim",
                "consumption_year": 2025,
                "public": False,
            },
        )
