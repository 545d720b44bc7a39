"""Keeps card and social-security numbers that the caller says from everything behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from shop.card_numbers import dangling
from shop.redact import open_digits, redact_across, redact_joined
from shop.said_digits import runs

_MEMORY = 400
"""Characters of the turn that a new final is read together with; a card number needs some 120."""

_FIRST = frozenset("23456")
"""What the numbers of all card schemes begin with."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A final that waits, and what it said before anything in it was replaced."""

    frame: TranscriptionFrame
    said: str


class CardGuard(FrameProcessor):
    """Replaces card numbers and the like in transcriptions; its place is behind the recogniser.

    A number may come in several finals, with pauses between them: every final is read together with
    what was said before in its turn. Digits that may be the first half of a card number are held
    back until the next final shows what they are, or for `hold_s` seconds after the caller has
    fallen silent, unless `number_asked` says that the agent asked for a number that is none. A turn
    that ends in such digits all the same is read together with the next one.

    `found` is called with every number found, at once; `tell` once in a call, when the turn in
    which that happened has ended.
    """

    def __init__(
        self,
        *,
        hold_s: float,
        number_asked: Callable[[], bool],
        found: Callable[[], None],
        tell: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(enable_direct_mode=True)
        self._hold_s = hold_s
        self._number_asked = number_asked
        self._on_found = found
        self._tell = tell
        self._said = ""
        self._turns_before = ""
        self._held: list[_Held] = []
        self._guessed = False
        self._timer: asyncio.Task[None] | None = None
        self._found = False
        self._told = False

    def number_open(self) -> bool:
        """Say whether the caller may be in the middle of a card number."""
        return bool(self._held) or self._guessed

    def may_go_on(self) -> bool:
        """Say whether the last turn ended in what may begin a card number."""
        return any(run.digits[0] in _FIRST for run in runs(self._turns_before))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Read transcriptions, follow the caller's turns, and pass all else on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            await self._final(frame)
            return
        if isinstance(frame, InterimTranscriptionFrame):
            self._interim(frame)
        elif direction is FrameDirection.UPSTREAM:
            await self._follow(frame)
        elif isinstance(frame, EndFrame):
            await self._stop_timer()
            await self._release()
        elif isinstance(frame, CancelFrame):
            await self._stop_timer()
        await self.push_frame(frame, direction)

    async def _final(self, frame: TranscriptionFrame) -> None:
        await self._stop_timer()
        self._guessed = False
        self._held.append(_Held(frame, frame.text))
        parts = [self._said, *(held.said for held in self._held)]
        redacted = redact_joined(parts)
        if redacted[1:] == parts[1:]:
            redacted = redact_across([self._turns_before, *parts])[1:]
        if redacted[1:] != parts[1:]:
            self._found = True
            self._on_found()
            for held, text in zip(self._held, redacted[1:], strict=True):
                held.frame.text = text
        elif dangling(" ".join(parts).strip()) and not self._number_asked():
            self._timer = self.create_task(self._wait())
            return
        await self._release()

    def _interim(self, frame: InterimTranscriptionFrame) -> None:
        parts = [self._said, *(held.said for held in self._held), frame.text]
        # Only the final of these words decides, so nothing is noted here.
        redacted = redact_joined(parts)[-1]
        self._guessed = redacted != frame.text or dangling(" ".join(parts).strip())
        frame.text = redacted

    async def _follow(self, frame: Frame) -> None:
        """Follow the caller's turns, which the aggregator tells of upstream."""
        if isinstance(frame, VADUserStartedSpeakingFrame):
            await self._stop_timer()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._held and not self._timer:
            self._timer = self.create_task(self._wait())
        elif isinstance(frame, UserStoppedSpeakingFrame):
            # The next turn may go on where this one broke off, also a third and fourth one.
            self._turns_before = open_digits(f"{self._turns_before} {self._said}")[:_MEMORY]
            self._said = self._said if dangling(self._said) else ""
            self._guessed = False
            if self._found and not self._told:
                self._told = True
                await self._tell()

    async def _wait(self) -> None:
        await asyncio.sleep(self._hold_s)
        self._timer = None
        await self._release()

    async def _release(self) -> None:
        held, self._held = self._held, []
        for one in held:
            # As it was said: what follows may be the rest of the number that was found.
            self._said = f"{self._said} {one.said}".strip()[-_MEMORY:]
            await self.push_frame(one.frame)

    async def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            await self.cancel_task(timer)
