"""A caller who speaks another language than this line's voice is told so and offered a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import prompt
from pipeline.record import CallRecord
from pipeline.turns import FOREIGN_WORDS
from shop.languages import foreign_to


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """Answers turns in a language we do not speak, and leaves all others alone.

    The offer is a question as the handover asks it too, so that a yes is understood there.
    """

    record: CallRecord

    async def hear(self, said: str) -> Sequence[str] | None:
        """Return what is said to a turn without the model; None when it is the model's."""
        language = self.record.language
        return (
            [prompt.OTHER_LANGUAGE[language]] if foreign_to(language, said, FOREIGN_WORDS) else None
        )
