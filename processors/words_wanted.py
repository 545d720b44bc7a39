"""A wish to the recogniser: say now what was said."""

from dataclasses import dataclass

from pipecat.frames.frames import SystemFrame


@dataclass
class WordsWantedFrame(SystemFrame):
    """Finish the words heard so far; goes upstream, to the recogniser.

    Pipecat asks when the voice detector finds that speech has ended. Whoever talks over the agent
    is to be understood sooner.
    """
