"""The figures that a release must hold, each a case over another, or a case by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from api.bench.sample import Sample, spread

Samples = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its bar, which it must reach, and its aim. `best` says which way is better."""

    name: str
    over: str  # the case it is about
    under: str | None  # the case it is divided by, within the same round
    bar: float
    aim: float
    best: Literal["high", "low"] = "high"
    unit: str = "1"
    beside: tuple[str, ...] = ()  # cases that are measured along with it, and only told

    @property
    def cases(self) -> tuple[str, ...]:
        """Name the cases it needs."""
        return (self.over, *((self.under,) if self.under else ()), *self.beside)

    def values(self, samples: Samples) -> list[float]:
        """Return its value in each round."""
        over = [sample.value for sample in samples[self.over]]
        if self.under is None:
            return over
        under = [sample.value for sample in samples[self.under]]
        return [a / b for a, b in zip(over, under, strict=True)]

    def told(self, samples: Samples) -> dict[str, object]:
        """Tell it with median, range, bar and aim; the median decides."""
        values = self.values(samples)
        return spread(values) | {
            "unit": self.unit,
            "best": self.best,
            "bar": self.bar,
            "aim": self.aim,
            "ok": self.holds(median(values)),
        }

    def holds(self, value: float) -> bool:
        """Tell whether a value reaches the bar."""
        return value >= self.bar if self.best == "high" else value <= self.bar


FIGURES: Final = (
    Figure("engine_split_vs_tpcb", "split", "tpcb", 2.5, 5),
    Figure("engine_fungible_vs_tpcb", "fungible", "tpcb", 4, 7),
    Figure("engine_mix_vs_tpcb", "mix", "tpcb", 1.5, 3),
    Figure("engine_hot_vs_spread", "hot", "split", 0.8, 1),
    Figure("sealed_vs_unsealed", "sealed", "unsealed", 0.85, 0.95),
    Figure("seal_lag_p99_s", "seal_lag", None, 0.5, 0.1, best="low", unit="s", beside=("sealed",)),
    Figure("verify_per_s", "verify", None, 60_000, 150_000, unit="entries/s"),
    Figure("bulk_vs_tpcb", "bulk", "tpcb", 1, 2.5),
    Figure("single_vs_empty", "single", "empty", 0.2, 0.5),
    Figure(
        "latency_1m_vs_1k",
        "latency_1m",
        "latency_1k",
        1.5,
        1.15,
        best="low",
        beside=("giant_account", "small_account"),
    ),
    Figure("plan_100k_ms", "plan", None, 200, 100, best="low", unit="ms", beside=("tpcb",)),
    Figure("issuance_1m_s", "issuance", None, 180, 60, best="low", unit="s"),
    Figure("closings_20k_s", "closings", None, 60, 30, best="low", unit="s", beside=("tpcb",)),
    Figure("national_year_s", "national", None, 300, 120, best="low", unit="s", beside=("tpcb",)),
)


def chosen(names: Iterable[str]) -> tuple[Figure, ...]:
    """Choose figures by name, in the order of the table; all of them if none is named.

    Raises:
        ValueError: a name is that of no figure.
    """
    wanted = set(names)
    if unknown := wanted - {figure.name for figure in FIGURES}:
        raise ValueError(", ".join(sorted(unknown)))
    return tuple(figure for figure in FIGURES if not wanted or figure.name in wanted)
