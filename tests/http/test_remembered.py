"""Keys and accounts met before are not looked up again; what has changed since is found out all the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from api.keys import SYSTEM, KeyOrder, issue_key
from ledger.database import Urls
from schemas.identifiers import IdPrefix, decode_id
from settlement.registration import revoke_client
from tests.crashes.trouble import held_rows, wait_for_a_waiter
from tests.http.doors import As
from tests.http.market import Market, market_of, refusal, runs
from tests.registry import opened, rows


def remembered(fair: Market) -> As:
    """Give one more person of the seller a key, and let them sell once under the key `used`."""
    someone = fair.door.person("generator", fair.seller.party)
    assert someone.post("/v1/transfers", fair.sale(1), idem="used").status_code == 201
    return someone


def revoke_elsewhere(fair: Market, urls: Urls, person: As) -> None:
    """Revoke a key by a process that shares nothing with the doors but the database."""
    found = fair.door.operator.get("/v1/clients", limit=200).json()["items"]
    name = next(item["client_id"] for item in found if item["person"] == person.person)
    number = decode_id(IdPrefix.CLIENT, name)
    assert number is not None
    with opened(urls.app, fair.door.registry.clock, session=f"revoke {name}") as other:
        other.must_do(SYSTEM, lambda read, actor: revoke_client(read, actor, number))


def test_a_key_revoked_between_admission_and_posting_posts_nothing(
    fair: Market, urls: Urls
) -> None:
    """Let in, decided, and waiting for a lock when it happens."""
    doomed = remembered(fair)
    generator = decode_id(IdPrefix.ACCOUNT, fair.generator)
    assert generator is not None
    with ThreadPoolExecutor(1) as pool:
        with held_rows(urls.owner, generator):
            selling = pool.submit(
                doomed.post, "/v1/transfers", fair.sale(1), idem="between admission and posting"
            )
            wait_for_a_waiter(urls.owner)
            revoke_elsewhere(fair, urls, doomed)
        assert refusal(selling.result()) == (401, "unauthenticated")

    query = "SELECT count(*) FROM command WHERE key LIKE 'between%%'"
    assert rows(urls.owner, query) == [(0,)]


@pytest.mark.parametrize(
    ("idem", "content"),
    [
        ("fresh", None),
        ("used", None),
        ("fresh", b"{"),
        ("fresh", b"{}"),
        ("", b"{}"),
        (" ", b"{}"),
    ],
)
def test_a_remembered_key_that_was_revoked_hears_nothing_else(
    fair: Market, urls: Urls, idem: str, content: bytes | None
) -> None:
    """Whatever is wrong with the request besides, and whatever was answered before."""
    doomed = remembered(fair)
    revoke_elsewhere(fair, urls, doomed)
    headers = doomed.headers({"idempotency-key": idem} if idem else None)
    sent: dict[str, Any] = {"json": fair.sale(1)}
    if content is not None:
        sent = {"content": content}
        headers["content-type"] = "application/json"
    answer = doomed.http.post("/v1/transfers", headers=headers, **sent)

    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_wrong_secret_under_a_remembered_name_opens_nothing(fair: Market) -> None:
    """And the right one goes on."""
    someone = remembered(fair)
    last = "a" if someone.key[-1] != "a" else "b"
    wrong = As(someone.http, someone.key[:-1] + last, someone.party, someone.person)

    assert wrong.post("/v1/transfers", fair.sale(1)).status_code == 401
    assert someone.post("/v1/transfers", fair.sale(1)).status_code == 201


def test_a_remembered_key_runs_out_on_its_day(fair: Market) -> None:
    """The day is compared with the clock in every request."""
    party = decode_id(IdPrefix.PARTY, fair.seller.party)
    assert party is not None
    registry = fair.door.registry
    ends = registry.clock() + timedelta(minutes=1)
    key = issue_key(registry.desk, KeyOrder(party, "short", "test", "generator", ends))
    someone = As(fair.door.http, key, fair.seller.party, "short")
    before = someone.post("/v1/transfers", fair.sale(1))
    registry.clock.advance(timedelta(minutes=1))
    after = someone.post("/v1/transfers", fair.sale(1))

    assert before.status_code == 201
    assert refusal(after) == (401, "unauthenticated")


def test_a_retry_is_told_its_outcome_when_nothing_is_left_to_sell(fair: Market) -> None:
    """The key comes before the refusal, whoever decides."""
    poor = market_of(fair.door)
    poor.lot(5)
    first = poor.seller.post("/v1/transfers", poor.sale(5), idem="all of it")
    again = poor.seller.post("/v1/transfers", poor.sale(5), idem="all of it")
    more = poor.seller.post("/v1/transfers", poor.sale(5))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert refusal(more) == (422, "units_short")


def test_what_must_be_looked_up_is_looked_up(fair: Market) -> None:
    """Serials named outright, and an account that this process has not met."""
    lot = fair.lot(10)
    start = lot["first_serial"]
    chosen = {"lot_id": lot["lot_id"], "first_serial": start + 4}
    exact = fair.seller.post("/v1/transfers", fair.sale(2, select=chosen))
    stranger = fair.door.person("enterprise")
    account = fair.door.account(stranger.party, "user")
    unmet = fair.seller.post("/v1/transfers", fair.sale(1, to_account=account))
    nowhere = fair.seller.post("/v1/transfers", fair.sale(1, to_account="acc_0000000000zzz"))

    assert exact.status_code == 201, exact.text
    assert runs(exact.json()) == [(start + 4, 2)]
    assert unmet.status_code == 201, unmet.text
    assert nowhere.status_code in {400, 404}
