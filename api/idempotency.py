"""Posting through the doors: a key makes a retry safe, a dry run keeps nothing, an outcome is told."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import orjson
from fastapi import Depends, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import Parts, parts_of
from api.mailbox import Letter
from api.problems import DoorCode, Problem, of_item, render
from ledger.refusals import Refusal
from ledger.rules.rulebook import NotInForce
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision, Envelope

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.security import Caller
    from ledger.posting.answers import Answer
    from schemas.text import JsonValue
    from settlement.desk import Reader

Outcome: TypeAlias = Mapping[str, Any]
Shape: TypeAlias = Callable[[Outcome], dict[str, Any]]
Decide: TypeAlias = "Callable[[Reader], Decision]"

KEY_CHARS: Final = 255
_BARE: Final = re.compile(r"[\x21\x23-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_QUOTED: Final = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,510})"')
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_QUICK: Final = (
    orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
)
_DIGEST_CHARS: Final = 16
_CREATED: Final = 201
_ACCEPTED: Final = 202
_OK: Final = 200
_NOT_OF_THE_REQUEST: Final = frozenset({"dry_run", "wait"})


def read_key(header: str) -> str:
    """Read an `Idempotency-Key`, bare or as a quoted string (RFC 9651 §3.3.3).

    Raises:
        Problem: `idempotency_key_invalid`.
    """
    quoted = _QUOTED.fullmatch(header)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    if len(key) > KEY_CHARS or not (quoted or _BARE.fullmatch(header)):
        raise Problem(DoorCode.KEY_INVALID)
    return key


def canonical(value: JsonValue) -> bytes:
    """Spell a value the one way by which two requests are compared."""
    return _spelt(value)


def _spelt(value: Any) -> bytes:
    """Write JSON, keys in order; what the quick writer does not take (large numbers) by the slow one."""
    try:
        return orjson.dumps(value, option=_QUICK)
    except TypeError:
        return _ENCODER.encode(value).encode()


@lru_cache(maxsize=1024)
def _spelt_name(name: str) -> bytes:
    return canonical(name)


def digests(fields: Mapping[str, JsonValue]) -> tuple[bytes, dict[str, str]]:
    """Digest a request whole, as `canonical` spells it, and by field, each of them spelt once."""
    spelt = {name: canonical(value) for name, value in fields.items()}
    whole = b",".join(_spelt_name(name) + b":" + spelt[name] for name in sorted(fields))
    return sha256(b"{" + whole + b"}").digest(), {
        name: sha256(value).hexdigest()[:_DIGEST_CHARS] for name, value in spelt.items()
    }


def plain(outcome: Outcome) -> dict[str, Any]:
    """Tell an outcome: the result, the first journal of the group, and where its proof will be."""
    journals = outcome["journals"]
    first = encode_id(IdPrefix.JOURNAL, journals[0]) if journals else None
    links = {
        "journal": f"/v1/journals/{first}" if first else None,
        "proof": f"/v1/journals/{first}/proof" if first else None,
    }
    return {**outcome["result"], "journal_id": first, "sealed": False, "links": links}


def own_journal(outcome: Outcome) -> str | None:
    """Name the first journal of the act itself; where a second person approved, that comes before it."""
    at = 1 if "approval_id" in outcome["result"] else 0
    journals = outcome["journals"][at : at + 1]
    return encode_id(IdPrefix.JOURNAL, journals[0]) if journals else None


def with_serials(outcome: Outcome) -> dict[str, Any]:
    """Tell an outcome and the serials it moved, as runs of one lot each."""
    runs = [
        {"lot_id": encode_id(IdPrefix.LOT, lot), "first_serial": first, "count": count}
        for lot, first, count in outcome["moved"]
    ]
    return {**plain(outcome), "serials": runs}


@dataclass(frozen=True, slots=True)
class Item:
    """One of several requests in one body; `key` is its own, if it brings one."""

    body: JsonValue
    key: str | None = None


class Ask:
    """One request that posts: who asks, under which key, and whether anything is kept."""

    def __init__(self, request: Request, key: str, *, keep: bool) -> None:
        """Take the request apart; its body was read already."""
        self.request = request
        self.key = key
        self.keep = keep
        self.parts: Parts = parts_of(request)
        self.reads: Engine = self.parts.reads
        self.caller: Caller = request.state.caller

    def post(self, decide: Decide, *, status: int = _CREATED, shape: Shape = plain) -> Response:
        """Decide and post, and answer: `status` where it is done, a problem where it is refused.

        An act that was put before a second person answers 202, whatever `status` says.
        """
        return self.told(self.answer(decide), status=status, shape=shape)

    def answer(self, decide: Decide) -> Answer:
        """Decide and post under the request's key."""
        with self.parts.running.turn(self.caller.actor.client, self._turn()):
            answer = self.parts.desk.post(
                self.caller.actor, self.envelope(), _in_force(decide), keep=self.keep
            )
        self._note([answer])
        return answer

    async def posted(
        self, decide: Decide, *, status: int = _CREATED, shape: Shape = plain
    ) -> Response:
        """Do the same without a thread of one's own; for what is decided and told quickly.

        It is decided together with whoever else waits; `decide` checks what is whose, since a
        look-up here would make everybody wait.
        """
        async with self.parts.running.turn_in_loop(self.caller.actor.client, self._turn()):
            answer = await self._decided(_in_force(decide))
        self._note([answer])
        return self.told(answer, status=status, shape=shape)

    async def _decided(self, decide: Decide) -> Answer:
        desk, actor = self.parts.desk, self.caller.actor
        if not self.keep:
            return await run_in_threadpool(desk.post, actor, self.envelope(), decide, keep=False)
        await self.parts.threshold.crossed()
        letter: Letter[Answer] = Letter()
        desk.enqueue(actor, self.envelope(), decide, letter.bring)
        return await letter.future

    def answer_each(
        self,
        items: Sequence[Item],
        decide: Callable[[Reader], Sequence[Decision | Refusal]],
    ) -> list[Answer]:
        """Decide and post several, each for itself, each under its own key or `<key>#<index>`."""
        with self.parts.running.turn(self.caller.actor.client, self._turn()):
            answers = self.parts.desk.post_many(
                self.caller.actor,
                [self.envelope(item, index) for index, item in enumerate(items)],
                decide,
                keep=self.keep,
            )
        self._note(answers)
        return answers

    def _note(self, answers: Sequence[Answer]) -> None:
        """Leave the journals that were written for whoever waits until they are sealed."""
        if self.keep:
            told = [answer.outcome for answer in answers if answer.outcome is not None]
            self.request.state.posted = [n for outcome in told for n in outcome.get("journals", ())]

    def _turn(self) -> str:
        return self.key if self.keep else uuid.uuid4().hex

    def envelope(self, item: Item | None = None, index: int = 0) -> Envelope:
        """Say how it was asked: the request's digest, whole and by field."""
        fields = self._fields(item.body if item else getattr(self.request.state, "document", None))
        key = (item.key or f"{self.key}#{index}") if item else self.key
        return Envelope(key, *digests(fields), signed=getattr(self.request.state, "signed", None))

    def _fields(self, body: JsonValue) -> dict[str, JsonValue]:
        request = self.request
        fields: dict[str, JsonValue] = dict(body) if isinstance(body, dict) else {"body": body}
        fields["path"] = [request.method, request.state.template, request.scope["path"]]
        for name, value in request.query_params.items():
            if name not in _NOT_OF_THE_REQUEST:
                fields[f"?{name}"] = value
        return fields

    def told(
        self,
        answer: Answer,
        *,
        status: int = _CREATED,
        shape: Shape = plain,
        items: str | None = None,
    ) -> Response:
        """Render what a request came to; a stored outcome is told again exactly as the first time.

        `items` names the field of the body whose items are the acts: a refusal points at its item.
        """
        outcome = answer.outcome
        assert outcome is not None
        headers = {"idempotency-replayed": "true"} if answer.replayed else {}
        if "code" in outcome:
            code, at = outcome["code"], outcome.get("at")
            errors = [] if items is None or at is None else [of_item(items, at, code)]
            refused = Problem(code, errors, facts=outcome["facts"], headers=headers)
            return render(self.request, refused)
        if is_pending(outcome):
            status, shape = _ACCEPTED, plain
        if not self.keep:  # there is no journal, so no shape may name one
            status, body = _OK, {**shape({**outcome, "journals": []}), "dry_run": True}
        else:
            body = shape(outcome)
        return json_response(body, status, headers)


def is_pending(outcome: Outcome) -> bool:
    """Tell whether an outcome is that a second person must decide first."""
    result = outcome["result"]
    return "approval_id" in result and result.get("state") == "pending"


def json_response(
    body: Mapping[str, Any], status: int = _OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Write a JSON answer; keys in order, since a stored outcome does not keep another."""
    return Response(
        _spelt(body),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )


def _in_force(decide: Decide) -> Decide:
    """Let a missing rule be an outcome like any refusal."""

    def decided(reader: Reader) -> Decision:
        try:
            return decide(reader)
        except NotInForce as missing:
            raise missing.refused() from missing

    return decided


def ask_of(request: Request, key: str | None, *, dry_run: bool) -> Ask:
    """Read under which key a request posts, if it is kept.

    Raises:
        Problem: `idempotency_key_missing`, `idempotency_key_invalid`.
    """
    if key is None:
        if not dry_run:
            raise Problem(DoorCode.KEY_MISSING)
        return Ask(request, uuid.uuid4().hex, keep=False)
    return Ask(request, read_key(key), keep=not dry_run)


async def asking(
    request: Request,
    dry_run: Annotated[bool, Query(description="Judge in full, keep nothing.")] = False,
    idempotency_key: Annotated[
        str | None,
        Header(description="Makes a retry safe; required unless `dry_run`. ≤ 255 characters."),
    ] = None,
    wait: Annotated[
        Literal["sealed"] | None,
        Query(description="Answer when the act is in the log, or after a few seconds without."),
    ] = None,
) -> Ask:
    """Describe what `ask_of` reads, and remember how long the answer may take."""
    request.state.wait = wait
    return ask_of(request, idempotency_key, dry_run=dry_run)


Asked: TypeAlias = Annotated[Ask, Depends(asking)]
