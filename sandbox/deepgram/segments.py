"""Stretches of speech in a stream of audio: where each begins, pauses, is cut and ends."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from sandbox.deepgram.activity import Activity, Frame
from sandbox.ears import FRAME_SAMPLES, RATE_HZ, Pcm

FRAME_MS = 20
_BEFORE_FRAMES = 12  # 240 ms kept from before the first loud frame: soft consonants
_ONSET_FRAMES = 3  # 60 ms of voice make speech, less is a click
_ONSET_WINDOW = 5


class Cue(Enum):
    """What has just happened in the audio."""

    STARTED = "started"  # speech begins
    PROGRESS = "progress"  # time for an interim result
    PAUSED = "paused"  # a short pause: perhaps the end
    ENDED = "ended"  # silent for as long as the client asked for
    CUT = "cut"  # long speech, cut at a soft spot
    SILENT = "silent"  # nothing was said for a while


@dataclass(frozen=True, slots=True)
class Pacing:
    """Durations in ms; of these the vendor only says that interim results come once a second."""

    first_interim_ms: int = 600
    interim_ms: int = 1000
    pause_ms: int = 140
    # Below this the vendor's own smoothing decides, whatever `endpointing` says (default 10).
    least_endpointing_ms: int = 160
    # How long a silence splits results when endpointing is off.
    unasked_endpointing_ms: int = 1000
    soft_cut_ms: int = 7000
    hard_cut_ms: int = 12_000
    silent_result_ms: int = 5000


@dataclass(slots=True)
class Segment:
    """A stretch of speech with the audio around it; positions in frames since the stream began."""

    number: int
    start: int
    frames: list[Pcm] = field(default_factory=list)
    voiced_end: int = 0

    @property
    def end(self) -> int:
        """The frame after the last one held."""
        return self.start + len(self.frames)

    def pcm(self) -> Pcm:
        """All audio held so far."""
        return np.concatenate(self.frames)


class Segmenter:
    """Feeds on PCM and calls out cues; holds the segment that is open."""

    def __init__(self, endpointing_ms: int | None, pacing: Pacing) -> None:
        self.open: Segment | None = None
        self.position = 0  # frames seen
        self.final_until = 0  # frames that results have covered
        self._pacing = pacing
        asked = pacing.unasked_endpointing_ms if endpointing_ms is None else endpointing_ms
        self._end_frames = max(asked, pacing.least_endpointing_ms) // FRAME_MS
        self._activity = Activity()
        self._before: deque[Frame] = deque(maxlen=_BEFORE_FRAMES)
        self._number = 0
        self._next_interim = 0
        self._paused = False
        self._owed: int | None = None  # where the voice ended before a cut whose end is not told

    @property
    def position_s(self) -> float:
        """Audio seen, in seconds."""
        return self.position * FRAME_SAMPLES / RATE_HZ

    def feed(self, pcm: Pcm) -> list[tuple[Cue, Segment | None]]:
        """Take audio; returns what happened in it, in order. Closed segments are handed over."""
        cues: list[tuple[Cue, Segment | None]] = []
        for frame in self._activity.feed(pcm):
            self.position += 1
            if self.open is None:
                self._wait(frame, cues)
            else:
                self._follow(self.open, frame, cues)
        return cues

    def close(self) -> Segment | None:
        """Hand over what is open, as at Finalize; the rest of the speech opens a new segment."""
        segment, self.open = self.open, None
        self._owed = None
        if segment is not None:
            self.final_until = segment.end
        self._before.clear()
        return segment

    def _wait(self, frame: Frame, cues: list[tuple[Cue, Segment | None]]) -> None:
        self._before.append(frame)
        recent = list(self._before)[-_ONSET_WINDOW:]
        if sum(f.voiced for f in recent) >= _ONSET_FRAMES:
            self._begin()
            cues.append((Cue.STARTED, self.open))
        elif self._owed is not None and self.position - self._owed >= self._end_frames:
            # The cut fell on the very end: all words are told, only not that it was the end.
            cues.append((Cue.ENDED, Segment(-1, self.final_until, [], self._owed)))
            self.final_until, self._owed = self.position, None
        elif (self.position - self.final_until) * FRAME_MS >= self._pacing.silent_result_ms:
            cues.append((Cue.SILENT, None))
            self.final_until = self.position

    def _begin(self) -> None:
        frames = [f.pcm for f in self._before]
        start = self.position - len(frames)
        self.open = Segment(self._number, start, frames, self.position)
        self._number += 1
        self._next_interim = self.position + self._pacing.first_interim_ms // FRAME_MS
        self._paused = False
        self._owed = None
        self._before.clear()

    def _follow(
        self, segment: Segment, frame: Frame, cues: list[tuple[Cue, Segment | None]]
    ) -> None:
        segment.frames.append(frame.pcm)
        if frame.voiced:
            segment.voiced_end = self.position
            self._paused = False
        quiet = self.position - segment.voiced_end
        held_ms = len(segment.frames) * FRAME_MS
        pacing = self._pacing
        if quiet >= self._end_frames:
            self._finish(cues, Cue.ENDED)
        elif held_ms >= pacing.hard_cut_ms or (held_ms >= pacing.soft_cut_ms and quiet >= 3):
            self._finish(cues, Cue.CUT)
        elif quiet * FRAME_MS >= pacing.pause_ms and not self._paused:
            self._paused = True
            cues.append((Cue.PAUSED, segment))
        elif self.position >= self._next_interim:
            self._next_interim = self.position + pacing.interim_ms // FRAME_MS
            cues.append((Cue.PROGRESS, segment))

    def _finish(self, cues: list[tuple[Cue, Segment | None]], cue: Cue) -> None:
        segment = self.close()
        cues.append((cue, segment))
        if cue is Cue.CUT and segment is not None:
            self._owed = segment.voiced_end
