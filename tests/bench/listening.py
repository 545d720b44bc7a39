"""What a call hears of a line's audio, step by step: the detector of voices and the recogniser."""

from dataclasses import dataclass

from pipecat.audio.vad.vad_analyzer import VADState

from pipeline import turns
from pipeline.services import CallVAD
from processors.ear import SaidWord
from qa.audio import RATE_HZ, Pcm
from sandbox.deepgram.segments import FRAME_MS, Cue, Pacing, Segment, Segmenter
from sandbox.ears import Ears

FRAME = RATE_HZ // 50
RECOGNITION_S = 0.17
"""The design's 150 ms and the way there and back."""

LEAST_FRAMES = 10
"""Less than 0.2 s is too short for the stand-in's recogniser."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What a detector or the recogniser tells at a time; `at_sample` is for smart-turn."""

    at_s: float
    kind: str
    text: str = ""
    at_sample: int = 0
    said: tuple[SaidWord, ...] = ()
    """The words, and when they were said."""


class Listening:
    """The real detector and the stand-in's recogniser on one line; answers come at their time."""

    def __init__(self, vad: CallVAD, ears: Ears) -> None:
        self.now_s = 0.0
        self.speaking = False
        self._vad, self._ears = vad, ears
        self._vad.set_sample_rate(RATE_HZ)
        self._segmenter = Segmenter(turns.STT_ENDPOINTING_MS, Pacing())
        self._samples = 0

    async def hear(self, frame: Pcm) -> list[Happening]:
        """Take the next 20 ms; returns what comes of it, some of it later than now."""
        self._samples += len(frame)
        self.now_s = self._samples / RATE_HZ
        found: list[Happening] = []
        for cue, segment in self._segmenter.feed(frame):
            if cue is Cue.PROGRESS:
                found += await self._told("interim", segment, RECOGNITION_S)
            elif cue in (Cue.ENDED, Cue.CUT):
                found += await self._told(cue.value, segment, 0.03)
        state = self._vad._run_analyzer(frame.tobytes())
        if state is VADState.SPEAKING and not self.speaking:
            self.speaking = True
            found.append(Happening(self.now_s, "starts"))
        elif state is VADState.QUIET and self.speaking:
            self.speaking = False
            found.append(Happening(self.now_s, "stops", at_sample=self._samples))
            found += await self.finalize()
        return found

    async def finalize(self) -> list[Happening]:
        """Ask the recogniser for the words so far."""
        return await self._told("finalized", self._segmenter.close(), RECOGNITION_S)

    async def _told(self, kind: str, segment: Segment | None, later_s: float) -> list[Happening]:
        if segment is None or len(segment.frames) < LEAST_FRAMES:
            return []
        words = await self._ears.transcribe(segment.pcm())
        if not words:
            return []
        start_s = segment.start * FRAME_MS / 1000
        said = tuple(SaidWord(w.text, start_s + w.start_s, start_s + w.end_s) for w in words)
        text = " ".join(word.text for word in words)
        return [Happening(self.now_s + later_s, kind, text, said=said)]
