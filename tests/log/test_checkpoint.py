"""Checkpoints: one way to write a tree's head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoint import (
    Checkpoint,
    CheckpointMalformed,
    WrongEmptyRoot,
    check_empty_root,
    parse_checkpoint,
)
from ledger.log.spelling import base64_text
from ledger.log.tree import EMPTY_ROOT

ROOT = base64_text(bytes(range(32)))
NAMES = st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=12)
HEADS = st.builds(
    Checkpoint,
    NAMES,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(NAMES, max_size=3).map(tuple),
)


def test_the_example_of_the_specification_is_read() -> None:
    """C2SP tlog-checkpoint, the first example."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    head = parse_checkpoint(text)

    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert str(head) == text


@given(HEADS)
def test_a_head_is_read_back_from_its_text(head: Checkpoint) -> None:
    """Any origin and any extension lines without controls."""
    assert parse_checkpoint(str(head)) == head


@pytest.mark.parametrize(
    "text",
    [
        # transparency-dev/formats, log/checkpoint_test.go; their roots may have any length.
        "Head\n9944\n",
        f"\n9944\n{ROOT}\n",
        f"Log\n123\n{ROOT}",
        f"Log\nbananas\n{ROOT}\n",
        f"Log\n-34\n{ROOT}\n",
        f"Log\n3438945738945739845734895735\n{ROOT}\n",
        "Log\n123\nThisIsn'tBase64\n",
        f"Log\n9944\n{ROOT}\n\n\n\n",
        # Ours.
        "",
        "\n\n\n",
        f"Log\n{2**63}\n{ROOT}\n",
        f"Log\n007\n{ROOT}\n",
        f"Log\n+7\n{ROOT}\n",
        f"Log\n 7\n{ROOT}\n",
        f"Log\n٧\n{ROOT}\n",
        f"Log\n1_0\n{ROOT}\n",
        "Log\n7\n" + ROOT.replace("Hh8=", "Hh9=") + "\n",
        "Log\n7\n" + ROOT.replace("=", "") + "\n",
        f"Log\n7\n{base64_text(bytes(31))}\n",
        f"Log\n7\n{base64_text(bytes(33))}\n",
        f"L\x01og\n7\n{ROOT}\n",
        f"Log\n7\n{ROOT}\nmore\r\n",
        f"Log\n7\n{ROOT}\n\nmore\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    """Other numbers, other roots, other lines."""
    with pytest.raises(CheckpointMalformed):
        parse_checkpoint(text)


def test_an_empty_tree_has_one_root() -> None:
    """C2SP tlog-witness: the hash of the empty string."""
    check_empty_root(Checkpoint("log", 0, EMPTY_ROOT))
    check_empty_root(Checkpoint("log", 1, bytes(32)))

    with pytest.raises(WrongEmptyRoot):
        check_empty_root(Checkpoint("log", 0, bytes(32)))
