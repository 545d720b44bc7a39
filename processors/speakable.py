"""Makes the model's sentences fit for a voice: in words, not too long, one question at a time."""

import re
from collections.abc import Callable, Iterator

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.text.transforms.strip_markdown import strip_markdown

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
_SPLITS = (
    re.compile(r"[;:]\s+|\s+[\u2013\u2014]\s+"),
    re.compile(r",\s+(?=(?:and|but|or|so|because|which|then|y|o|pero|porque)\b)"),
    re.compile(r",\s+"),
)
"""Where a long sentence may be cut, the best places first; the marks stay with what precedes."""

_GOES_ON = re.compile(r"(?:or|o)\b", re.IGNORECASE)


class Speakable(FrameProcessor):
    """Rewrites sentences on their way to the voice; its place is behind the claim gate.

    `say` turns a sentence into words (`shop.spoken`), empty when nothing of it is for the ear. What
    it makes is what the voice, the context and the log all hold, since the words heard are counted
    on it. Sentences longer than `longest_chars` are cut at a pause: their sound starts sooner.

    Callers answer one question at a time: after the first of a response, further ones are left out,
    and leave no trace. "Or ...?" belongs to the question before it. What is not the model's, a
    `TTSSpeakFrame` that is, passes untouched.
    """

    def __init__(self, say: Callable[[str], str], *, longest_chars: int) -> None:
        super().__init__()
        self._say = say
        self._longest_chars = longest_chars
        self._asked = False
        self._asking = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Rewrite a sentence of the model's; pass all else on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMFullResponseStartFrame | InterruptionFrame):
            self._asked = self._asking = False
        if isinstance(frame, AggregatedTextFrame) and not frame.skip_tts:
            await self._speak(frame)
            return
        await self.push_frame(frame, direction)

    async def _speak(self, frame: AggregatedTextFrame) -> None:
        said = self._say(await strip_markdown(frame.text, frame.text_type))
        kept = " ".join(s for s in _SENTENCE_END.split(said) if self._may_be_said(s))
        for part in _breaths(kept, self._longest_chars):
            sentence = AggregatedTextFrame(part, frame.text_type, raw_text=part)
            sentence.skip_tts = frame.skip_tts
            sentence.append_to_context = frame.append_to_context
            await self.push_frame(sentence)

    def _may_be_said(self, sentence: str) -> bool:
        if not sentence.rstrip("\"')\u201d").endswith("?"):
            self._asking = False
            return True
        first = not self._asked or (self._asking and bool(_GOES_ON.match(sentence)))
        self._asked = True
        self._asking = first
        return first


def _breaths(text: str, longest: int) -> Iterator[str]:
    """Yield `text` in parts of at most `longest` characters, as far as it has pauses."""
    while len(text) > longest:
        cut = _pause(text, longest)
        if cut is None:
            break
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _pause(text: str, longest: int) -> int | None:
    """Return where to cut: the last good pause in the second half of what fits."""
    for split in (_SENTENCE_END, *_SPLITS):
        ends = [m.end() for m in split.finditer(text, longest // 2) if m.end() <= longest]
        if ends:
            return ends[-1]
    return None
