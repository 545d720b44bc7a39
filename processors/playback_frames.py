"""What the output transport and those around it tell each other about what the caller hears.

All are system frames: they overtake what waits.
"""

from dataclasses import dataclass

from pipecat.frames.frames import SystemFrame, TTSTextFrame

from shop.wordtimes import WordTime


@dataclass
class HoldPlaybackFrame(SystemFrame):
    """Stop the agent's sound at the carrier now, and keep what the caller has not heard.

    Whoever decides about barge-in pushes it; the output transport obeys. Nothing of the response
    is lost while it is held: no more is sent, and the voice and the text behind it wait. An
    `InterruptionFrame` drops what was kept. Held already, it changes nothing.
    """


@dataclass
class ResumePlaybackFrame(SystemFrame):
    """Play on from the word boundary before hearing stopped; without a hold it does nothing."""


@dataclass
class WordTimesFrame(SystemFrame):
    """When words of an utterance are said, in ms from the beginning of its sound.

    `context_id` names the utterance, `first` is the index in it of the first of `times`. The voice
    pushes it as soon as it has a sentence's whole sound, long before the caller has heard it.
    """

    context_id: str
    first: int
    times: tuple[WordTime, ...]


@dataclass
class PlayedFrame(SystemFrame):
    """How much of an utterance's sound the caller has heard, in ms; the output transport says so.

    After a hold it may be less than before: the last word is played again.
    """

    context_id: str
    played_ms: int


@dataclass
class HeardWordFrame(TTSTextFrame, SystemFrame):
    """A word that the caller has heard.

    A system frame, so that an interruption that follows does not overtake it on its way into the
    context.
    """
