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
    given = [values for values in cases if len(values)]
    if len(given) < FEWEST_CASES:
        return None
    values = np.concatenate([np.asarray(one, np.float64) for one in given])
    owner = np.repeat(np.arange(len(given)), [len(one) for one in given])
    order = np.argsort(values, kind="stable")
    drawn = np.random.default_rng(seed).integers(0, len(given), (RESAMPLES, len(given)))
    times = np.stack([np.bincount(row, minlength=len(given)) for row in drawn])
    # A value of a call that was drawn twice counts twice: the median is where half of all is.
    reached = np.cumsum(times[:, owner[order]], axis=1)
    medians = values[order][np.argmax(2 * reached >= reached[:, -1:], axis=1)].tolist()
    tail = (1 - confidence) / 2
    found = [
        percentile(given, share)
        for given, share in ((values.tolist(), 0.5), (medians, tail), (medians, 1 - tail))
    ]
    median, low, high = (float(one) for one in found if one is not None)
    return Interval(median, low, high)
