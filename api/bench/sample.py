"""What one case measured in one round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from statistics import median

P50, P95, P99 = 0.50, 0.95, 0.99


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, in the unit of its case, and how long each batch or request took."""

    value: float
    times_ms: tuple[float, ...] = ()
    told: Mapping[str, float | int | str] = field(default_factory=dict)  # what belongs beside it


def quantile(times: Sequence[float], share: float) -> float:
    """Return the least time that this share of all times does not exceed."""
    assert times
    return sorted(times)[max(math.ceil(share * len(times)) - 1, 0)]


def spread(values: Sequence[float]) -> dict[str, object]:
    """Tell values of several rounds by their median and range."""
    return {
        "median": rounded(median(values)),
        "range": [rounded(min(values)), rounded(max(values))],
        "rounds": len(values),
    }


def summary(samples: Sequence[Sample], unit: str) -> dict[str, object]:
    """Tell a case: its values, and over all rounds the times of its batches or requests."""
    told = spread([sample.value for sample in samples]) | {"unit": unit}
    times = list(chain.from_iterable(sample.times_ms for sample in samples))
    if times:
        told |= {"p50_ms": rounded(quantile(times, P50)), "p99_ms": rounded(quantile(times, P99))}
    return told | {name: _middle(name, samples) for name in samples[-1].told}


def _middle(name: str, samples: Sequence[Sample]) -> float | int | str:
    """Tell the median of what was measured, and the rest as it was."""
    values = [sample.told[name] for sample in samples]
    measured = [value for value in values if isinstance(value, float)]
    return rounded(median(measured)) if measured else values[-1]


def rounded(value: float) -> float:
    """Round to four significant digits; more of them would pretend."""
    return float(f"{value:.4g}")
