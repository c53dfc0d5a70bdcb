"""`/.well-known/`: whose log this is, and its keys. Nobody should trust a key because we say so."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import exists, select
from starlette.requests import Request
from starlette.responses import Response

from api.cached import BRIEFLY, respond
from api.dependencies import LogPart, ReadsPart
from api.documented import files, tells
from api.idempotency import canonical
from ledger.log.multikey import did_of
from ledger.log.spelling import base64_text
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from schemas.text import JsonValue
from schemas.wire.log import KeySetTold, LogTold

router = APIRouter(prefix="/.well-known", tags=["log"])
_NOTICE: Final = (
    "For convenience only: take keys and policy from the regulator or another way you trust, and compare. "
    "仅供方便：请从主管部门或其他可信途径取得密钥与策略并核对。"
)
_TEXT: Final = "text/plain; charset=utf-8"
_KEPT: Final = f"public, {BRIEFLY}"
_PURPOSES: Final = ("log", "statement")


@router.get("/greenledger-log.json", **tells(LogTold, 404, 503, tagged=True))
def well_known_log(request: Request, log: LogPart) -> Response:
    """Tell the log's name, its keys, its witnesses, and who signs statements."""
    policy = log.policy()
    told: dict[str, JsonValue] = {
        "notice": _NOTICE,
        "origin": log.origin,
        "vkeys": [str(each.key) for each in policy.logs if each.key.name == log.origin],
        "witnesses": [{"name": each.name, "vkey": str(each.key)} for each in policy.witnesses],
        "policy": log.policy_text().decode(),
        "statement_issuers": [did_of(log.statement_key.public)],
    }
    return respond(request, canonical(told), "application/json", _KEPT)


@router.get("/greenledger-policy.txt", **files(_TEXT, 404, tagged=True))
def well_known_policy(request: Request, log: LogPart) -> Response:
    """Give a C2SP tlog-policy that names the log and its witnesses; a verifier brings its own."""
    return respond(request, log.policy_text(), _TEXT, _KEPT)


@router.get("/jwks.json", **tells(KeySetTold, 503, tagged=True))
def well_known_keys(request: Request, reads: ReadsPart) -> Response:
    """Tell the keys registered for the log and for statements, those that have not ended."""
    key = t.signing_key.c
    ended = exists().where(t.signing_key_end.c.key == key.id)
    query = select(key.id, key.purpose, key.public_key).where(key.purpose.in_(_PURPOSES), ~ended)
    with reads.connect() as conn:
        keys: list[JsonValue] = [_jwk(row) for row in conn.execute(query.order_by(key.id))]
    return respond(request, canonical({"notice": _NOTICE, "keys": keys}), "application/json", _KEPT)


def _jwk(row: Any) -> dict[str, JsonValue]:
    """Write an Ed25519 key. Source: RFC 8037 §2."""
    raw = base64_text(bytes(row.public_key)).rstrip("=")
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": raw.replace("+", "-").replace("/", "_"),
        "kid": encode_id(IdPrefix.SIGNING_KEY, row.id),
        "use": "sig",
        "alg": "EdDSA",
        "purpose": row.purpose,
    }
