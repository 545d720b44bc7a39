"""What the end of a turn goes by: how long silence may last, and what is known of the voice."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds of silence, all counted from the end of the caller's speech.

    `likely` are pairs of a probability that smart-turn gives for "finished" and the silence that
    then ends the turn, the highest first; `unlikely_s` is for what lies below all of them.
    `one_word_s` is for a yes or no of one word, which may yet begin a sentence ("Yes, please").
    `goodbye_s` is for "no, that's all": people go on with "thank you, goodbye".
    `given_s` is the least for what is given in pieces (a number, a name), however it sounds, and
    `short_s` for fewer than SHORT_WORDS about anything: more may follow.
    `dictating_s` and `dangling_s` are for answers that are certainly not whole. `words_s` is how
    long more words may be under way when some have come, `no_words_s` when none have. `onset_s` is
    how long a sound may last until the voice detector has told it for a voice.
    """

    likely: tuple[tuple[float, float], ...]
    unlikely_s: float
    one_word_s: float
    goodbye_s: float
    given_s: float
    short_s: float
    dictating_s: float
    dangling_s: float
    words_s: float
    no_words_s: float
    onset_s: float


class Voice(Protocol):
    """What is known of the caller's voice beside the detector's frames."""

    @property
    def sounding(self) -> bool:
        """Whether a voice may just be beginning."""

    @property
    def spoken_lately(self) -> bool:
        """Whether words that have just come can be the caller's."""
