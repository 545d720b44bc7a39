"""One caller of a scenario on the line: what they do, turn by turn, at the time it says."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa import human, soundfiles
from qa.audio import RATE_HZ, Pcm
from qa.caller import Caller, NothingHeard
from qa.measure.timeline import Kind, Spoken
from qa.scenario.form import BackgroundNoise, Sound, Turn, VoiceOfTurn
from qa.turns import sounds
from qa.voices import VoiceName, speak
from sandbox.twilio.leg import Leg

RECORDINGS = Path(__file__).parent.parent / "recordings"

QUIET_S = 1.2
"""How long the agent is silent until a caller of a scenario takes it that it has finished: longer
than a person waits, since two seconds of a busy machine are no property of the agent."""

GOODBYE_S = 70.0
"""How long is waited for an agent that is to hang up: two prompts after silence included."""

KEY_PAUSE_S = 0.5

NOISE_S = 20.0
"""How much noise is made; it is repeated for as long as the call lasts."""

_ON_THE_RADIO = "And now the weather. Rain from the west, with a strong wind by the evening."

_PAUSE = re.compile(r"\[(\d+) ms\]")


@dataclass(frozen=True, slots=True)
class Deed:
    """A turn with its sound made and its placeholders filled."""

    turn: Turn
    pcm: Pcm | None
    keys: str = ""
    words: str = ""


async def prepare(turns: Sequence[Turn], voice: VoiceName, fill: "Filler") -> list[Deed]:
    """Make all sounds of a caller before the call, so that speaking costs no time in it."""
    return [
        Deed(
            turn,
            await _sound(turn, voice, fill, number),
            fill(turn.press or ""),
            _PAUSE.sub("", fill(turn.say or turn.play or "")),
        )
        for number, turn in enumerate(turns)
    ]


class Filler:
    """Fills `{names}` in a scenario's texts with `values`."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def __call__(self, text: str) -> str:
        """Return `text` with every known name in braces replaced."""
        return re.sub(r"\{([a-z_.]+)\}", lambda m: self.values.get(m[1], m[0]), text)


async def perform(
    leg: Leg, deeds: Sequence[Deed], *, agent_ends: bool, spoken: list[Spoken] | None = None
) -> None:
    """Do all of it on an open line, and see the call to its end.

    What is said, and when, is added to `spoken` as it is begun. Raises NothingHeard when the agent
    leaves the caller waiting for longer than a person would.
    """
    caller = Caller(leg)
    waited = False
    for deed in deeds:
        if leg.ended.is_set():
            return
        await _until_due(caller, deed.turn, waited=waited)
        if deed.pcm is not None and spoken is not None and not leg.ended.is_set():
            at_s = leg.clock() - (leg.recording_started_at_s or 0.0)
            spoken.append(Spoken(at_s, deed.pcm, kind(deed.turn), deed.words))
        await _do(leg, caller, deed)
        waited = deed.turn.wait_s is not None
    if agent_ends:
        try:
            await asyncio.wait_for(leg.ended.wait(), GOODBYE_S)
        except TimeoutError as exc:
            raise NothingHeard(f"the agent did not hang up within {GOODBYE_S:.0f} s") from exc
    elif waited:
        await caller.wait_for_quiet(QUIET_S)
    else:
        await caller.listen(quiet_s=QUIET_S)


def kind(turn: Turn) -> Kind:
    """Return what a turn's sound is, for the measurements."""
    match turn.sound:
        case "hum":
            return "backchannel"
        case "cough":
            return "tic"
        case None:
            return turn.means or "turn"
        case _:
            return "noise"


async def _until_due(caller: Caller, turn: Turn, *, waited: bool) -> None:
    if turn.into_ms is not None:
        await caller.hear_first_sound()
        await asyncio.sleep(turn.into_ms / 1000)
    elif turn.after_silence_s is not None:
        await caller.wait_for_quiet(turn.after_silence_s)
    elif turn.wait_s is not None:
        return
    elif waited:
        await caller.wait_for_quiet(QUIET_S)
    else:
        await caller.listen(quiet_s=QUIET_S)


async def _do(leg: Leg, caller: Caller, deed: Deed) -> None:
    turn = deed.turn
    if turn.line is not None:
        leg.impair(turn.line.impairment())
    if deed.pcm is not None:
        await caller.speak(deed.pcm)
    elif deed.keys:
        for key in deed.keys:
            if key != "w":
                leg.press(key)
            await asyncio.sleep(KEY_PAUSE_S)
    elif turn.wait_s is not None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leg.ended.wait(), turn.wait_s)
    elif turn.hang_up:
        await leg.hang_up()


async def _sound(turn: Turn, voice: VoiceName, fill: Filler, number: int) -> Pcm | None:
    if turn.play is not None:
        shipped = RECORDINGS / f"{turn.play}.wav"
        return soundfiles.read(shipped if shipped.is_file() else Path(turn.play)).pcm
    if turn.sound is not None:
        return _single(turn.sound, number)
    if turn.say is None:
        return None
    parts: list[Pcm] = []
    for index, piece in enumerate(_PAUSE.split(fill(turn.say))):
        if index % 2:
            parts.append(np.zeros(int(piece) * RATE_HZ // 1000, np.int16))
        elif piece.strip():
            parts.append(await _spoken(piece.strip(), turn.voice or voice))
    return np.concatenate(parts)


async def _spoken(text: str, voice: VoiceOfTurn) -> Pcm:
    return human.speak(text) if voice == "human" else await speak(text, voice)


async def background(around: BackgroundNoise | None) -> Pcm | None:
    """Make what is heard around a caller all the time; None for a quiet room."""
    if around is None:
        return None
    level = 10 ** (-around.snr_db / 20)
    match around.kind:
        case "music":
            return sounds.music(around.seed, NOISE_S, level)
        case "radio":
            return sounds.radio(await speak(_ON_THE_RADIO, "man", around.seed), level)
        case kind:
            return sounds.noise(kind, around.snr_db, NOISE_S, around.seed, [])


def _single(name: Sound, seed: int) -> Pcm:
    match name:
        case "cough":
            return sounds.cough(seed)
        case "door":
            return sounds.door(seed)
        case "hum":
            return sounds.hum(seed)
        case "music":
            return sounds.music(seed, 2.0)
