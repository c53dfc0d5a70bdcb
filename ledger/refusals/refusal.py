"""What a refusal is: a code that is a public promise, and the facts it was decided on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar, TypeAlias

Fact: TypeAlias = str | int | bool | list["Fact"] | dict[str, "Fact"] | None

REFUSALS: dict[str, type[Refusal]] = {}


@dataclass(eq=False)
class Refusal(Exception):
    """The request is well formed, and the answer is no. Nothing was posted."""

    code: ClassVar[str]
    at: int | None = field(default=None, kw_only=True)
    """Which of several acts it stands against, from 0; beside the facts, None where there is one."""

    def __init_subclass__(cls) -> None:
        """Register the code; two refusals may not share one."""
        assert cls.code not in REFUSALS or REFUSALS[cls.code].__qualname__ == cls.__qualname__
        REFUSALS[cls.code] = cls

    def facts(self) -> dict[str, Fact]:
        """Return the facts of this refusal by field name, as they are stored and shown."""
        named = [each.name for each in fields(self) if each.name != "at"]
        return {name: getattr(self, name) for name in named}

    def __str__(self) -> str:
        """Render code and facts for a log line."""
        return f"{self.code} ({', '.join(f'{name}={fact}' for name, fact in self.facts().items())})"
