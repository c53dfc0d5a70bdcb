"""What a field would have taken, as far as a fault of validation says it; in no language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_QUOTED: Final = re.compile("'([^']*)'")
_BOUNDS: Final = {
    "ge": ">=",
    "gt": ">",
    "le": "<=",
    "lt": "<",
    "min_length": ">=",
    "max_length": "<=",
}


def facts_of(error: Mapping[str, Any]) -> dict[str, str]:
    """Tell the same as the facts of a row's fault; none where nothing is said."""
    return {"allowed": text} if (text := allowed(error)) else {}


def allowed(error: Mapping[str, Any]) -> str:
    """Tell the words a field takes, the fields that go together, or the bound that was passed."""
    said: Mapping[str, Any] = error.get("ctx", {})
    if "expected" in said:
        text = str(said["expected"])
        return ", ".join(_QUOTED.findall(text)) or text
    bounds = (f"{sign} {said[name]}" for name, sign in _BOUNDS.items() if name in said)
    return next(bounds, "")
