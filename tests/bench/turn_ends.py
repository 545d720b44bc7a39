"""When turns end, over the whole corpus, in a time of its own: no call, no vendor, no waiting.

`make bench-turns` plays the corpus through calls in real time and needs a quiet machine for a
quarter of an hour. This plays the same voices, noises and pauses to the same detector of voices,
the stand-in's recogniser and smart-turn, and what they say to the very strategies of a call, on an
event loop whose clock jumps: `PYTHONPATH=. python tests/bench/turn_ends.py --seed 1`.
"""

import argparse
import asyncio
import selectors
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from loguru import logger
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, BaseTurnParams, EndOfTurnState
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADState
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
from pipecat.metrics.metrics import MetricsData, TurnMetricsData
from pipecat.turns.user_turn_controller import UserTurnController
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.asyncio.task_manager import TaskManager, TaskManagerParams

from pipeline import turns
from pipeline.services import CallVAD
from processors.barge_in import BargeInUserTurnStartStrategy
from processors.ear import SaidWord
from processors.turn_end import TurnEnd, TurnEnded
from qa.audio import RATE_HZ, Pcm
from qa.turns import corpus, report, sounds
from qa.turns.corpus import Room, Utterance
from qa.turns.measure import TurnPlayed, judge_turn
from qa.turns.play import Studio
from qa.turns.report import TurnRow
from sandbox.deepgram.segments import FRAME_MS, Cue, Pacing, Segment, Segmenter
from sandbox.ears import MoonshineEars

AGENT_S, SILENT_S, TAIL_S = 6.5, 0.5, 8.0
"""Before a turn the agent is heard, in the room's noise, then nobody; after it nobody."""

LEAD_S = AGENT_S + SILENT_S
REPEATED_S = 3.0
"""Noise that is heard twice, at first while the agent speaks."""

FRAME = RATE_HZ // 50
FRAME_S = FRAME / RATE_HZ
RECOGNITION_S = 0.17
"""The design's 150 ms and the way there and back."""

TOLD_S = 0.03
"""Of an end that the recogniser finds itself the words are known by then."""

LATE_S = 3.0
SLOW_S = 1.5
"""Turns decided later than this are told one by one, as those cut off are."""

VERDICT_S = 0.1
"""What smart-turn takes on a processor of its own."""


@dataclass(frozen=True, slots=True)
class Told:
    """The part of the recogniser's message that the strategies look at."""

    speech_final: bool
    said: tuple[SaidWord, ...]


@dataclass(frozen=True, slots=True)
class Engines:
    """What is slow to load, for all turns."""

    ears: MoonshineEars
    voices: SileroVADAnalyzer
    smart_turn: LocalSmartTurnAnalyzerV3

    @classmethod
    def build(cls) -> Self:
        """Load the models."""
        smart_turn = LocalSmartTurnAnalyzerV3(cpu_count=1)
        smart_turn.set_sample_rate(RATE_HZ)
        return cls(MoonshineEars(), SileroVADAnalyzer(), smart_turn)


class Judge(BaseTurnAnalyzer):
    """Smart-turn over what has been heard so far, in its own thread's time."""

    def __init__(self, model: LocalSmartTurnAnalyzerV3, audio: Pcm) -> None:
        super().__init__()
        self._heard = 0
        self._model, self._audio = model, audio

    @property
    def speech_triggered(self) -> bool:
        return False

    @property
    def params(self) -> BaseTurnParams:
        return BaseTurnParams()

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:
        self._heard += len(buffer) // 2
        return EndOfTurnState.INCOMPLETE

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        wave = self._audio[max(0, self._heard - 8 * RATE_HZ) : self._heard] / 32768
        found = self._model._predict_endpoint(wave.astype(np.float32))
        await asyncio.sleep(VERDICT_S)
        whole = found["probability"] > 0.5
        metrics = TurnMetricsData(
            processor="smart_turn",
            is_complete=whole,
            probability=found["probability"],
            e2e_processing_time_ms=VERDICT_S * 1000,
        )
        return EndOfTurnState.COMPLETE if whole else EndOfTurnState.INCOMPLETE, metrics

    def clear(self) -> None:
        """Nothing is kept."""


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: its clock jumps to whatever is due next."""

    def __init__(self) -> None:
        loop, self._at_s = self, 0.0

        class Jumping(selectors.SelectSelector):
            def select(self, timeout: float | None = None) -> Any:
                loop._at_s += timeout or 0.0
                return super().select(0)

        super().__init__(Jumping())

    def time(self) -> float:
        return self._at_s


class Line:
    """One turn of a caller, from the silence before it: what is heard of it, and when it ends."""

    def __init__(
        self, question: str, audio: Pcm, engines: Engines, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.ends: list[tuple[float, str, str]] = []
        """When turns that had words ended, why, and with which words."""
        self.told: list[str] = []
        self._loop, self._began_s = loop, loop.time()
        self._audio, self._engines = audio, engines
        self._vad = CallVAD(engines.voices)
        self._vad.set_sample_rate(RATE_HZ)
        self._segmenter = Segmenter(turns.STT_ENDPOINTING_MS, Pacing())
        self._closed = -1
        self._words: list[str] = []
        self._under_way: set[asyncio.Task[None]] = set()
        start = BargeInUserTurnStartStrategy(
            turns.BARGE_IN,
            self._vad.ear,
            words_said=lambda frame: frame.result.said if frame.result else (),
        )
        stop = TurnEnd(
            Judge(engines.smart_turn, audio),
            turns.TURN_END,
            lambda: question,
            self._on,
            self._vad.ear,
        )
        self._controller = UserTurnController(
            user_turn_strategies=UserTurnStrategies(start=[start], stop=[stop]),
            user_turn_stop_timeout=turns.TURN_STOP_TIMEOUT_S,
        )
        self._controller.add_event_handler("on_reset_aggregation", self._on_passed_over)

    async def play(self) -> None:
        """Let the turn be heard, frame by frame, until it has ended or time is up."""
        await self._controller.setup(_setup(self._loop))
        await self._controller.start()
        await self._controller.process_frame(BotStartedSpeakingFrame())
        speaking = False
        for start in range(0, len(self._audio) - FRAME + 1, FRAME):
            if start == int(AGENT_S * RATE_HZ):
                await self._controller.process_frame(BotStoppedSpeakingFrame())
            pcm = self._audio[start : start + FRAME]
            await asyncio.sleep(max(0.0, start / RATE_HZ + FRAME_S - self._now_s))
            state = self._vad._run_analyzer(pcm.tobytes())
            self._recognise(pcm)
            await self._controller.process_frame(InputAudioRawFrame(pcm.tobytes(), RATE_HZ, 1))
            if state is VADState.SPEAKING and not speaking:
                speaking = True
                await self._controller.process_frame(_starts())
            elif state is VADState.QUIET and speaking:
                speaking = False
                await self._controller.process_frame(_stops())
                self._tell("finalized", self._segmenter.close(), RECOGNITION_S)
        await self._controller.cleanup()
        for task in self._under_way:
            task.cancel()
        await self._vad.cleanup()  # type: ignore[no-untyped-call]

    @property
    def _now_s(self) -> float:
        return self._loop.time() - self._began_s

    def _on(self, how: TurnEnded) -> None:
        if self._words:
            self.ends.append((self._now_s, how.reason, " ".join(self._words)))
        self._words = []

    async def _on_passed_over(self, *_args: object) -> None:
        self._words = []

    def _recognise(self, pcm: Pcm) -> None:
        for cue, segment in self._segmenter.feed(pcm):
            if cue is Cue.PROGRESS:
                self._tell("interim", segment, RECOGNITION_S)
            elif cue in (Cue.ENDED, Cue.CUT):
                self._tell(cue.value, segment, TOLD_S)

    def _tell(self, kind: str, segment: Segment | None, after_s: float) -> None:
        if segment is None or not segment.frames:
            return
        words = self._engines.ears._recognise(segment.pcm())
        start_s = segment.start * FRAME_MS / 1000
        said = tuple(SaidWord(w.text, start_s + w.start_s, start_s + w.end_s) for w in words)
        if kind != "interim":
            self._closed = segment.number
        if said:
            task = self._loop.create_task(self._deliver(kind, segment.number, said, after_s))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _deliver(
        self, kind: str, segment: int, said: tuple[SaidWord, ...], after_s: float
    ) -> None:
        await asyncio.sleep(after_s)
        text, told = " ".join(word.text for word in said), Told(kind == "ended", said)
        if kind == "interim":
            if segment != self._closed:
                guess = InterimTranscriptionFrame(text, "", "", result=told)
                await self._controller.process_frame(guess)
            return
        self.told.append(text)
        self._words.append(text)
        frame = TranscriptionFrame(text, "", "", result=told)
        frame.finalized = kind == "finalized"
        await self._controller.process_frame(frame)


def _starts() -> Frame:
    return VADUserStartedSpeakingFrame(start_secs=turns.VAD.start_secs, timestamp=time.time())


def _stops() -> Frame:
    return VADUserStoppedSpeakingFrame(stop_secs=turns.VAD.stop_secs, timestamp=time.time())


def _setup(loop: asyncio.AbstractEventLoop) -> Any:
    manager = TaskManager()
    manager.setup(TaskManagerParams(loop=loop))
    return type("Setup", (), {"task_manager": manager, "audio_in_sample_rate": RATE_HZ})


async def recorded(
    seed: int, share: float, noise_kind: str | None
) -> list[tuple[Utterance, Room, Pcm]]:
    """Make the corpus, each turn with its room's noise and with silence before and after."""
    studio = Studio()
    babble = await studio.babble()
    made = []
    for plan in corpus.answer_calls(seed, share):
        if noise_kind not in (None, plan.room.noise):
            continue
        for number, one in enumerate(plan.items):
            clip = await studio.utterance(one)
            silence = [np.zeros(int(s * RATE_HZ), np.int16) for s in (LEAD_S, TAIL_S)]
            audio = np.concatenate([silence[0], clip, silence[1]]).astype(np.int32)
            room = plan.room
            if room.noise is not None and room.snr_db is not None:
                duration_s = len(audio) / RATE_HZ - REPEATED_S + 1
                noise = sounds.noise(room.noise, room.snr_db, duration_s, number, babble)
                repeated = noise[: int(REPEATED_S * RATE_HZ)]
                audio += np.concatenate([repeated, noise])[: len(audio)]
            made.append((one, room, np.clip(audio, -32768, 32767).astype(np.int16)))
    return made


def rows(seed: int, share: float, noise: str | None) -> Iterator[TurnRow]:
    """Judge every turn of the corpus; the figures are those of the decision alone."""
    engines = Engines.build()
    made = asyncio.run(recorded(seed, share, noise))
    loop = JumpingLoop()
    for one, room, audio in made:
        line = Line(one.question, audio, engines, loop)
        loop.run_until_complete(line.play())
        end_s = len(audio) / RATE_HZ - TAIL_S
        asked_s = tuple(at_s for at_s, _, _ in line.ends)
        played = TurnPlayed(
            one, room, LEAD_S, end_s, end_s + TAIL_S, asked_s, (" ".join(line.told),)
        )
        figures = judge_turn(played, [])
        if figures.cut_off or figures.decided_s is None or figures.decided_s > SLOW_S:
            what = "cut off" if figures.cut_off else "slow"
            ends = [(round(at_s - end_s, 2), why, said) for at_s, why, said in line.ends]
            _tell(f"  ! {what}, {room.name}, {one.kind}: {one.parts}\n      {ends}")
        yield TurnRow(played, figures, "")
    loop.close()
    engines.ears.close()


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the figures for a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--noise", help="only the rooms with this noise, such as babble")
    given = parser.parse_args()
    logger.remove()
    made = list(rows(given.seed, given.share, given.noise))
    _tell("\n".join(report.turn_table(made)))
    clear = [row for row in made if row.played.room.name != "babble 5 dB"]
    for title, group in (("all", made), ("without babble 5 dB", clear)):
        decided = [row.figures.decided_s for row in group]
        cut = sum(row.figures.cut_off for row in group)
        late = sum(at_s is not None and at_s > LATE_S for at_s in decided)
        never = decided.count(None) - cut
        _tell(f"  {title}: {cut} of {len(group)} cut off, {late} decided after {LATE_S} s,")
        _tell(f"    {never} not at all within {TAIL_S} s")


if __name__ == "__main__":
    main()
