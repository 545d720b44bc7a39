"""Bugs of how it talks: when it speaks, stops and waits, and what it believes that it said."""

import asyncio
from typing import Any

from pipecat.frames.frames import Frame, LLMContextFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.openai.llm import OpenAILLMService

from pipeline import prompt
from pipeline.ending import Ending
from pipeline.playback import PlaybackOutput
from processors.barge_in import BargeInUserTurnStartStrategy
from processors.claim_gate import ClaimGate
from processors.heard_words import HeardWords
from processors.keypad import Keypad
from processors.never_silent import NeverSilent
from processors.own_language import OwnLanguage
from processors.reception import Reception
from processors.speakable import Speakable
from processors.turn_end import TurnEnd
from qa.mutants.planting import mutant, nothing, pass_on, replace

LATE_S = 3.0


@mutant("says whatever the model claims", "lying-model", "model-says-another-day")
def believes_the_model() -> None:
    """Let every sentence through."""

    async def judge(self: ClaimGate, piece: str) -> None:
        if piece.strip():
            await self._say(piece)

    replace(ClaimGate, "_judge", judge)


@mutant("talks on when the caller interrupts", "one-word-stops-the-agent", "barge-in-cuts-the-line")
def ignores_barge_in() -> None:
    """Hear nothing while speaking."""

    async def on_audio(self: Any, frame: Any) -> None:
        self._now_s += frame.num_frames / frame.sample_rate

    replace(BargeInUserTurnStartStrategy, "_meant_for_agent", lambda self, *_: not self._talking)
    replace(BargeInUserTurnStartStrategy, "_on_audio", on_audio)


@mutant(
    "stops for every sound of the caller",
    "backchannel-does-not-stop-the-agent",
    "cough-does-not-stop-the-agent",
)
def stops_for_every_sound() -> None:
    """Take the turn as soon as there is voice, as Pipecat does by default."""

    async def on_voice(self: Any) -> None:
        if not self._in_turn:
            await self._start()

    replace(BargeInUserTurnStartStrategy, "_on_voice", on_voice)
    replace(BargeInUserTurnStartStrategy, "_meant_for_agent", lambda *_: True)


@mutant("leaves what it had sent in the carrier's buffer", "one-word-stops-the-agent")
def forgets_to_clear() -> None:
    """Stop sending, and let the carrier play on."""
    replace(PlaybackOutput, "clear_carrier", nothing)


@mutant(
    "takes all that it wanted to say for heard",
    "barge-in-cuts-the-line",
    "one-word-stops-the-agent",
)
def believes_all_was_heard() -> None:
    """Let words into the context before they are played, as Pipecat does by default."""

    async def hold(self: HeardWords, frame: Any) -> None:
        for word in (frame.raw_text or frame.text).split():
            await self._let_go(word, frame)

    replace(HeardWords, "_hold", hold)


@mutant(
    "answers into the caller's pauses",
    "thinks-in-the-middle-of-a-sentence",
    "phone-number-with-pauses",
)
def talks_into_pauses() -> None:
    """End every turn with the first silence."""
    replace(TurnEnd, "_due", lambda self, quiet_at: (quiet_at, "silence"))


@mutant("lets the caller wait after every turn", "yes-is-answered-quickly")
def answers_late() -> None:
    """Wait three seconds more before a turn counts as over."""
    due = TurnEnd._due

    def late(self: TurnEnd, quiet_at: float) -> Any:
        at, why = due(self, quiet_at)
        return at + LATE_S, why

    replace(TurnEnd, "_due", late)


@mutant(
    "is silent while a tool or the model takes long",
    "filler-while-a-tool-takes-long",
    "slow-model-is-bridged",
)
def is_silent_while_working() -> None:
    """Say nothing meanwhile."""
    replace(NeverSilent, "_fill_after", nothing)


@mutant("announces every tool", "no-filler-while-tools-are-fast")
def announces_everything() -> None:
    """Fill a wait before it is one."""
    fill = NeverSilent._fill_after

    async def at_once(self: NeverSilent, _: float) -> None:
        await fill(self, 0.0)

    replace(NeverSilent, "_fill_after", at_once)


@mutant("says nothing after an empty reply of the model", "empty-model-reply")
def accepts_empty_replies() -> None:
    """Do not notice that nothing was said."""
    replace(NeverSilent, "_apologise", nothing)


@mutant("waits for a silent caller for ever", "silence-is-asked-about-twice", "wrong-number")
def never_asks_again() -> None:
    """Do nothing about silence."""
    replace(Ending, "silence", nothing)


@mutant("hears no keys", "key-one-means-yes", "keys-a-phone-number", "zero-gets-a-person")
def hears_no_keys() -> None:
    """Let keys fall."""
    replace(Keypad, "_take", nothing)


@mutant("asks a caller who is holding whether they are there", "holds-the-line")
def does_not_hold() -> None:
    """Let silence count as ever."""
    replace(Ending, "hold", nothing)


@mutant("reads out what is not for the ear", "asks-hours-prices-and-address", "known-caller-books")
def speaks_as_written() -> None:
    """Leave sentences as the model wrote them."""
    replace(Speakable, "process_frame", pass_on)


@mutant("speaks English to a caller of a Spanish line", "spanish-line-greets-in-spanish")
def speaks_english_only() -> None:
    """Leave our own sentences untranslated."""
    replace(OwnLanguage, "process_frame", pass_on)


@mutant("does not say that it records", "call-is-recorded")
def records_in_secret() -> None:
    """Leave the announcement out."""
    replace(prompt, "_RECORDED", "")


@mutant(
    "does not hear that a person is wanted",
    "asks-for-a-person",
    "second-failure-offers-a-person",
)
def keeps_callers_from_people() -> None:
    """Leave every wish to the model."""

    async def unanswered(self: Reception, said: str) -> None:
        return None

    replace(Reception, "_answered", unanswered)


@mutant("talks to a voicemail greeting", "voicemail-greeting-ends-the-call")
def talks_to_machines() -> None:
    """Do not notice one."""
    replace(Ending, "hang_up_on_machine", nothing)


@mutant("gives each answer twice", "yes-is-answered-quickly", "asks-hours-prices-and-address")
def says_everything_twice() -> None:
    """Let every sentence out two times."""

    async def say(self: ClaimGate, text: str) -> None:
        await once(self, text)
        await once(self, text)

    once = replace(ClaimGate, "_say", say)


@mutant("asks the model only after three seconds", "yes-is-answered-quickly")
def thinks_before_thinking() -> None:
    """Delay what the model is asked."""
    process = OpenAILLMService.process_frame

    async def late(self: OpenAILLMService, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMContextFrame):
            await asyncio.sleep(LATE_S)
        await process(self, frame, direction)

    replace(OpenAILLMService, "process_frame", late)
