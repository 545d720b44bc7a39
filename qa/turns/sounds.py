"""Everything on a caller's line that is not speech: noises, coughs, doors, music, "mm-hm"."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from qa.audio import RATE_HZ, Pcm
from qa.voices import SPEECH_RMS

NoiseName = Literal["white", "pink", "babble", "shop"]

Wave = npt.NDArray[np.float64]


def noise(name: NoiseName, snr_db: float, duration_s: float, seed: int, speech: list[Pcm]) -> Pcm:
    """Return background noise as loud as speech at SPEECH_RMS less `snr_db` decibels.

    `speech` is what babble is mixed from: several people at once, none of them understood.
    """
    rng = np.random.default_rng(seed)
    samples = int(duration_s * RATE_HZ)
    if name == "white":
        wave = rng.standard_normal(samples)
    elif name == "pink":
        wave = _coloured(rng, samples, slope=-0.5)
    elif name == "babble":
        wave = _babble(rng, samples, speech)
    else:
        wave = _shop(rng, samples)
    return at_level(wave, SPEECH_RMS / 10 ** (snr_db / 20))


def at_level(wave: Wave, rms: float) -> Pcm:
    """Return `wave` scaled to a root mean square, clipped where it must be."""
    have = float(np.sqrt(np.mean(np.square(wave)))) or 1.0
    return np.asarray(np.clip(wave * (rms / have), -32000, 32000), np.int16)


def cough(seed: int) -> Pcm:
    """Return a cough: two or three short bursts of throat noise, each with a hard start."""
    rng = np.random.default_rng(seed)
    parts: list[Wave] = []
    for _ in range(rng.integers(2, 4)):
        length = int(rng.uniform(0.12, 0.2) * RATE_HZ)
        burst = _coloured(rng, length, slope=-0.3) * np.exp(-np.arange(length) / (0.06 * RATE_HZ))
        parts += [burst, np.zeros(int(rng.uniform(0.08, 0.2) * RATE_HZ))]
    return at_level(np.concatenate(parts), SPEECH_RMS)


def door(seed: int) -> Pcm:
    """Return a door that falls shut: a thump, its echo in the room and the rattle of the lock."""
    rng = np.random.default_rng(seed)
    length = int(0.6 * RATE_HZ)
    at = np.arange(length) / RATE_HZ
    thump = np.sin(2 * np.pi * rng.uniform(70, 120) * at) * np.exp(-at / 0.07)
    rattle = rng.standard_normal(length) * np.exp(-at / 0.04) * 0.6
    late = np.roll(rattle, int(0.12 * RATE_HZ)) * 0.5 * (at > 0.12)
    return at_level(thump + rattle + late, SPEECH_RMS * 1.2)


def music(seed: int, duration_s: float, level: float = 0.35) -> Pcm:
    """Return music from a radio in the room: chords, a bass and a beat, `level` of speech."""
    rng = np.random.default_rng(seed)
    beat = int(RATE_HZ * 60 / rng.uniform(90, 130))
    wave = np.zeros(int(duration_s * RATE_HZ) + beat)
    for number, start in enumerate(range(0, len(wave) - beat, beat)):
        at = np.arange(beat) / RATE_HZ
        root = 220 * 2 ** (rng.choice([0, 5, 7, 9]) / 12)
        chord = sum(np.sin(2 * np.pi * root * 2 ** (step / 12) * at) for step in (0, 4, 7))
        bass = np.sin(2 * np.pi * root / 2 * at)
        drum = rng.standard_normal(beat) * np.exp(-at / 0.03) * (2.0 if number % 2 else 0.8)
        wave[start : start + beat] += (chord + bass) * np.exp(-at / 0.4) + drum
    faded = _faded(wave[: int(duration_s * RATE_HZ)], 0.05)
    return at_level(faded, SPEECH_RMS * level)


def radio(speech: Pcm, level: float = 0.2) -> Pcm:
    """Return somebody who speaks on a radio in the room: `level` of a caller's loudness."""
    return at_level(speech.astype(np.float64), SPEECH_RMS * level)


def hum(seed: int) -> Pcm:
    """Return a hummed "mm-hm": two syllables through the nose, the second a little higher."""
    rng = np.random.default_rng(seed)
    pitch_hz = rng.uniform(100, 210)
    syllables = [
        _hummed(pitch_hz, 0.18),
        np.zeros(int(0.04 * RATE_HZ)),
        _hummed(pitch_hz * 1.2, 0.24),
    ]
    return at_level(np.concatenate(syllables), SPEECH_RMS * 0.7)


def _hummed(pitch_hz: float, duration_s: float) -> Wave:
    at = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    harmonics = range(1, int(1200 / pitch_hz) + 1)
    voice: Wave = sum(  # a nose lets little through above 400 Hz
        (
            np.sin(2 * np.pi * pitch_hz * n * at) / (1 + (n * pitch_hz / 350) ** 2)
            for n in harmonics
        ),
        start=np.zeros(len(at)),
    )
    return _faded(voice, 0.04)


def _faded(wave: Wave, fade_s: float) -> Wave:
    size = min(int(fade_s * RATE_HZ), len(wave) // 2)
    ramp = np.ones(len(wave))
    ramp[:size] = np.linspace(0, 1, size)
    ramp[len(wave) - size :] = np.linspace(1, 0, size)
    return wave * ramp


def _coloured(rng: np.random.Generator, samples: int, *, slope: float) -> Wave:
    """Return noise whose amplitude falls with frequency to the power of `slope`."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / RATE_HZ), 20.0)
    shaped: Wave = np.fft.irfft(spectrum * frequency**slope, samples)
    return shaped


def _shop(rng: np.random.Generator, samples: int) -> Wave:
    """Return a workshop: mains hum, a compressor's rumble, and a tool that whines now and then."""
    at = np.arange(samples) / RATE_HZ
    rumble = _coloured(rng, samples, slope=-1.0)
    hum_60 = sum(np.sin(2 * np.pi * 60 * n * at) / n for n in (1, 2, 3, 5))
    on = np.repeat(rng.random(samples // RATE_HZ + 1) < 0.25, RATE_HZ)[:samples]
    whine = np.sin(2 * np.pi * 1100 * at) * on + 0.5 * rng.standard_normal(samples) * on
    loud: Any = rumble / np.std(rumble) + 0.7 * hum_60 + 0.5 * whine
    return np.asarray(loud, np.float64)


def _babble(rng: np.random.Generator, samples: int, speech: list[Pcm]) -> Wave:
    wave = np.zeros(samples)
    for _ in range(6):
        voices = [speech[index] for index in rng.permutation(len(speech))]
        line = np.resize(np.concatenate(voices).astype(np.float64), samples)
        wave += np.roll(line, int(rng.integers(samples)))
    return wave
