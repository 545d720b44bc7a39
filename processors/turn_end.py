"""Decides when a caller has finished, by what was asked, what was said, and how it sounded."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, EndOfTurnState
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import TurnMetricsData
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_stop import BaseUserTurnStopStrategy

from processors.turn_waits import Voice, Waits
from shop.answers import Expect, Verdict, expected, goes_on, is_complete, owes_goodbye

Reason = Literal["answered", "smart_turn", "silence", "time_out"]
"""Why a turn ended: the answer was whole, the model of speech took it for finished, nothing more
came for a while, or (not by this strategy) nothing was understood at all."""

_DICTATED: frozenset[Expect] = frozenset({"phone", "vin", "plate", "email", "name"})
_SELF_EVIDENT: frozenset[Expect] = frozenset({"yes_no", "phone", "vin", "plate", "email"})
"""Answers that their words nearly always settle: smart-turn is asked only when they do not."""


SHORT_WORDS = 5
"""Whoever was asked what is wrong, and has said fewer, has hardly told it."""

ONSET_STEP_S = 0.02
"""Audio comes in pieces of this length: more often there is nothing new to know."""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """How a turn ended: why, and after how much silence (0 when it was not known to be silent)."""

    reason: Reason
    waited_ms: int


class TurnEnd(BaseUserTurnStopStrategy):
    """Ends a turn at once when the answer is whole, patiently while it is not.

    `asked` returns what the agent said last; `on_end` is told how each turn ended, before the turn
    reaches the model. With a `voice` no turn is ended on the first syllable of more, or held open
    by what others say in the room.

    Pipecat's own strategy waits for smart-turn's verdict before it looks at anything else, so that
    words which come meanwhile are not seen and a slow verdict ends a turn that went on. Here the
    verdict is reached beside the frames, and a caller who speaks again makes it void.
    """

    def __init__(
        self,
        analyzer: BaseTurnAnalyzer,
        waits: Waits,
        asked: Callable[[], str],
        on_end: Callable[[TurnEnded], None] = lambda _: None,
        voice: Voice | None = None,
    ) -> None:
        super().__init__()
        self._analyzer = analyzer
        self._waits = waits
        self._asked = asked
        self._on_end = on_end
        self._voice = voice
        self._in_turn = False
        self._speaking = False
        self._quiet_at: float | None = None  # on the clock of the event loop
        self._finals: list[str] = []
        self._interim = ""
        self._segment_has_words = False
        self._over_at: float | None = None  # when the recogniser said that this was all
        self._likelihood: float | None = None
        self._reason: Reason | None = None
        self._judging: asyncio.Task[None] | None = None
        self._timer: asyncio.Task[None] | None = None

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]
        """Tell the analyzer at which rate it will hear."""
        await super().setup(setup)
        self._analyzer.set_sample_rate(setup.audio_in_sample_rate)

    async def cleanup(self) -> None:
        """Stop waiting and free the analyzer."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        await self._forget_verdict()
        await self._stop_timer()
        await self._analyzer.cleanup()

    async def handle_user_turn_started(self) -> None:
        """Begin a turn. Whether the caller is speaking just now is the line's state, and stays."""
        self._in_turn = True
        if self._quiet_at is not None and _now() - self._quiet_at > self._waits.no_words_s:
            self._quiet_at = None  # the end of something else, said before this turn
        self._finals, self._interim = [], ""

    async def handle_user_turn_stopped(self) -> None:
        """Tell how the turn ended, whoever ended it, and forget it."""
        waited_s = 0.0 if self._quiet_at is None else _now() - self._quiet_at
        self._on_end(TurnEnded(self._reason or "time_out", round(waited_s * 1000)))
        self._in_turn = False
        self._reason = None
        self._quiet_at = None
        self._finals, self._interim = [], ""
        await self._forget_verdict()
        await self._stop_timer()
        self._analyzer.clear()

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Follow voice and words; never holds a frame up."""
        await super().process_frame(frame)
        if isinstance(frame, InputAudioRawFrame):
            # Its own answer, "silent for too long", is not used: the waits are decided here.
            self._analyzer.append_audio(frame.audio, self._speaking)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            await self._speech_began(frame)
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            await self._speech_ended(frame)
        elif isinstance(frame, TranscriptionFrame):
            await self._words_came(frame)
        elif isinstance(frame, InterimTranscriptionFrame):
            await self._guess_came(frame)
        return ProcessFrameResult.CONTINUE

    async def _speech_began(self, frame: VADUserStartedSpeakingFrame) -> None:
        self._analyzer.update_vad_start_secs(frame.start_secs)
        self._speaking = True
        self._quiet_at = None
        self._reason = None
        self._segment_has_words = False
        self._over_at = None
        await self._forget_verdict()
        await self._stop_timer()

    async def _speech_ended(self, frame: VADUserStoppedSpeakingFrame) -> None:
        self._speaking = False
        self._quiet_at = _now() - (time.time() - frame.timestamp) - frame.stop_secs
        expect = expected(self._asked())
        if expect not in _SELF_EVIDENT and self._judge_words(expect) == "unsure":
            self._ask_smart_turn()  # while the words are still under way
        await self._decide()

    async def _guess_came(self, frame: InterimTranscriptionFrame) -> None:
        if self._of_the_room():
            return
        self._interim = frame.text
        self._over_at = None
        self._notice_unvoiced(_now())
        await self._decide()

    def _of_the_room(self) -> bool:
        """Say whether words that have come are not the caller's, who has already said some."""
        if self._voice is None or self._speaking or not self._finals:
            return False
        return not self._voice.spoken_lately

    async def _words_came(self, frame: TranscriptionFrame) -> None:
        if self._of_the_room():
            return
        if any(c.isalnum() for c in frame.text):
            self._finals.append(frame.text.strip())
        self._interim = ""
        self._segment_has_words = True
        now = _now()
        # It says so when it was asked (Finalize), and when it heard the silence itself.
        over = frame.finalized or getattr(frame.result, "speech_final", False)
        self._over_at = now if over else None
        self._notice_unvoiced(now)
        await self._decide()

    def _notice_unvoiced(self, now: float) -> None:
        """Count silence anew after words that the voice detector missed, as it does short ones."""
        if self._speaking:
            return
        if self._quiet_at is None or now - self._quiet_at > self._waits.words_s:
            self._quiet_at = now
            self._likelihood = None

    async def _decide(self) -> None:
        """End the turn when its time has come, else wait for that time."""
        await self._stop_timer()
        if not self._in_turn or self._speaking or self._quiet_at is None or not self._finals:
            return
        due_at, reason = self._due(self._quiet_at)
        self._timer = self.task_manager.create_task(
            self._end_at(due_at, reason), f"{self}::turn_end"
        )

    def _due(self, quiet_at: float) -> tuple[float, Reason]:
        """Return when the turn ends, as far as is known now, and why."""
        waits = self._waits
        settled_at = self._settled_at(quiet_at)
        expect = expected(self._asked())
        verdict = self._judge_words(expect)
        if verdict == "complete":
            return max(settled_at, quiet_at + self._may_go_on_s(expect)), "answered"
        if verdict == "unfinished":
            patience_s = waits.dictating_s if expect in _DICTATED else waits.dangling_s
            return max(settled_at, quiet_at + patience_s), "silence"
        if self._likelihood is None:
            self._ask_smart_turn()
            return max(settled_at, quiet_at + waits.unlikely_s), "silence"
        if goes_on(expect, self._words()):
            return max(settled_at, quiet_at + waits.unlikely_s), "silence"
        least_s = self._least_s(expect)
        for likelihood, silence_s in waits.likely:
            if self._likelihood >= likelihood:
                return max(settled_at, quiet_at + max(silence_s, least_s)), "smart_turn"
        return max(settled_at, quiet_at + waits.unlikely_s), "silence"

    def _may_go_on_s(self, expect: Expect) -> float:
        """Return how long an answer that is whole is given to go on all the same."""
        if expect == "yes_no":
            return self._waits.one_word_s if len(self._words().split()) == 1 else 0.0
        return self._waits.goodbye_s if owes_goodbye(self._words()) else 0.0

    def _least_s(self, expect: Expect) -> float:
        if expect in _DICTATED:
            return self._waits.given_s
        short = expect == "open" and len(self._words().split()) < SHORT_WORDS
        return self._waits.short_s if short else 0.0

    def _settled_at(self, quiet_at: float) -> float:
        """Return from when on no more words of what was just said are to be expected."""
        if self._over_at is not None and self._over_at >= quiet_at:
            return quiet_at
        # A recogniser that had sent all words before it was asked for them answers with nothing.
        waits = self._waits
        return quiet_at + (waits.words_s if self._segment_has_words else waits.no_words_s)

    def _judge_words(self, expect: Expect) -> Verdict:
        return is_complete(expect, self._words())

    def _words(self) -> str:
        return " ".join([*self._finals, self._interim]).strip()

    def _ask_smart_turn(self) -> None:
        if self._judging is None and self._likelihood is None:
            self._judging = self.task_manager.create_task(self._judge(), f"{self}::smart_turn")

    async def _judge(self) -> None:
        state, metrics = await self._analyzer.analyze_end_of_turn()
        self._likelihood = (
            metrics.probability
            if isinstance(metrics, TurnMetricsData)
            else float(state == EndOfTurnState.COMPLETE)
        )
        self._judging = None
        await self._decide()

    async def _end_at(self, due_at: float, reason: Reason) -> None:
        await asyncio.sleep(max(0.0, due_at - _now()))
        for _ in range(round(self._waits.onset_s / ONSET_STEP_S)):
            if self._voice is None or not self._voice.sounding:
                break
            await asyncio.sleep(ONSET_STEP_S)  # a voice makes an end of this task
        self._timer = None
        self._reason = reason
        await self.trigger_user_turn_stopped()

    async def _forget_verdict(self) -> None:
        judging, self._judging = self._judging, None
        self._likelihood = None
        if judging is not None:
            await self.task_manager.cancel_task(judging)

    async def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            await self.task_manager.cancel_task(timer)


def _now() -> float:
    return asyncio.get_running_loop().time()
