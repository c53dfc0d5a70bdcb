"""Every name of the shipped law is read by a verb, or it is said here why it is law all the same."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook
from tests.house.source import sources

TOLD = {
    "cea.carry.sectors": "industry's own clause was not read, so that nobody is refused by it",
    "cea.delivery_versus_payment": "how an exchange delivers",
    "cea.evidence_upload_days": "a time limit of emitters, watched by people",
    "cea.peak_factor": "says that nobody works it out; a figure comes with its document",
    "cea.prealloc_deadline.*": "read by sector: the calendar puts the name together",
    "cea.reapproval_days": "a time limit of the authority, watched by people",
    "cea.record_retention": "this ledger keeps for ever",
    "cea.register_retention": "this ledger keeps for ever",
    "cea.t_plus_days": "how an exchange delivers",
    "cea.vintage.*": "read by its two ends: the book puts the names together",
    "ccer.cancellation_proof": "the evidence a surrender must bring; its kind asks for it always",
    "feb.region_saving_cap": "a province's metric, never applied to one unit",
    "gec.issuance_due_months": "a time limit of the issuer, watched by people",
    "gec.plant_registration_deadline": "a time limit of owners, watched by people",
    "gec.record_retention": "this ledger keeps for ever",
    "keu.*": "which units have budgets is the regulator's decision",
    "feb.c_e.basis": "says how feb.c_e was chosen; the arithmetic takes the figure",
}
"""Law that no verb applies, each with its reason."""

ONLY_NAMED = {
    "ledger/log/independent.py",
    "ledger/rules/factor.py",
    "ledger/rules/succession.py",
    "settlement/fossil_budget/covered.py",
}
"""Modules that name the law, or figures named alike, without applying it; and the auditor's own."""


@cache
def read() -> frozenset[str]:
    """List the names, and the patterns of names, that the code of the verbs spells."""
    found: set[str] = set()
    for source in sources("ledger", "settlement", "api"):
        if source.where not in ONLY_NAMED:
            for node in _walk(source.tree):
                found.update(_spelt(node))
    return frozenset(found)


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but for the functions that only list what a statement rests on."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.FunctionDef) and node.name in {"rests_on", "bounds_on"}):
            yield node
            yield from _walk(node)


def _spelt(node: ast.AST) -> set[str]:
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str(head)), *_]) if "." in head:
            parts = (v.value if isinstance(v, ast.Constant) else "*" for v in node.values)
            return {"".join(map(str, parts))}
        case ast.Constant(value=str(text)) if "*" not in text:
            return {text}
        case _:
            return set()


def unread() -> set[str]:
    """List the shipped names that no verb spells."""
    books = map(Rulebook.parse, shipped())
    names = {parameter.name for book in books for parameter in book.parameters}
    patterns = [text for text in read() if "*" in text and "[" not in text]
    rest = names - read()
    return {name for name in rest if not any(fnmatchcase(name, known) for known in patterns)}


def test_every_name_of_the_law_is_read_or_said_to_be_told_only() -> None:
    """Adopting another value of a name nobody reads would change nothing, silently."""
    assert not {n for n in unread() if not any(fnmatchcase(n, each) for each in TOLD)}


def test_nothing_is_excused_that_is_not_there() -> None:
    """A name that was renamed leaves its excuse behind."""
    names = {p.name for book in map(Rulebook.parse, shipped()) for p in book.parameters}

    for excuse in TOLD:
        assert any(fnmatchcase(name, excuse) for name in names), excuse


def test_the_search_tells_what_is_read_from_what_is_not() -> None:
    """A search that finds everything read would excuse everything."""
    assert "gec.record_retention" in unread()
    assert not unread() & {"gec.max_trades", "feb.fuel.ldg.factor", "metric.purposes.rps"}
