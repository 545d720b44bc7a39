"""What the barge-in strategy is told of a line beside its frames: the ear, and words' times."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pipecat.frames.frames import InterimTranscriptionFrame, TranscriptionFrame

Stretch = tuple[float, float]
"""From when to when, in seconds of the line's audio."""

LEEWAY_S = 0.15
"""How far a recogniser's word times may be off."""

Words = InterimTranscriptionFrame | TranscriptionFrame


class SaidWord(NamedTuple):
    """A recognised word, and when it was said, in seconds of the line's audio."""

    text: str
    start_s: float
    end_s: float


class Ear(Protocol):
    """What the voice detector of a call tells beside its frames, up to the audio heard last."""

    @property
    def voiced(self) -> bool:
        """Whether the newest window is a voice that stands out from the line's noise."""

    @property
    def near_now(self) -> bool:
        """Whether it is also as loud as a voice near the telephone."""

    @property
    def syllables(self) -> int:
        """How many syllables the near voice that is heard, or was heard last, has had so far."""

    @property
    def crowded(self) -> bool:
        """Whether other people are heard in the room all along."""

    def near(self, stretch: Stretch | None = None) -> tuple[Stretch, ...]:
        """Return when, in a stretch or lately, a voice near the telephone spoke."""

    def cannot_tell(self, stretch: Stretch | None = None) -> bool:
        """Say whether nothing that was heard in a stretch, or lately, tells whose words it held."""

    def learn_caller(self, stretch: Stretch | None = None) -> None:
        """Take what was heard in a stretch, or lately, for the caller's own voice."""

    def disregard(self) -> None:
        """Take the sound that is going on for noise until it ends."""

    def turn(self, of_caller: bool) -> None:
        """Note that the caller's turn has begun or is over."""


def near_words(text: str, said: Sequence[SaidWord], ear: Ear, *, final: bool) -> str:
    """Return the words of `text` that were said while a voice near the telephone spoke.

    Of one result some may be the room's: a radio's before the caller's, or behind it. Then an
    interim one is left for the final, as its last word is a guess. Without their times (`said`),
    all words count or none.
    """
    stretch = (said[0].start_s, said[-1].end_s) if said else None
    near = ear.near(stretch)
    if not near and final and ear.cannot_tell(stretch):
        return text  # an ear may be wrong, too: then the recogniser is believed
    if not said:
        return text if near else ""
    if len(_within(near, said, LEEWAY_S)) == len(said):
        return text
    return " ".join(_within(near, said, 0.0)) if final else ""


def _within(near: Sequence[Stretch], said: Sequence[SaidWord], leeway_s: float) -> list[str]:
    """Return the words that share half of themselves, or of a stretch, with one of the stretches.

    The only word of a result may be given all the time of the result.
    """
    return [
        word.text
        for word in said
        if any(
            min(word.end_s, end_s + leeway_s) - max(word.start_s, start_s - leeway_s)
            >= min(word.end_s - word.start_s, end_s - start_s) / 2
            for start_s, end_s in near
        )
    ]
