"""Faults of the log: in its tree and its proofs, and in how it is sealed and published."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

TREE: Final = "tests/log/test_tree.py"
TILES: Final = "tests/log/test_tiles.py"
PUBLISHING: Final = "tests/sealer/test_publishing.py"
ORDER: Final = "tests/sealer/test_order.py"
KILLED: Final = "tests/sealer/test_killed.py"
PUBLISHER: Final = "ledger/sealer/publisher.py"
LEAVES: Final = "ledger/sealer/leaves.py"
SQL: Final = "ledger/sealer/sealer.sql"
REMADE: Final = "tests/auditor/test_remade.py"

SEALING: Final = (
    one(
        "log: a node at the right edge is joined on the wrong side",
        f"{TREE}::test_every_small_tree_is_as_defined",
        "ledger/log/tree.py",
        "if fn & 1 or fn == sn:\n            r = ",
        "if fn & 1:\n            r = ",
    ),
    one(
        "log: everything is said to begin with an empty tree",
        f"{TREE}::test_nothing_is_in_a_tree_that_cannot_be",
        "ledger/log/tree.py",
        "if not 0 < old <= new <= SIZE_MAX:",
        "if not 0 <= old <= new <= SIZE_MAX:",
    ),
    one(
        "log: a longer proof is cut to length",
        f"{TREE}::test_a_proof_that_is_cut_or_goes_on_is_misshapen",
        "ledger/log/tree.py",
        'raise MisshapenProof(f"The proof is too long for a tree of {size} leaves.", index=index)',
        "break",
    ),
    one(
        "log: a partial tile is hashed into the tile above",
        f"{TILES}::test_a_tree_has_the_tiles_of_the_specification",
        "ledger/log/tiles.py",
        "old, new, level = old // TILE_WIDTH, new // TILE_WIDTH, level + 1",
        "old, new, level = old // TILE_WIDTH, -(-new // TILE_WIDTH), level + 1",
    ),
    one(
        "log: places do not go by number",
        f"{ORDER}::test_nothing_is_missed_doubled_or_told_too_early",
        SQL,
        "OVER (ORDER BY journal)",
        "OVER (ORDER BY leaf)",
    ),
    one(
        "log: the batch is any of what waits",
        f"{ORDER}::test_nothing_is_missed_doubled_or_told_too_early",
        SQL,
        "WHERE journal <= (SELECT max",
        "WHERE journal >= (SELECT max",
    ),
    one(
        "log: numbers at or below the last one are passed over",
        f"{ORDER}::test_nothing_is_missed_doubled_or_told_too_early",
        SQL,
        "    RETURNING journal, leaf",
        "    AND (journal > coalesce((SELECT max(seq) FROM log_leaf), 0) OR random() < 0.1)\n"
        "    RETURNING journal, leaf",
    ),
    one(
        "log: a tree is built on whatever stands there",
        f"{ORDER}::test_a_tree_that_moved_under_a_sealer_is_not_built_on",
        SQL,
        "WHERE frontier = %(old)s",
        "WHERE %(old)s IS NOT NULL",
    ),
    one(
        "log: what is taken from the queue need not be a journal",
        f"{PUBLISHING}::test_a_forged_queue_stops_the_sealer",
        SQL,
        "FROM taken LEFT JOIN journal",
        "FROM taken JOIN journal",
    ),
    one(
        "log: a record is published under whatever hash",
        f"{PUBLISHING}::test_a_record_changed_before_it_was_published_stops_the_log",
        LEAVES,
        "if leaf_hash(body) != leaf:",
        "if len(leaf_hash(body)) != len(leaf):",
    ),
    one(
        "log: an older database goes on",
        f"{PUBLISHING}::test_a_restored_older_backup_is_refused",
        PUBLISHER,
        "if tree.size < head.size:",
        "if tree.size < 0:",
    ),
    one(
        "log: the head outside stays where it was",
        KILLED,
        PUBLISHER,
        "self._outside.advance(self._origin, old, said.head)",
        "assert old",
    ),
    one(
        "log: the head outside is made up where it is lost",
        f"{PUBLISHING}::test_a_lost_store_outside_is_refused",
        PUBLISHER,
        "if tree.size or published:",
        "if published and not tree.size:",
    ),
    one(
        "log: a damaged tile is built on",
        f"{PUBLISHING}::test_a_tile_that_is_damaged_is_written_again",
        PUBLISHER,
        "if Head(tree.size, tree.root()) != head:",
        "if tree.size != head.size:",
    ),
    one(
        "log: what is published may be another record by now",
        f"{PUBLISHING}::test_a_published_record_that_is_another_now_is_refused_at_the_start",
        PUBLISHER,
        'if b"".join(last.leaves) != _open_tile(edge):',
        "if not last.leaves and _open_tile(edge):",
    ),
    one(
        "log: a witness's word is not compared",
        "tests/sealer/test_witnessed.py",
        PUBLISHER,
        "if frontier_at(reader, each.size).root() != each.root:",
        "if not frontier_at(reader, each.size).root():",
    ),
    one(
        "audit: a snapshot's serials are counted and not compared",
        f"{REMADE}::test_a_lying_snapshot_is_named_by_both",
        "ledger/log/remade.py",
        "if told.serials != made.serials:",
        "if told.serials.count != made.serials.count:",
    ),
    one(
        "audit: an earlier snapshot is made of whatever entries there are",
        f"{REMADE}::test_what_was_visited_is_not_replayed_from_other_entries",
        "ledger/log/verify.py",
        "if again.snapshot.tree != tree:",
        "if again.snapshot.tree.size != tree.size:",
    ),
    one(
        "audit: the second verifier forgets balances of nothing",
        f"{REMADE}::test_both_make_the_same_snapshot_of_every_size",
        "ledger/log/independent.py",
        "for key in sorted({*self.posted, *self.held, *self.version}):",
        "for key in sorted(key for key, units in self.posted.items() if units):",
    ),
)
