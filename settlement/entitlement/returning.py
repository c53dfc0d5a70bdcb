"""Giving back what a year does not give: kept back units are owed again, units go, the rest is a debt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.model.account import DISCHARGED, SOURCE
from ledger.model.command import Act, Effect, Enter, Move, Plain
from ledger.model.instrument import CEA_DEBT, yearly
from schemas.identifiers import IdPrefix, encode_id
from settlement.instruments import instrument_row

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Return:
    """What goes back of a vintage, in t CO2e, and where it could come from.

    `kept` is what of the vintage was kept back so far, below zero where allocations were taken back.
    `holders` are accounts with what is free in them, in the order in which they give; the last one
    stands for the emitter. With `quota` what goes back may be allocated again, unless the approval that
    asks for it takes it.
    """

    vintage: int
    quantity: int
    stage: str
    document_no: str
    province: int
    duty: int
    opening: tuple[Enter, ...]
    kept: int
    holders: Sequence[tuple[int, int]]
    quota: bool


def returns(asked: Return) -> tuple[Act, ...]:
    """Give back in the order of the plan: first un-keep, then units, then a debt; an act an account.

    Source: 2025-2026年度配额总量和分配方案, 征求意见稿, notes on 核减 (the example of stage 2).
    """
    unkept = min(max(asked.kept, 0), asked.quantity)
    rest, given = asked.quantity - unkept, list[int]()
    for _, free in asked.holders:
        given.append(min(rest, max(free, 0)))
        rest -= given[-1]
    last = len(given) - 1
    return tuple(
        _act(asked, account, units, *((unkept, rest) if n == last else (0, 0)))
        for n, ((account, _), units) in enumerate(zip(asked.holders, given, strict=True))
        if units or (n == last and unkept + rest)
    )


def _act(asked: Return, account: int, units: int, unkept: int, debt: int) -> Act:
    vintage, quota = yearly("CEA", asked.vintage), yearly("QUOTA-CEA", asked.vintage)
    quantity = units + unkept + debt
    effects: list[Effect] = [*asked.opening]
    if units:
        effects.append(Move(account, asked.province, vintage.id, units))
    if unkept:
        effects.append(Move(DISCHARGED, asked.duty, CEA_DEBT, unkept))
    if debt:
        effects.append(Move(SOURCE, asked.duty, CEA_DEBT, debt))
    if asked.quota:
        effects += [instrument_row(quota), Move(DISCHARGED, asked.duty, quota.id, quantity)]
    body: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, account),
        "province_account": encode_id(IdPrefix.ACCOUNT, asked.province),
        "instrument": vintage.code,
        "vintage": asked.vintage,
        "quantity": quantity,
        "returned": units,
        "debt": debt,
        "stage": asked.stage,
        "document_no": asked.document_no,
    }
    if unkept:
        body["unkept"] = unkept
    if asked.quota:
        body["compliance_year"] = asked.vintage
    return Act("cea.return", tuple(effects), body)
