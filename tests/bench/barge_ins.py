"""Who stops the agent, over the corpus of interruptions, on the clock of the audio: no call.

The interruptions of `make bench-turns`, call by call and each room with its noise, go to the same
detector of voices, the stand-in's recogniser and the very strategy of a call; the agent is only
said to speak. Nothing waits, so that a busy machine measures the same:
`PYTHONPATH=. python tests/bench/barge_ins.py --seeds 11 12`.
"""

import argparse
import asyncio
import heapq
import sys
from collections.abc import Sequence
from itertools import count

import numpy as np
from listening import FRAME, Happening, Listening
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

from pipeline import turns
from pipeline.services import CallVAD
from processors.barge_in import BargeInUserTurnStartStrategy
from processors.playback_frames import HoldPlaybackFrame
from processors.words_wanted import WordsWantedFrame
from qa.audio import RATE_HZ, Pcm
from qa.measure.figures import percentile
from qa.turns import corpus, report, sounds, texts
from qa.turns.corpus import CallPlan, Interruption, Room
from qa.turns.measure import InterruptionFigures, InterruptionPlayed
from qa.turns.play import NOISE_S, Studio
from qa.turns.report import InterruptionRow
from qa.voices import speak
from sandbox.ears import Ears, MoonshineEars
from sandbox.twilio import mulaw

GREETING_S, TALK_AT_S, SLOT_S = 4.0, 4.0, 17.0
"""Our greeting; then a slot for each interruption: "go on", our talk at its time, the interruption
and 4 s at least. The timetable is the same whatever is decided, and so is what is heard.
"""

TURN_ENDS_S, AFTER_S = 0.6, 4.0
"""Quiet that ends a caller's turn here; how long an interruption is watched."""


class Line:
    """One call's line and its strategy; the agent speaks when it is told to."""

    def __init__(self, vad: CallVAD, ears: Ears, background: Pcm) -> None:
        self.stops: list[tuple[float, bool]] = []
        """When the agent's sound was stopped, and whether the turn was taken with it."""
        self.understood: list[str] = []
        self.in_turn = False
        self._listening = Listening(vad, ears)
        self._background = background
        self._due: list[tuple[float, int, Happening]] = []
        self._number = count()
        self._sign_s = 0.0
        self._strategy = BargeInUserTurnStartStrategy(
            turns.BARGE_IN, vad.ear, words_said=lambda frame: frame.result or ()
        )
        self._strategy.add_event_handler("on_push_frame", self._pushed)
        self._strategy.add_event_handler("on_user_turn_started", self._started)

    @property
    def now_s(self) -> float:
        """How much of the line has been heard."""
        return self._listening.now_s

    async def agent(self, speaks: bool) -> None:
        """Let the agent begin or end."""
        kind = BotStartedSpeakingFrame if speaks else BotStoppedSpeakingFrame
        await self._strategy.process_frame(kind())

    async def play(self, clip: Pcm) -> None:
        """Let the caller be heard with `clip` before the room."""
        at = round(self.now_s * RATE_HZ)
        room = np.take(self._background, range(at, at + len(clip)), mode="wrap")
        mixed = np.clip(clip.astype(np.int32) + room, -32768, 32767).astype(np.int16)
        heard = mulaw.decode(mulaw.encode(mixed))
        for start in range(0, len(heard) - FRAME + 1, FRAME):
            await self._step(heard[start : start + FRAME])
            if self.in_turn and self._silent():
                await self.end_turn()

    async def quiet(self, until_s: float) -> None:
        """Let only the room be heard, until a time."""
        await self.play(np.zeros(round((until_s - self.now_s) * RATE_HZ), np.int16))

    async def end_turn(self) -> None:
        """End the caller's turn, if it is open, however loud the room is."""
        if self.in_turn:
            self.in_turn = False
            await self._strategy.handle_user_turn_stopped()

    def _silent(self) -> bool:
        return not self._listening.speaking and self.now_s - self._sign_s > TURN_ENDS_S

    async def _step(self, frame: Pcm) -> None:
        self._expect(await self._listening.hear(frame))
        await self._strategy.process_frame(InputAudioRawFrame(frame.tobytes(), RATE_HZ, 1))
        while self._due and self._due[0][0] <= self.now_s:
            one = heapq.heappop(self._due)[2]
            self._sign_s = self.now_s
            if one.text:
                self.understood.append(one.text)
            await self._strategy.process_frame(_frame(one))

    def _expect(self, happenings: Sequence[Happening]) -> None:
        for one in happenings:
            heapq.heappush(self._due, (one.at_s, next(self._number), one))

    async def _pushed(self, _: object, frame: Frame, *__: object) -> None:
        if isinstance(frame, HoldPlaybackFrame):
            self.stops.append((self.now_s, False))
        elif isinstance(frame, WordsWantedFrame):
            self._expect(await self._listening.finalize())

    async def _started(self, *_: object) -> None:
        self.stops.append((self.now_s, True))
        self.in_turn = True
        await self._strategy.handle_user_turn_started()


def _frame(one: Happening) -> Frame:
    match one.kind:
        case "starts":
            return VADUserStartedSpeakingFrame(start_secs=turns.VAD.start_secs)
        case "stops":
            return VADUserStoppedSpeakingFrame(stop_secs=turns.VAD.stop_secs)
        case "interim":
            return InterimTranscriptionFrame(one.text, "", "", result=one.said)
        case _:
            return TranscriptionFrame(one.text, "", "", result=one.said)


class Bench:
    """Plays calls and keeps what came of each interruption."""

    def __init__(self, ears: Ears) -> None:
        self.rows: list[InterruptionRow] = []
        self.talk_s = 0.0
        self.stopped_by_room = 0
        self._ears, self._studio, self._voices = ears, Studio(), SileroVADAnalyzer()

    async def call(self, plan: CallPlan[Interruption]) -> None:
        """Play one call: a greeting, then talk upon talk, each with its interruption."""
        go_on = await speak(texts.GO_ON, plan.items[0].voice, 5)
        vad = CallVAD(self._voices)
        line = Line(vad, self._ears, await self._room(plan.room, len(plan.items)))
        await line.agent(True)
        await line.quiet(GREETING_S)
        await line.agent(False)
        for number, one in enumerate(plan.items):
            slot_s = GREETING_S + number * SLOT_S
            await line.quiet(slot_s + 0.5)
            await line.play(go_on)
            await line.quiet(slot_s + TALK_AT_S)
            await line.end_turn()
            await self._interrupt(line, one, plan.room)
            await line.quiet(slot_s + SLOT_S)
            await line.end_turn()
            await line.agent(False)
        await vad.cleanup()  # type: ignore[no-untyped-call]

    async def _interrupt(self, line: Line, one: Interruption, room: Room) -> None:
        clip = await self._studio.interruption(one)
        await line.agent(True)
        before, began_s = len(line.stops), line.now_s
        await line.quiet(began_s + one.at_s)
        self.talk_s += one.at_s
        self.stopped_by_room += len(line.stops) > before
        if len(line.stops) > before:
            await line.end_turn()  # the interruption is for an agent that speaks
            await line.agent(True)
        start_s = line.now_s
        line.understood.clear()
        await line.play(clip)
        await line.quiet(line.now_s + AFTER_S)
        self._note(line, one, room, began_s, start_s)

    def _note(
        self, line: Line, one: Interruption, room: Room, began_s: float, start_s: float
    ) -> None:
        stops = [(at_s, taken) for at_s, taken in line.stops if at_s > start_s]
        turn = any(taken for _, taken in stops)
        clears = tuple(at_s for at_s, _ in stops)
        figures = InterruptionFigures(
            stopped=bool(stops),
            went_on=bool(stops) and not turn,
            clear_s=clears[0] - start_s if clears else None,
            heard_s=(began_s, clears[0] if clears else line.now_s),
        )
        length_s = line.now_s - began_s
        played = InterruptionPlayed(
            one, room, began_s, length_s, start_s, line.now_s, clears, asked_s=()
        )
        self.rows.append(InterruptionRow(played, figures, None, None, ""))
        if turn is not one.meant or (stops and not one.meant):
            did = [(round(at_s - start_s, 2), "turn" if taken else "hold") for at_s, taken in stops]
            _tell(f"  ! {room.name}, {one.voice}: {one.kind} {one.text!r} {did} {line.understood}")

    async def _room(self, room: Room, seed: int) -> Pcm:
        if room.noise is None or room.snr_db is None:
            return np.zeros(RATE_HZ, np.int16)
        babble = await self._studio.babble()
        return sounds.noise(room.noise, room.snr_db, NOISE_S, seed, babble)


def groups(rows: Sequence[InterruptionRow]) -> list[str]:
    """Tell what counts for steady rooms, for voices well below the caller's, and beside them."""
    lines = [f"  {'':<22}{'false stops':>14}{'turns lost':>12}{'missed':>10}{'clear p50/p95':>18}"]
    for title, wanted in (
        ("no voices in the room", lambda room: room.noise != "babble"),
        ("babble 20, 10 dB", lambda room: room.noise == "babble" and room.snr_db > 5),
        ("babble 5 dB", lambda room: room.noise == "babble" and room.snr_db == 5),
        ("all", lambda room: True),
    ):
        group = [row for row in rows if wanted(row.played.room)]
        meant = [row.figures for row in group if row.played.interruption.meant]
        others = [row.figures for row in group if not row.played.interruption.meant]
        stopped = sum(f.stopped for f in others)
        lost = stopped - sum(f.went_on for f in others)
        missed = sum(not f.stopped or f.went_on for f in meant)
        clears = [f.clear_s for f in meant if f.clear_s is not None]
        half, most = percentile(clears, 0.5) or 0.0, percentile(clears, 0.95) or 0.0
        lines.append(
            f"  {title:<22}{stopped:>7} of {len(others):>3}{lost:>12}"
            f"{missed:>4} of {len(meant):>3}{half * 1000:>9.0f} / {most * 1000:.0f} ms"
        )
    return lines


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def bench(seeds: Sequence[int], share: float, noise: str | None, ears: Ears) -> Bench:
    """Play the calls of some seeds, all or those before one noise."""
    made = Bench(ears)
    for seed in seeds:
        for plan in corpus.interruption_calls(seed, share):
            if noise in (None, plan.room.noise):
                await made.call(plan)
    return made


def main() -> None:
    """Print the figures for some seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--noise", help="only the rooms with this noise, such as babble")
    given = parser.parse_args()
    logger.remove()
    ears = MoonshineEars()
    made = asyncio.run(bench(given.seeds, given.share, given.noise, ears))
    ears.close()
    _tell("\n".join([*report.interruption_table(made.rows), "", *groups(made.rows)]))
    _tell(f"  the room alone: {made.stopped_by_room} stops in {made.talk_s:.0f} s of talk")


if __name__ == "__main__":
    main()
