"""Names that a voice would read wrongly, marked up for it beside the text."""

import re
from collections.abc import Mapping

from pipecat.services.deepgram.tts import DeepgramTTSService
from pipecat.utils.text.transforms.pronunciations import PronunciationTransform

from shop.spoken_cars import PRONUNCIATIONS


def pronunciations(
    voice: str, table: Mapping[str, str] = PRONUNCIATIONS
) -> list[tuple[str, PronunciationTransform]]:
    """Return the voice's text transforms: names that it would read wrongly, in the vendor's markup.

    Only Aura-2 reads it, and the table is for English. Pipecat leaves the context the plain word.
    """
    if not (voice.startswith("aura-2-") and voice.endswith("-en")):
        return []
    return [("*", DeepgramTTSService.pronunciation_transform_ipa(table))]


_MARKED_UP = re.compile(r'\\\{"word": "([^"]*)", "pronounce": "[^"]*"\\\}')


def as_written(text: str) -> str:
    """Return `text` with the plain word in place of its markup, for whoever counts words."""
    return _MARKED_UP.sub(r"\1", text)
