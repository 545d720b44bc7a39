"""A pause put into fluent speech: the voice does not fall before it, as it does at an end."""

from collections.abc import Sequence

import numpy as np

from qa.audio import RATE_HZ, Pcm
from qa.voices import VoiceName, speak

SEARCH_S = 0.06
"""How far from where two parts meet the quietest moment is looked for."""

_WINDOW = RATE_HZ // 50  # 20 ms
_FADE = RATE_HZ // 100


async def speak_with_pauses(parts: Sequence[str | float], voice: VoiceName, seed: int) -> Pcm:
    """Speak words and pauses (seconds) as one sentence that is held up at the pauses.

    Parts spoken each for itself would all end as sentences do, and nobody who stops to think
    sounds so. The sentence is spoken whole instead and opened where the parts, laid along it, meet.
    """
    texts = [part for part in parts if isinstance(part, str)]
    pauses_s = [part for part in parts if isinstance(part, float)]
    whole = await speak(" ".join(texts), voice, seed)
    spoken = [await speak(text, voice, seed) for text in texts] if pauses_s else []
    pieces: list[Pcm] = []
    start = 0
    for meeting, pause_s in zip(meetings(spoken, whole), pauses_s, strict=True):
        cut = quietest(whole, meeting, start)
        pieces += [_faded(whole[start:cut]), np.zeros(round(pause_s * RATE_HZ), np.int16)]
        start = cut
    return np.concatenate([*pieces, whole[start:]])


def meetings(parts: Sequence[Pcm], whole: Pcm) -> list[int]:
    """Return the samples of `whole` at which each of `parts` but the last ends in it.

    The parts in a row are laid along the whole by how they sound, 20 ms by 20 ms, where either may
    be the slower one (dynamic time warping).
    """
    row, column = _sound(np.concatenate(parts)) if parts else _sound(whole), _sound(whole)
    apart = np.linalg.norm(row[:, None, :] - column[None, :, :], axis=2)
    cost = np.full((len(row) + 1, len(column) + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(len(row)):
        for j in range(len(column)):
            cost[i + 1, j + 1] = apart[i, j] + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
    path = _way_back(cost)
    ends = np.cumsum([len(part) for part in parts])[:-1] // _WINDOW
    return [max(j for i, j in path if i <= end) * _WINDOW for end in ends]


def _way_back(cost: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> list[tuple[int, int]]:
    i, j = cost.shape[0] - 1, cost.shape[1] - 1
    path = []
    while i and j:
        path.append((i, j))
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda at: float(cost[at]))
    return path


def _sound(pcm: Pcm) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return the logarithmic energy of twelve bands in each 20 ms."""
    frames = pcm[: len(pcm) // _WINDOW * _WINDOW].reshape(-1, _WINDOW).astype(np.float64)
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)))[:, 1:73]
    bands: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.log10(
        power.reshape(len(frames), 12, 6).sum(axis=2) + 1e4
    )
    return bands


def quietest(pcm: Pcm, near: int, after: int) -> int:
    """Return the middle of the quietest 20 ms within SEARCH_S of sample `near`."""
    reach = round(SEARCH_S * RATE_HZ)
    first, last = max(near - reach, after + _WINDOW), min(near + reach, len(pcm) - _WINDOW)
    places = range(first, max(last, first + 1), _WINDOW // 4)
    energy = [float(np.square(pcm[at : at + _WINDOW].astype(np.float64)).sum()) for at in places]
    return places[int(np.argmin(energy))] + _WINDOW // 2


def _faded(pcm: Pcm) -> Pcm:
    """Let the end die away within 10 ms, so that the cut is no click."""
    ramp = np.ones(len(pcm))
    ramp[-_FADE:] = np.linspace(1, 0, min(_FADE, len(pcm)))
    return np.asarray(pcm * ramp, np.int16)
