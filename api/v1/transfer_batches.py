"""`/v1/transfers/batch`: up to a thousand transfers, all together or each for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import Raw, doors, raw_body
from api.documented import posts, takes
from api.idempotency import Ask, Asked, Item
from api.problems import DoorCode, Problem, of_item
from api.security import Caller, require
from api.several import NDJSON, document, in_lines, lines, model_of, respond, result
from api.v1.transfers import check_part, decided
from ledger.book.trial import POSTINGS_MAX
from ledger.model.instrument import by_code
from ledger.refusals import Refusal
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.transfers import BatchBody, BatchItem, BatchPosted
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Act, Actor
    from ledger.posting.answers import Answer
    from settlement.desk import Reader

router = doors("transfers")
_CREATED: Final = 201
_OK: Final = 200
_ITEMS: Final = "transfers"
_BYTES_MAX: Final = 4 * 1024 * 1024  # a thousand transfers with all their evidence


@router.post("/transfers/batch", **posts(BatchPosted), openapi_extra=takes(BatchBody, NDJSON))
def transfers_batch(
    caller: Annotated[Caller, require("transfers:write")],
    raw: Annotated[Raw, raw_body("application/json", NDJSON, limit=_BYTES_MAX)],
    ask: Asked,
    mode: Annotated[Literal["atomic", "independent"] | None, Query()] = None,
) -> Response:
    """Transfer in a batch: `atomic` all or nothing, `independent` each for itself.

    A refused atomic batch points at the item that was refused: `errors[0].pointer`.

    An independent item has the key `<key>#<index>`, or its own `idempotency_key`, and its own
    result; the answer is 201 if any was done. As NDJSON, one transfer a line, the mode comes in
    the address (independent if not), and results come a line each. What a second person must
    decide is not done in a batch: `approval_needed`.
    """
    body = _body(ask, raw, mode)
    check_part(caller, body.transfers)
    if body.mode == "atomic":
        return _together(ask, caller, body, in_text=_wants_lines(ask, raw))
    answers = _each(ask, caller, body)
    results = [result(ask, index, answer) for index, answer in enumerate(answers)]
    replayed = all(answer is not None and answer.replayed for answer in answers)
    if _wants_lines(ask, raw):
        return in_lines(results, replayed)
    return respond(ask, results, replayed, mode=body.mode)


def _body(ask: Ask, raw: Raw, mode: str | None) -> BatchBody:
    if raw.media_type == NDJSON:
        items = lines(raw.content, _BYTES_MAX)
        return model_of(ask, BatchBody, {"mode": mode or "independent", "transfers": items})
    found = document(raw.content, _BYTES_MAX)
    if mode is not None and isinstance(found, dict):
        found = {"mode": mode, **found}
    return model_of(ask, BatchBody, found)


def _wants_lines(ask: Ask, raw: Raw) -> bool:
    accepted = ask.request.headers.get("accept", "")
    return NDJSON in accepted or (raw.media_type == NDJSON and "application/json" not in accepted)


def _each(ask: Ask, caller: Caller, body: BatchBody) -> list[Answer | None]:
    """Post what names only the caller's own; None for the rest."""
    strange = _strange(ask, caller, body.transfers)
    kept = [n for n, item in enumerate(body.transfers) if not strange & _names(item)]
    mine = [body.transfers[n] for n in kept]
    asked = ask.request.state.document["transfers"]
    items = [_item(ask, n, asked[n], body.transfers[n]) for n in kept]
    answers = ask.answer_each(items, lambda read: decided(read, caller.actor, mine))
    by_index = dict(zip(kept, answers, strict=True))
    return [by_index.get(n) for n in range(len(body.transfers))]


def _item(ask: Ask, index: int, asked: dict[str, Any], item: BatchItem) -> Item:
    told = {name: value for name, value in asked.items() if name != "idempotency_key"}
    return Item(told, item.idempotency_key or f"{ask.key}#{index}")


_Name = tuple[str, int]


def _names(item: BatchItem) -> set[_Name]:
    """List what an item names: whose it gives, who receives, which lot, which documents."""
    named = {("giver", item.from_account), ("receiver", item.to_account)}
    if item.select.lot_id is not None:
        named.add(("lot", item.select.lot_id))
    documents = item.evidence.document_ids if item.evidence else None
    return named | {("document", number) for number in documents or ()}


def _strange(ask: Ask, caller: Caller, items: Sequence[BatchItem]) -> set[_Name]:
    """Answer what the items name that is not there, or not the caller's; one statement a kind."""
    named: dict[str, set[int]] = {
        "giver": set(),
        "receiver": set(),
        "lot": set(),
        "document": set(),
    }
    for item in items:
        for part, number in _names(item):
            named[part].add(number)
    return {
        *(("giver", n) for n in tenancy.foreign(ask.reads, caller, "giver", named["giver"])),
        *(("receiver", n) for n in tenancy.unknown(ask.reads, "account", named["receiver"])),
        *(("lot", n) for n in tenancy.foreign(ask.reads, caller, "lot", named["lot"])),
        *(
            ("document", n)
            for n in tenancy.foreign(ask.reads, caller, "document", named["document"])
        ),
    }


def _together(ask: Ask, caller: Caller, body: BatchBody, *, in_text: bool) -> Response:
    items = body.transfers
    strange = _strange(ask, caller, items)
    lost = [n for n, item in enumerate(items) if strange & _names(item)]
    if lost:
        code = DoorCode.NOT_FOUND
        raise Problem(code, [of_item(_ITEMS, n, code) for n in lost])
    answer = ask.answer(lambda read: _all(read, caller.actor, items))
    if answer.outcome is None or "code" in answer.outcome:
        return ask.told(answer, items=_ITEMS)
    results = _results(ask, items, answer)
    if in_text:
        return in_lines(results, answer.replayed)
    return respond(ask, results, answer.replayed, mode=body.mode)


def _all(read: Reader, actor: Actor, items: Sequence[BatchItem]) -> Decision:
    acts: list[Act] = []
    for at, decision in enumerate(decided(read, actor, items)):
        if isinstance(decision, Refusal):
            raise replace(decision, at=at)
        assert len(decision.acts) == 1  # the number of a refused act is that of its item
        acts += decision.acts
    return Decision(tuple(acts))


def _results(ask: Ask, items: Sequence[BatchItem], answer: Answer) -> list[dict[str, Any]]:
    assert answer.outcome is not None
    names = [encode_id(IdPrefix.JOURNAL, seq) for seq in answer.outcome["journals"]]
    firsts = _first_journals(items, iter(answer.outcome["moved"]))
    return [
        {
            "index": index,
            "status": _CREATED if ask.keep else _OK,
            "code": None,
            "journal_id": names[first] if ask.keep else None,
        }
        for index, first in enumerate(firsts)
    ]


def _first_journals(items: Sequence[BatchItem], moved: Iterator[Sequence[int]]) -> Iterator[int]:
    """Find which of the group's journals is the first of each item: 64 postings fill a journal."""
    journal = 0
    for item in items:
        yield journal
        postings = _postings(item, moved)
        journal += -(-postings // POSTINGS_MAX)


def _postings(item: BatchItem, moved: Iterator[Sequence[int]]) -> int:
    """Count an item's postings: one for each run of serials it moved, one where there are none."""
    instrument = by_code(item.instrument)
    if instrument is None or instrument.kind != "serial":
        return 1
    units = postings = 0
    for _, _, count in islice(moved, item.quantity):
        units, postings = units + count, postings + 1
        if units == item.quantity:
            break
    return postings
