"""How sure a difference is: a seeded bootstrap of the median of paired differences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.measure.figures import percentile

RESAMPLES = 4000
CONFIDENCE = 0.95

FEWEST_CASES = 5
"""With fewer calls a resampling knows too little: an interval of it would be a guess."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and the ends of its confidence interval, in the unit of the values."""

    median: float
    low: float
    high: float


def median_interval(
    cases: Sequence[Sequence[float]], seed: int, *, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return the median of all values with its percentile bootstrap interval.

    `cases` are the values of each call. Calls are drawn, not values: the turns of one call share
    its luck (Efron and Tibshirani, An Introduction to the Bootstrap, chapters 13 and 8.5, for the
    interval and for drawing whole groups). None for fewer than FEWEST_CASES calls with values.
    """
    given = [np.asarray(values, np.float64) for values in cases if len(values)]
    if len(given) < FEWEST_CASES:
        return None
    rng = np.random.default_rng(seed)
    medians = [
        float(np.median(np.concatenate([given[index] for index in drawn])))
        for drawn in rng.integers(0, len(given), (RESAMPLES, len(given)))
    ]
    tail = (1 - confidence) / 2
    low, high = percentile(medians, tail), percentile(medians, 1 - tail)
    assert low is not None  # noqa: S101 - there are RESAMPLES of them
    assert high is not None  # noqa: S101
    return Interval(float(np.median(np.concatenate(given))), low, high)
