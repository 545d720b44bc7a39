"""`python -m qa.heard`: how often the words heard are known, for calls cut at random moments."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from qa.audio import RATE_HZ, Pcm
from qa.heard.sentences import sentences
from qa.heard.truth import Timed, TimedHibari, TimedPiper
from shop.wordtimes import WINDOW_MS, word_times

Estimate = Callable[[Timed], Sequence[float]]
"""When each word of a sentence counts as heard, in seconds from its first sample."""

CHARS_PER_S = 15.0
"""The plain pace to compare with: an English voice's, letters and blanks."""


def by_sound(spoken: Timed) -> list[float]:
    """Estimate as the product does."""
    times = word_times(spoken.text.split(), loudness(spoken.pcm))
    return [word.heard_ms / 1000 for word in times]


def by_length(spoken: Timed) -> list[float]:
    """Give each word its share of the sentence's exact length, by its letters."""
    chars = len(spoken.text) + 1
    return by_pace(spoken, chars * RATE_HZ / len(spoken.pcm))


def by_pace(spoken: Timed, chars_per_s: float = CHARS_PER_S) -> list[float]:
    """Go by an average pace, as if nothing were known of the sound."""
    ends = np.cumsum([len(word) + 1 for word in spoken.text.split()])
    return [float(end) / chars_per_s for end in ends]


def loudness(pcm: Pcm) -> list[float]:
    """Return the root mean square of each window."""
    size = RATE_HZ * WINDOW_MS // 1000
    windows = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float64)
    return [float(level) for level in np.sqrt(np.mean(np.square(windows), axis=1))]


def errors(spoken: Sequence[Timed], estimate: Estimate, cuts: int, seed: int) -> Counter[int]:
    """Count by how many words the estimate is off, cutting each sentence at random moments.

    A word was heard when more than half of its sound was; tokens without letters do not count.
    """
    rng, counted = random.Random(seed), Counter[int]()
    for one in spoken:
        said = [any(c.isalnum() for c in word) for word in one.text.split()]
        true = [(start + end) / 2 for start, end in one.spans]
        guessed = estimate(one)
        for _ in range(cuts):
            at_s = rng.uniform(0, len(one.pcm) / RATE_HZ)
            heard, known = (
                sum(real and middle <= at_s for real, middle in zip(said, middles, strict=True))
                for middles in (true, guessed)
            )
            counted[abs(heard - known)] += 1
    return counted


def main(arguments: list[str] | None = None) -> int:
    """Print the shares for both voices; 1 when fewer than 99 % are within one word."""
    parser = argparse.ArgumentParser(prog="python -m qa.heard", description=__doc__)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--cuts", type=int, default=40, help="moments in each sentence")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    texts = sentences(given.sentences, given.seed)
    good = True
    print(f"{len(texts)} sentences, {given.cuts} cuts in each, seed {given.seed}")
    print(f"{'voice':8} {'estimate':24} {'exact':>7} {'<= 1 word':>10} {'worst':>6}")
    for name, voice in (("hibari", TimedHibari()), ("piper", TimedPiper())):
        spoken = [voice.say(text) for text in texts]
        for label, estimate in (
            (f"pace, {CHARS_PER_S:.0f} characters/s", by_pace),
            ("letters, exact length", by_length),
            ("sound and syllables", by_sound),
        ):
            found = errors(spoken, estimate, given.cuts, given.seed)
            total = found.total()
            within = 100 * (found[0] + found[1]) / total
            print(
                f"{name:8} {label:24} {100 * found[0] / total:6.1f}% {within:9.2f}% {max(found):6}"
            )
            good = good and (estimate is not by_sound or within >= 99.0)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
