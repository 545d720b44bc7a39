"""How many values become a few figures: the one definition of a percentile in all of QA."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_ROUNDING = 1e-9
"""0.07 * 100 is a little more than 7 in floating point; that is not the eighth value."""


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that `share` (0 to 1) of `values` do not exceed; None of none.

    This is the nearest-rank percentile: always a value that occurred.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered) - _ROUNDING) - 1)]


def mean(values: Iterable[float]) -> float | None:
    """Return the arithmetic mean; None of none."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie; in the unit of the values, all None when there are none."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


def spread(values: Iterable[float]) -> Spread:
    """Return how many values there are, their percentiles and the largest."""
    listed = list(values)
    p50, p95, p99 = (percentile(listed, share) for share in (0.5, 0.95, 0.99))
    return Spread(len(listed), p50, p95, p99, max(listed, default=None))
