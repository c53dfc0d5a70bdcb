"""`/v1/log` and `/.well-known/`: what is published, to everybody; records to auditors alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import sha256

import pytest

from api.app import create_app
from api.roles import ROLES
from ledger.database import Urls
from ledger.log.canonical import leaf_hash
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import check_signatures
from ledger.log.note import parse_note
from ledger.log.opening import open_checkpoint
from ledger.log.policy import parse_policy
from ledger.log.tiles import TileReader, bundles_between, read_bundle, tiles_between
from ledger.log.tree import frontier_at, verify_consistency
from ledger.log.vkey import parse_vkey
from tests.databases import Clones
from tests.http.doors import As, Door, door_at
from tests.http.sealed import seal
from tests.http.served import Served, served
from tests.http.signing import SigningParty, fresh
from tests.registry import rows

FULL = 256
FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"


@pytest.fixture(scope="module")
def urls(clones: Clones) -> Iterator[Urls]:
    """Give this module one registry."""
    with clones.fresh() as found:
        yield found


@pytest.fixture(scope="module")
def door(urls: Urls) -> Iterator[Door]:
    """Open its doors, with a log of more than one full tile behind them."""
    with door_at(urls.app) as opened:
        while rows(urls.app, "SELECT count(*) FROM journal")[0][0] <= FULL:
            opened.registry.party("enterprise")
        seal(urls, opened.home)
        yield opened


@pytest.fixture(scope="module")
def site(door: Door) -> Iterator[Served]:
    """Serve it over HTTP."""
    with served(door.app) as found:
        yield found


@pytest.fixture(scope="module")
def auditor(door: Door) -> As:
    """Give a regulator's auditor a key."""
    return door.person("regulator_read")


def head(site: Served) -> Checkpoint:
    """Read the checkpoint as any reader would, under the policy that is told."""
    policy = parse_policy(site.ask("/.well-known/greenledger-policy.txt").body)
    return open_checkpoint(site.ask("/v1/log/checkpoint").body, policy).checkpoint


def test_anybody_can_read_the_whole_tree(site: Served) -> None:
    """The tiles, fetched without a key, make the root of the checkpoint."""
    found = head(site)

    def fetch(path: str) -> bytes:
        answer = site.ask(f"/v1/log/{path}")
        assert answer.status == 200, path
        return answer.body

    assert found.size > FULL
    assert frontier_at(TileReader(found.size, fetch), found.size).root() == found.root


def test_what_is_full_may_be_kept_for_ever_and_the_rest_briefly(site: Served) -> None:
    """A full tile never changes; a partial one gives way, and a checkpoint is the news itself."""
    size = head(site).size
    keeps = {
        tile.path: site.ask(f"/v1/log/{tile.path}").headers["cache-control"]
        for tile in tiles_between(0, size)
    }

    assert site.ask("/v1/log/checkpoint").headers["cache-control"] == "public, max-age=1"
    assert keeps["tile/0/000"] == FOR_EVER
    assert {keep for path, keep in keeps.items() if ".p/" in path} == {BRIEFLY}


def test_what_the_caller_has_is_not_sent_again(site: Served) -> None:
    """By its tag, weak or among others, or whatever it is."""
    first = site.ask("/v1/log/tile/0/000")
    tag = first.headers["etag"]
    again = [
        site.ask("/v1/log/tile/0/000", headers={"if-none-match": told})
        for told in (tag, f"W/{tag}", f'"other", {tag}', "*")
    ]
    other = site.ask("/v1/log/tile/0/000", headers={"if-none-match": '"other"'})

    assert tag == f'"{sha256(first.body).hexdigest()}"'
    assert {(said.status, said.body, said.headers["etag"]) for said in again} == {(304, b"", tag)}
    assert (other.status, other.body) == (200, first.body)


@pytest.mark.parametrize(
    "target",
    [
        "/v1/log/checkpoint",
        "/v1/log/consistency?from=1&to=2",
        "/v1/log/tile/0/000",
        "/v1/log/tile/0/999",
        "/v1/log/tile/entries/000",
        "/v1/log/entries/000",
    ],
)
def test_what_a_file_is_like_is_told_without_it(site: Served, auditor: As, target: str) -> None:
    """HEAD is answered as GET is, but for the body; who may not read a record may not ask for its length."""
    whole, short = (site.ask(target, auditor, method=method) for method in ("GET", "HEAD"))
    varying = {"date", "x-request-id"}
    kept = [{n: v for n, v in said.headers.items() if n not in varying} for said in (whole, short)]

    assert (short.status, short.body, kept[1]) == (whole.status, b"", kept[0])
    assert short.headers["content-length"] == str(len(whole.body))
    refused = {site.ask(target, method=method).status for method in ("GET", "HEAD")}
    assert len(refused) == 1


@pytest.mark.parametrize("address", ["/v1/log/tile/entries/", "/v1/log/entries/"])
def test_an_auditor_reads_every_record(site: Served, auditor: As, address: str) -> None:
    """Bundle by bundle, each record hashing to its leaf; kept by the auditor alone."""
    size = head(site).size
    tree = TileReader(size, lambda path: site.ask(f"/v1/log/{path}").body)
    records = []
    for bundle in bundles_between(0, size):
        answer = site.ask(address + bundle.path.removeprefix("tile/entries/"), auditor)
        assert answer.headers["cache-control"].startswith("private, ")
        records += read_bundle(bundle, answer.body)

    assert len(records) == size
    assert all(leaf_hash(record) == tree.node(0, n) for n, record in enumerate(records))


def test_records_are_for_auditors_alone(door: Door, site: Served) -> None:
    """Every other role is told 403, with or without the file being there; nobody, 401."""
    for role in ROLES:
        person = door.person(role)
        told = {site.ask(f"/v1/log/entries/{name}", person).status for name in ("000", "999")}
        assert told == ({200, 404} if role.startswith("regulator") else {403}), role
    assert site.ask("/v1/log/entries/000").status == 401


def test_hashes_are_the_same_for_everybody(door: Door, site: Served) -> None:
    """No key, a bad key, or any role: nothing about the caller is even looked at."""
    strangers = [None, As(door.http, "gl_nobody", "", ""), *map(door.person, ROLES)]
    for target in ("/v1/log/checkpoint", "/v1/log/tile/0/000", "/v1/log/consistency?from=1&to=2"):
        assert len({site.ask(target, person).body for person in strangers}) == 1
        assert {site.ask(target, person).status for person in strangers} == {200}


@pytest.mark.parametrize(
    "path",
    [
        "../checkpoint",
        "0/../../checkpoint",
        "..%2f..%2flog.key",
        "%2e%2e/%2e%2e/log.key",
        "0/000/..",
        "0/000%00",
        "0/000%",
        "0/000%zz",
        "0/%ff",
        "0/00",
        "0/0000",
        "0/x000",
        "0/999",
        "00/000",
        "99/000",
        "-1/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/",
        "0/000.p",
        "0/" + "x999/" * 40 + "999",
        "9" * 5_000 + "/000",
        "0/" + "9" * 5_000,
        "0/%D9%A0%D9%A0%D9%A0",
        "vkeys",
        "//etc/passwd",
        "",
        "entries",
    ],
)
def test_hostile_paths_find_nothing(site: Served, auditor: As, path: str) -> None:
    """Climbing, controls, bad escapes, other digits, numbers without end: 404, and not kept."""
    for address, person in (("tile/", None), ("tile/entries/", auditor), ("entries/", auditor)):
        answer = site.ask(f"/v1/log/{address}{path}", person)
        assert answer.status == 404, (address, answer)
        assert json.loads(answer.body)["code"] == "not_found"


def test_one_size_of_the_log_begins_with_another(site: Served) -> None:
    """The proof is the one RFC 9162 asks for; a newer size left out means the one published now."""
    found = head(site)
    tree = TileReader(found.size, lambda path: site.ask(f"/v1/log/{path}").body)
    for old in (1, 2, 17, FULL, found.size):
        answer = site.ask(f"/v1/log/consistency?from={old}")
        told = json.loads(answer.body)
        proof = [base64.b64decode(each) for each in told["hashes"]]
        root = frontier_at(tree, old).root()
        assert (told["from_size"], told["to_size"]) == (old, found.size)
        assert answer.headers["cache-control"] == "no-store"
        verify_consistency(old, found.size, proof, root, found.root)


@pytest.mark.parametrize("query", ["from=3&to=2", "from=1&to={over}", "from={over}"])
def test_sizes_the_log_never_had_prove_nothing(site: Served, query: str) -> None:
    """The answer tells the size there is."""
    size = head(site).size
    answer = site.ask(f"/v1/log/consistency?{query.format(over=size + 1)}")
    told = json.loads(answer.body)

    assert (answer.status, told["code"]) == (422, "log_range_unknown")
    assert told["facts"] == {"size": size}


@pytest.mark.parametrize(
    "query", ["", "from=0", "from=-1", "from=1.5", f"from={2**63}", "from=" + "9" * 5_000, "from=x"]
)
def test_sizes_that_are_none_are_malformed(site: Served, query: str) -> None:
    """Said before any file is read."""
    answer = site.ask(f"/v1/log/consistency?{query}")

    assert (answer.status, json.loads(answer.body)["code"]) == (400, "validation_failed")


def test_an_unpublished_log_says_so(shared_door: Door) -> None:
    """Until a sealer has run: 404, and when to come back."""
    for path in (
        "/v1/log/checkpoint",
        "/v1/log/consistency?from=1",
        "/.well-known/greenledger-log.json",
        "/.well-known/greenledger-policy.txt",
    ):
        answer = shared_door.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "log_not_published"), path
        assert answer.headers["retry-after"] == "1"
    assert shared_door.http.get("/v1/log/tile/0/000").status_code == 404


def test_the_log_tells_its_name_and_keys(site: Served) -> None:
    """The keys told are those that signed; and that nobody should trust them for it."""
    answer = site.ask("/.well-known/greenledger-log.json")
    told = json.loads(answer.body)
    note = parse_note(site.ask("/v1/log/checkpoint").body)

    assert told["origin"] == note.text.split("\n")[0]
    assert check_signatures(note, [parse_vkey(key) for key in told["vkeys"]])
    assert told["policy"].encode() == site.ask("/.well-known/greenledger-policy.txt").body
    assert (told["witnesses"], len(told["statement_issuers"])) == ([], 1)
    assert "convenience" in told["notice"]
    again = site.ask(
        "/.well-known/greenledger-log.json", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status == 304


def test_registered_keys_are_told_as_a_key_set(door: Door, site: Served) -> None:
    """Those of the log and for statements, those that sign requests not; one that has ended, neither."""
    regulator, told = door.person("regulator"), []
    for purpose in ("log", "statement", "witness"):
        key = SigningParty(door.operator, purpose)
        private = fresh()
        waiting = door.operator.must("/v1/keys", key.proof(private))
        told.append((door.decided(regulator, waiting)["key_id"], private.public.raw, purpose))
    SigningParty(door.person("exchange")).registered()
    found = json.loads(site.ask("/.well-known/jwks.json").body)["keys"]
    door.operator.must(f"/v1/keys/{told[0][0]}/revoke")
    later = json.loads(site.ask("/.well-known/jwks.json").body)["keys"]

    spelt = [(k["kid"], base64.urlsafe_b64decode(k["x"] + "="), k["purpose"]) for k in found]
    assert spelt == told[:2]
    assert {(k["kty"], k["crv"], k["alg"], k["use"]) for k in found} == {
        ("OKP", "Ed25519", "EdDSA", "sig")
    }
    assert [k["kid"] for k in later] == [told[1][0]]


def test_damaged_files_are_never_proved_from(door: Door) -> None:
    """A tile that is not what the head says: 503, until it is written again."""
    tile = door.home / "log" / "tile" / "0" / "000"
    whole = tile.read_bytes()
    journal = door.operator.get("/v1/journals/jrn_0000000000001").json()
    assert journal["leaf_index"] == 0
    for damaged in (bytes(len(whole)), whole[:-1], None):
        tile.unlink(missing_ok=True)
        if damaged is not None:
            tile.write_bytes(damaged)
        again = create_app(door.registry.desk, door.app.state.parts.settings)
        with served(again) as fresh:
            answer = fresh.ask(journal["links"]["proof"], door.operator)
        assert (answer.status, json.loads(answer.body)["code"]) == (503, "log_unavailable")
        assert answer.headers["retry-after"] == "1"
    tile.write_bytes(whole)
