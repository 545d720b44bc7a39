"""A person when needed: the shop is called while the caller waits, or a message is taken."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

from loguru import logger

from pipeline import prompt, turns
from pipeline.briefing import briefing
from pipeline.carrier import CarrierError
from pipeline.message_taking import MessageBook, MessageTaking, Why
from pipeline.person_call import PersonCall
from pipeline.record import CallRecord
from pipeline.transfers import Transfers
from shop.holding import asks_to_hold, is_aside
from shop.offers import Offer, announces_transfer, did_not_understand, offers
from shop.promises import absence, speak_absence
from shop.wishes import agrees, calls_it_off, only_acknowledges, wants_message, wants_person

State = Literal["idle", "calling", "message"]
Reason = Literal["asked", "key", "offered", "announced"]
"""What set a handover off: the caller's words or key, a yes to an offer, the model's own words."""

_PAST = re.compile(r"\b(?:I've|I have|you've|you have|you are|you're|has|been)\b", re.IGNORECASE)
"""In a sentence that announces a transfer: it says that it has been done."""

_FAILED = frozenset({"unavailable", "internal", "calendar_unavailable"})


@dataclass(frozen=True, slots=True)
class Line:
    """What a handover does to the caller's line: `say` a sentence; `watch` says whether the
    caller's silence is answered from now on."""

    say: Callable[[str], Awaitable[None]]
    watch: Callable[[bool], Awaitable[None]]


class Handover:
    """One call's way to a person: idle -> calling -> gone | message -> idle.

    `hear` answers caller's turns that the model need not see, `heard_agent` and `announced` watch
    what the agent says, `ask` is for keys. `close` it when the call's stream is over.
    """

    def __init__(
        self,
        record: CallRecord,
        book: MessageBook,
        transfers: Transfers,
        line: Line,
        times: turns.HandoverTimes = turns.HANDOVER,
    ) -> None:
        self.state: State = "idle"
        self._record = record
        self._book = book
        self._transfers = transfers
        self._line = line
        self._times = times
        self._person: PersonCall | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._message: MessageTaking | None = None
        self._offered: Offer | None = None
        self._just_offered = False
        self._nobody_came = False
        self._failures = 0
        self._tools_seen = 0
        self._turn_is_new = True
        self._holding = False
        self._caller_silent = asyncio.Event()
        self._caller_silent.set()

    async def ask(self, reason: Reason) -> None:
        """Get a person, for a caller who did not say so in words; says what happens."""
        if self.state == "calling":
            return
        if self._message is not None:
            await self._message.keep()
        await self._line.say(" ".join(await self._begin(reason)))

    async def ask_by_key(self, _reason: str) -> None:
        """Get a person for a caller who pressed the key for one."""
        await self.ask("key")

    async def hear(self, said: str) -> list[str] | None:
        """Answer a caller's turn, perhaps with nothing; None leaves it to the model."""
        if not said:
            return [] if self.state == "calling" else None
        offered, self._offered = self._offered, None
        if self.state == "calling":
            return await self._hear_waiting(said)
        if self._message is not None and self._turn_is_new:
            if self._is_no_dictation(said):
                return None
            answer = await self._message.hear(said)
            if self._message.over:
                self._message, self.state = None, "idle"
            return answer
        if wants_person(said):
            return await self._begin("asked")
        if offered == "person" and agrees(said):
            return await self._begin("offered")
        if wants_message(said) or (offered == "message" and agrees(said)):
            return self._take_message("asked")
        return None

    def _is_no_dictation(self, said: str) -> bool:
        """Say whether a caller who leaves a message asks us to wait, or talks to somebody else."""
        asks = asks_to_hold(said)
        aside = self._holding and is_aside(said)
        self._holding = asks or aside
        return self._holding

    def makes_true(self, sentence: str) -> bool:
        """Say whether `announced` acts on a sentence, so that it is no lie when it is heard."""
        return self.state != "message" and announces_transfer(sentence)

    async def announced(self, sentence: str) -> list[str] | None:
        """Make it true that the model announces a transfer; return what is said instead of it."""
        if not self.makes_true(sentence):
            return None
        if self.state == "calling":
            return [prompt.STILL_CALLING[1]]
        answer = await self._begin("announced")
        # Only words that lie ahead may be heard as they are; closed hours replace them all.
        ahead = self._waiting is not None and not _PAST.search(sentence)
        return [sentence, *answer] if ahead else answer

    async def heard_agent(self, said: str, *, interrupted: bool) -> None:
        """Note what the agent said: an offer, or one more attempt that came to nothing."""
        offered = offers(said)
        # Our own offer stands, in whatever language it was heard.
        if offered or not (interrupted or self._just_offered):
            self._offered = offered
        self._just_offered = False
        tools, self._tools_seen = self._record.tools[self._tools_seen :], len(self._record.tools)
        failed = any(tool.outcome in _FAILED for tool in tools)
        worked = any(tool.outcome == "ok" for tool in tools)
        stuck = did_not_understand(said) or (failed and not worked)
        self._failures = self._failures + 1 if stuck else 0
        if self._failures >= turns.FAILURES_BEFORE_A_PERSON and self.state == "idle":
            self._failures = 0
            await self._offer()

    def caller_speaks(self, speaking: bool) -> None:
        """Note whether the caller is speaking; nothing of ours is said into it."""
        if speaking:
            self._turn_is_new = True
            self._caller_silent.clear()
        else:
            self._caller_silent.set()

    async def close(self) -> None:
        """Leave nothing behind: no ringing phone, no dictated message. Never raises.

        A stream that ended while the person was on the line was ended by the carrier, which has
        moved the caller to them.
        """
        person = self._person
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
        if person is not None:
            if await self._caller_was_moved(person):
                self._record.ended_by = "transfer"
                self._record.did("transfer", {})
            else:
                await person.stop()
        if self._message is not None:
            await self._message.keep()

    async def _hear_waiting(self, said: str) -> list[str] | None:
        if calls_it_off(said):
            await self._stop_calling()
            return [prompt.CALL_STOPPED]
        if wants_person(said) or only_acknowledges(said) or asks_to_hold(said):
            return []
        if wants_message(said):
            await self._stop_calling()
            return self._take_message("asked")
        return None

    async def _begin(self, reason: Reason) -> list[str]:
        call = self._record.call
        now = call.clock.now()
        absent = absence(call.shop, now)
        number = call.shop.transfer_number
        logger.bind(call_sid=call.call_sid, reason=reason).info("person_wanted")
        if absent is not None:
            return self._take_message(absent.why, speak_absence(call.shop, absent, now))
        if number is None:
            return self._take_message("no_number", prompt.NO_ONE_TO_CALL)
        if self._nobody_came:
            return self._take_message("no_answer", prompt.NOBODY_CAME)
        token = self._transfers.issue(call.call_sid, call.trust)
        invitation = self._transfers.invitation(number, token, briefing(self._record))
        self._message = None
        self.state = "calling"
        self._person = PersonCall(self._transfers.calls, invitation, self._times)
        self._waiting = asyncio.create_task(self._wait(self._person))
        await self._line.watch(False)
        return [prompt.CALLING_PERSON]

    async def _wait(self, person: PersonCall) -> None:
        """Keep the caller informed until it is clear that nobody comes; then take a message."""
        calling = asyncio.create_task(person.missed())
        updates = cycle(prompt.STILL_CALLING)
        try:
            while True:
                done, _ = await asyncio.wait({calling}, timeout=self._times.update_every_s)
                if done:
                    break
                if self._caller_silent.is_set():
                    await self._line.say(next(updates))
            why = calling.result()
        except asyncio.CancelledError:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
            raise
        except Exception:
            logger.bind(call_sid=self._record.call.call_sid).exception("handover_bug")
            why = "failed"
        logger.bind(call_sid=self._record.call.call_sid, why=why).info("nobody_came")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._times.update_every_s):
                await self._caller_silent.wait()
        self._person = self._waiting = None
        self._nobody_came = True
        await self._line.say(" ".join(self._take_message(why, prompt.NOBODY_CAME)))
        await self._line.watch(True)

    async def _stop_calling(self) -> None:
        person, waiting = self._person, self._waiting
        self._person = self._waiting = None
        self.state = "idle"
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        if person is not None:
            await person.stop()
        await self._line.watch(True)

    def _take_message(self, why: Why, reason: str = "") -> list[str]:
        self.state = "message"
        self._message = MessageTaking(self._record, self._book, why)
        # A turn that is still on its way to us was not said in answer to this.
        self._turn_is_new = False
        return [reason, prompt.ASK_MESSAGE] if reason else [prompt.ASK_MESSAGE]

    async def _offer(self) -> None:
        """Offer what can be had: a person, or else a message; nothing that was just offered."""
        call = self._record.call
        there = absence(call.shop, call.clock.now()) is None and call.shop.transfer_number
        wanted: Offer = "person" if there and not self._nobody_came else "message"
        if self._offered == wanted or (wanted == "message" and self._offered):
            return
        self._offered, self._just_offered = wanted, True
        await self._line.say(prompt.OFFER_PERSON if wanted == "person" else prompt.OFFER_MESSAGE)

    async def _caller_was_moved(self, person: PersonCall) -> bool:
        """Say whether the caller is still on the phone, and so is the person.

        Asked twice: the carrier ends a stream before it says that the caller has hung up.
        """
        if not await person.taken():
            return False
        await asyncio.sleep(self._times.poll_s)
        try:
            caller = await self._transfers.calls.get(self._record.call.call_sid)
        except CarrierError:
            return False
        return not caller.over and await person.taken()
