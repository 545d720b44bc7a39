"""What a recorded caller says: turns cut from one long recording, or one file a turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa import soundfiles
from qa.audio import RATE_HZ, BadRecording, Pcm, Speech, speech
from qa.soundfiles import PAUSE_S, Side


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the caller: where it comes from, and where in the whole sound it lies."""

    name: str
    pcm: Pcm
    whole: Speech

    @property
    def speech_ends_s(self) -> float:
        """Return the end of the last word, in seconds from the turn's first sample."""
        heard = speech(self.pcm)
        return heard[-1].end_s if heard else len(self.pcm) / RATE_HZ


@dataclass(frozen=True, slots=True)
class Script:
    """A caller's turns in order, and all of their sound with its own gaps."""

    turns: Sequence[Turn]
    sound: Pcm
    warnings: Sequence[str] = ()


def load(names: Sequence[Path], *, side: Side = "left", pause_s: float = PAUSE_S) -> Script:
    """Read what is to be played: folders stand for the recordings in them, by name.

    Several files are one turn each, however long their own pauses; one file is split at pauses of
    `pause_s`. Raises BadRecording with every file that cannot be used.
    """
    problems: list[str] = []
    recordings: list[soundfiles.Recording] = []
    for path in _files(names):
        try:
            recordings.append(soundfiles.read(path, side=side))
        except BadRecording as exc:
            problems.append(str(exc))
    if problems:
        raise BadRecording("\n".join(problems))
    alone = len(recordings) == 1
    turns: list[Turn] = []
    before_s = 0.0
    for recording in recordings:
        parts = soundfiles.split(recording.pcm, pause_s=pause_s if alone else recording.length_s)
        if not parts:
            raise BadRecording(f"{recording.path}: nobody speaks in it; there is only noise")
        for number, part in enumerate(parts, 1):
            name = recording.path.name + (f" #{number}" if alone and len(parts) > 1 else "")
            whole = Speech(before_s + part.start_s, before_s + part.end_s)
            turns.append(Turn(name, soundfiles.cut(recording.pcm, part), whole))
        before_s += recording.length_s
    sound = np.concatenate([recording.pcm for recording in recordings])
    return Script(turns, sound, [line for one in recordings for line in one.warnings])


def _files(names: Sequence[Path]) -> list[Path]:
    return [path for name in names for path in (soundfiles.find(name) if name.is_dir() else [name])]
