"""A year under a rulebook that limits what counts: both verifiers come to what it was closed on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook
from schemas.identifiers import IdPrefix, encode_id
from tests.auditor.life import read
from tests.auditor.test_statements import independently, replayed
from tests.auditor.year import closed, kept
from tests.databases import Clones
from tests.registry import code_of
from tests.settlement.mill import TRADED, Mill, World, opened_world, steel

CAPS: Final = {
    "share_of_excess": ("0.5", 529_985),
    "share_of_offtake": ("0.1", 180_000),
}


def limits(of: str, share: str) -> bytes:
    """Write the next rulebook: a cap in gross mode, and the day of the first retirements as the last."""
    text = next(raw.decode() for raw in shipped() if Rulebook.parse(raw).name == "fossil_budget")
    version = Rulebook.parse(text.encode()).version
    text = text.replace(f"version = {version}", f"version = {version + 1}", 1)
    for name, (old, new) in {
        "feb.gross_cap": ("none", of),
        "feb.gross_cap_share": ("1", share),
        "acc.late_retirement_until": ("none", "02-10"),
    }.items():
        head, found, rest = text.partition(f'[parameters."{name}"]')
        text = head + found + rest.replace(f'"{old}"', f'"{new}"', 1)
    return text.encode()


def lived(world: World, rulebook: bytes) -> list[Mill]:
    """Retire in time, a day later, or not at all; then a rulebook comes by which years are closed."""
    mills = [steel(world, 600_000, mode=mode) for mode in ("gross", "net")]
    for mill in mills:
        assert code_of(mill.confirm(traded=TRADED)) is None
        assert code_of(mill.offer(mill.retire(599_990))) is None
    idle = steel(world)
    assert code_of(idle.confirm(traded=TRADED)) is None
    world.registry.clock.advance(timedelta(days=1))
    for mill in mills:
        assert code_of(mill.offer(mill.retire(10))) is None
    world.registry.adopt(rulebook)
    for mill in (*mills, idle):
        closed(mill)
    return mills


def uncounted(told: dict[str, Any]) -> list[tuple[int, str]]:
    """List what does not count, and why not."""
    return sorted((int(run["count"]), run["reason"]) for run in told["unrecognised"])


@pytest.mark.parametrize("of", [*CAPS])
def test_what_a_rulebook_limits_is_limited_in_every_computation(
    clones: Clones, tmp_path: Path, of: str
) -> None:
    """Certificates above the cap, and those retired after the last day; each named with its reason."""
    share, most = CAPS[of]
    with clones.fresh() as urls:
        with opened_world(urls.app) as world:
            gross, net = lived(world, limits(of, share))
        names = {
            encode_id(IdPrefix.FOSSIL_BUDGET, n): raw for (n, _), raw in kept(urls.owner).items()
        }
        life = read(urls, tmp_path)
    told = {
        mill.budget: json.loads(names[encode_id(IdPrefix.FOSSIL_BUDGET, mill.budget)])
        for mill in (gross, net)
    }

    assert uncounted(told[gross.budget]) == [
        (10, "retired_too_late"),
        (599_990 - most, "above_gross_cap"),
    ]
    assert uncounted(told[net.budget]) == [(10, "retired_too_late")]
    assert {point["name"] for point in told[net.budget]["open_points"]} >= {
        "acc.late_retirement_until",
        "feb.gross_cap",
        "feb.gross_cap_share",
    }
    filed = independently(life, frozenset(names))
    assert {name: filed.kept[name, 1] for name in names} == {
        name: (raw, True) for name, raw in names.items()
    }
    assert replayed(life).equal == 3
