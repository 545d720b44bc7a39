"""How this call's sentences are put into words for the voice."""

from dataclasses import dataclass

from pipeline.record import CallRecord
from pipeline.sentences import sentences
from shop.clock import to_shop
from shop.hablar import hablado
from shop.spoken import spoken, wants_spelling


@dataclass(frozen=True, slots=True)
class Voicing:
    """Says a sentence as of the shop's today, and spells when the caller has just asked for it."""

    record: CallRecord

    def __call__(self, text: str) -> str:
        """Return the words for `text`; empty when nothing of it is for the ear."""
        call = self.record.call
        today = to_shop(call.clock.now(), call.shop.zone).date()
        if self.record.language == "es":
            return sentences("es").find(text) or hablado(text, today)
        heard = (line.text for line in reversed(self.record.lines) if line.role == "caller")
        return spoken(text, today, spell=wants_spelling(next(heard, "")))
