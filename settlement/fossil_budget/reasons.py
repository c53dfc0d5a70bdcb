"""Why certificates are not counted, in a clause of each language; the order is that of judging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from settlement.fossil_budget.recognition import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.model.command import Plain

WORDS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.LISTED_TWICE: ("offered twice", "重复提交"),
    Reason.CCER_LINKED: ("the energy is credited as CCER", "对应电量已计入 CCER"),
    Reason.NOT_RETIRED: (
        "not retired, or the retirement was taken back",
        "尚未核销，或核销已被冲正",
    ),
    Reason.OTHER_BENEFICIARY: ("retired for another beneficiary", "核销的受益人为其他单位"),
    Reason.OTHER_PURPOSE: (
        "retired for a purpose that serves no fossil budget",
        "核销用途不适用于化石能源消费预算",
    ),
    Reason.WRONG_PRODUCTION_YEAR: (
        "produced in another year than the budget's",
        "电量生产年度与预算年度不符",
    ),
    Reason.WRONG_CONSUMPTION_YEAR: (
        "retired for another year of consumption",
        "核销对应的消费年度与预算年度不符",
    ),
    Reason.COUNTED_AS_PHYSICAL: (
        "the energy was used where it was made, and counts as physical energy",
        "电量就地消纳，已按物理电量认定",
    ),
    Reason.GREEN_POWER_OF_ANOTHER: (
        "came with green power that another party bought",
        "随其他主体购买的绿电划转",
    ),
    Reason.COUNTED_AS_TRADED: (
        "came with the unit's own green power, and counts as traded energy",
        "随本单位购买的绿电划转，已按交易电量认定",
    ),
    Reason.RETIRED_TOO_LATE: (
        "retired after the last day for the budget year",
        "核销晚于该预算年度的截止日期",
    ),
    Reason.HELD: ("set aside or frozen", "已被预留或冻结"),
    Reason.HELD_BY_AGENT: ("held by an agent for the unit", "由代理机构代持"),
    Reason.EXPIRED: ("the validity has ended", "已过有效期"),
    Reason.ABOVE_OFFTAKE: (
        "more than the energy from the grid that is not traded",
        "超过下网电量扣除交易电量后的余量",
    ),
    Reason.ABOVE_GROSS_CAP: (
        "more than the rulebook lets count in gross mode",
        "超过规则规定的毛额法抵扣上限",
    ),
    Reason.CAP_EXHAUSTED: (
        "no room is left under the province's cap",
        "所在省该方向的上限已用尽",
    ),
    Reason.CAP_NOT_APPORTIONED: (
        "the province's cap is not shared out yet",
        "所在省的上限尚未分配",
    ),
}


def tell_reason(reason: str) -> dict[str, Plain]:
    """Tell a reason by its stable word, and in both languages."""
    en, zh = WORDS[Reason(reason)]
    return {"reason": reason, "en": en, "zh": zh}
