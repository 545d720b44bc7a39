"""How long what must last over the agent's speech; `pipeline/turns.py` has the numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BargeInTimes:
    """All in seconds; `pipeline/turns.py` has the numbers and their reasons."""

    hold_after: float
    """Voice that lasts this long stops the agent's sound although no word has come yet."""
    fluent_after: float
    """The same for voice that has had `fluent_syllables`: no listener's noise has so many."""
    fluent_syllables: int
    insist_after: float
    """Voice that lasts this long, with so many syllables, takes the turn without any word."""
    ask_after: float
    """Quiet after a short stretch of voice until the recogniser is asked what it was."""
    take_turn_after: float
    """Voice that lasts this long takes the turn while a reply is only being prepared."""
    gap: float
    """Pauses up to this are within one stretch of voice."""
    resume_after: float
    """Quiet without a word after which a stopped agent goes on."""
    hold_limit: float
    """An agent is stopped no longer than this without a word, however long the sound lasts."""
    wordless: float
    """Sound that goes on this long without a new word, in a caller's turn, is noise."""
    latest_words: float
    """No recogniser is later than this; word times that are were counted from another beginning."""
    late_words: float
    """Words of the caller's own turn that come later than this after they were said are let go."""
    answer_overlap: float
    """A "yeah" that ends this shortly before the agent does answers what the agent is asking."""
