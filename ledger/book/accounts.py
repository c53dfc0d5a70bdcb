"""What happens to accounts themselves: opened, frozen, closed, and what an agent may do with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from ledger.book.trial import Trial
from ledger.model.account import Account, Mandate
from ledger.model.command import Close, EndMandate, Enter, Freeze
from ledger.model.instrument import by_id
from ledger.refusals import AccountNotEmpty, MandateEnded
from schemas.identifiers import IdPrefix, encode_id


def change_account(trial: Trial, effect: Freeze | Close | EndMandate | Enter) -> None:
    """Do to an account what an act says."""
    match effect:
        case Freeze():
            _freeze(trial, effect)
        case Close():
            _close(trial, effect)
        case EndMandate():
            _end_mandate(trial, effect)
        case Enter():
            _enter(trial, effect)


def _freeze(trial: Trial, decision: Freeze) -> None:
    account = trial.book.account(decision.account)
    trial.check_open(account)
    _put_account(trial, account._replace(frozen=decision.frozen))


def _close(trial: Trial, closing: Close) -> None:
    # every balance of it is loaded, and locked until the account is closed
    account = trial.book.account(closing.account)
    trial.check_open(account)
    for (number, instrument), balance in trial.book.balances.items():
        if number == account.id and (balance.posted or balance.held):
            raise AccountNotEmpty(
                account=encode_id(IdPrefix.ACCOUNT, number),
                instrument=by_id(instrument).code,
                posted=balance.posted,
                held=balance.held,
            )
    _put_account(trial, account._replace(status="closed"))


def _end_mandate(trial: Trial, ending: EndMandate) -> None:
    account = trial.book.account(ending.account)
    if not any(m.id == ending.mandate and not m.ended for m in account.mandates):
        raise MandateEnded(mandate=encode_id(IdPrefix.MANDATE, ending.mandate))
    ended = (replace(m, ended=m.ended or m.id == ending.mandate) for m in account.mandates)
    _put_account(trial, account._replace(mandates=tuple(ended)))


def _put_account(trial: Trial, account: Account) -> None:
    """Change an account, and bump its balances: whoever decided on them decides again."""
    trial.book.put(trial.book.accounts, account.id, account)
    draft = trial.drafts[-1]
    for key in [key for key in trial.book.balances if key[0] == account.id]:
        trial.touch(draft, key)


def _enter(trial: Trial, entry: Enter) -> None:
    """Take note of rows that later acts of the batch stand on; the rest is stored as it is."""
    if entry.table == "account":
        _enter_account(trial, cast("dict[str, Any]", entry.row))
    if entry.table == "mandate":
        _enter_mandate(trial, cast("dict[str, Any]", entry.row))


def _enter_account(trial: Trial, row: Mapping[str, Any]) -> None:
    account = Account(
        id=row["id"],
        cls=row["class"],
        party=row["party"],
        floor=row["floor"],
        frozen=False,
        status="open",
        approval_above=row["approval_above"],
        on_behalf_of=row["on_behalf_of"],
    )
    trial.book.put(trial.book.accounts, account.id, account)


def _enter_mandate(trial: Trial, row: Mapping[str, Any]) -> None:
    account = trial.book.account(row["account"])
    trial.check_open(account)
    mandate = Mandate(
        row["id"],
        frozenset(row["scopes"]),
        date.fromisoformat(row["valid_from"]),
        date.fromisoformat(row["valid_to"]),
    )
    changed = account._replace(mandates=(*account.mandates, mandate))
    trial.book.put(trial.book.accounts, account.id, changed)
