"""How many words of a sentence a caller truly heard, against what the call log says of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qa.audio import RATE_HZ, Pcm
from sandbox.ears import Ears

_QUIET_S = 0.25


async def words_heard(agent: Pcm, heard_s: tuple[float, float], talk: str, ears: Ears) -> int:
    """Count the words of `talk` that can be heard in a stretch of the agent's side.

    The truth is what a recogniser understands of the very audio that was played: the beginning of
    the talk that fits it best.
    """
    start, end = (max(0, int(at_s * RATE_HZ)) for at_s in heard_s)
    quiet = np.zeros(int(_QUIET_S * RATE_HZ), np.int16)
    understood = await ears.transcribe(np.concatenate([quiet, agent[start:end], quiet]))
    return best_beginning(words(talk), words(" ".join(word.text for word in understood)))


def words_logged(log: Mapping[str, Any], talk: str) -> int | None:
    """Count the words of `talk` that a call log has the agent say; None when it is not there."""
    wanted = words(talk)
    for line in log["transcript"]:
        said = words(line["text"])
        if line["role"] == "agent" and said[:2] == wanted[:2]:
            return best_beginning(wanted, said)
    return None


def words(text: str) -> list[str]:
    """Split into small words without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def best_beginning(whole: Sequence[str], part: Sequence[str]) -> int:
    """Return how many words of `whole` make the beginning nearest to `part` (edit distance)."""
    row = list(range(len(whole) + 1))
    for i, said in enumerate(part, 1):
        before, row = row, [i]
        for j, word in enumerate(whole, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != said)))
    return min(range(len(row)), key=lambda j: (row[j], abs(j - len(part))))
