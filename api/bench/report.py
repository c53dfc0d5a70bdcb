"""What came of a run: one JSON object for programs, a table for people, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.bench.sample import Sample, summary

if TYPE_CHECKING:
    from api.bench.figures import Figure

_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Report:
    """Figures and the samples they are made of; a run with faults does not count."""

    figures: Sequence[Figure]
    samples: Mapping[str, Sequence[Sample]]
    units: Mapping[str, str]  # of the cases
    faults: Sequence[str]
    run: Mapping[str, object]  # scale, seconds, machine, settings of the server

    @property
    def told(self) -> dict[str, dict[str, Any]]:
        """Tell every figure by name."""
        return {figure.name: figure.told(self.samples) for figure in self.figures}

    @property
    def counts(self) -> bool:
        """Tell whether the books held."""
        return not self.faults

    @property
    def bars_ok(self) -> bool:
        """Tell whether every figure that was measured reaches its bar."""
        return all(told["ok"] for told in self.told.values())

    @property
    def exit_code(self) -> int:
        """Return what the command ends with: 0 only if the run counts and every bar is reached."""
        return 0 if self.counts and self.bars_ok else _FAILED

    def facts(self) -> dict[str, Any]:
        """Tell all of it as one object."""
        return {
            **self.told,
            "bars_ok": self.bars_ok,
            "counts": self.counts,
            "faults": list(self.faults),
            "cases": {name: summary(s, self.units[name]) for name, s in self.samples.items()},
            "run": dict(self.run),
        }

    def lines(self) -> Iterator[str]:
        """Tell it to a person."""
        yield "  ".join(f"{name} {value}" for name, value in self.run.items())
        yield f"{'figure':<26}{'median':>10}{'range':>20}{'bar':>10}{'aim':>10}"
        for name, told in self.told.items():
            least, most = told["range"]
            sign = "≥" if told["best"] == "high" else "≤"
            spelt = f"{least:g} – {most:g}"
            goals = f"{sign} {told['bar']:g}".rjust(10) + f"{sign} {told['aim']:g}".rjust(10)
            verdict = "ok" if told["ok"] else "BELOW THE BAR"
            yield f"{name:<26}{told['median']:>10g}{spelt:>20}{goals}  {verdict}"
        yield f"{'case':<26}{'median':>10}{'range':>20}   unit"
        for name, samples in self.samples.items():
            yield _case(name, summary(samples, self.units[name]))
        yield from (f"FAULT: {fault}" for fault in self.faults)
        yield "the run counts" if self.counts else "THE RUN DOES NOT COUNT"


def _case(name: str, told: dict[str, Any]) -> str:
    least, most = told.pop("range")
    spelt = f"{least:g} – {most:g}"
    line = f"{name:<26}{told.pop('median'):>10g}{spelt:>20}   {told.pop('unit')}"
    told.pop("rounds")
    more = ", ".join(f"{key} {value}" for key, value in told.items())
    return f"{line}  ({more})" if more else line
