"""Taking a message: what is asked, what is stored, and what may be promised."""

import asyncio
from datetime import datetime
from typing import Literal, Protocol

from loguru import logger

from pipeline import prompt
from pipeline.record import CallRecord
from shop.clock import iso_local
from shop.phone import BadPhone, parse_phone
from shop.promises import call_back_by, speak_promise
from shop.wishes import agrees, calls_it_off, only_acknowledges, wants_person
from store.errors import StoreError
from store.messages import NewMessage

STORE_TIMEOUT_S = 3.0
"""What the caller waits for the database before they are told that it did not work."""

SHORT_WORDS = 5
""" "No, thank you" is a refusal; a longer answer that begins with "no" is a message."""

LONGEST_NAME = 80

Why = Literal["asked", "no_number", "lunch", "closed", "no_answer", "busy", "declined", "failed"]


class MessageBook(Protocol):
    """Where messages are kept; `store.messages.Messages` is the real one."""

    async def add(self, message: NewMessage, at: datetime) -> int:
        """Keep a message; raises StoreError when that fails."""
        ...


class MessageTaking:
    """One message, from the first question to the promise; `over` once nothing more is asked.

    What is promised is said only once the message is stored.
    """

    def __init__(self, record: CallRecord, book: MessageBook, why: Why) -> None:
        self.over = False
        self._record = record
        self._book = book
        self._why = why
        customer = record.call.customer
        self._name = f"{customer.first_name} {customer.last_name}".strip() if customer else ""
        self._number = record.call.caller_phone
        self._calls_from_it = self._number is not None
        self._text = ""
        self._asked: Literal["text", "name", "number"] = "text"
        self._tries = 0
        self._stored = False

    async def hear(self, said: str) -> list[str]:
        """Take what the caller says next; return our answer."""
        if self._asked == "text":
            return await self._hear_text(said)
        if self._asked == "name":
            self._name = "" if agrees(said) is False else said.strip()[:LONGEST_NAME]
            return await self._next()
        return await self._hear_number(said)

    async def keep(self) -> None:
        """Store what was dictated by a caller who hung up before the end: it was meant."""
        if self._text and not self._stored:
            await self._save(promised="")

    async def _hear_text(self, said: str) -> list[str]:
        short = len(said.split()) <= SHORT_WORDS
        if short and (agrees(said) is False or calls_it_off(said)):
            self.over = True
            return [prompt.NO_MESSAGE, prompt.ANYTHING_ELSE]
        if only_acknowledges(said) or (short and wants_person(said)):
            return [prompt.ASK_MESSAGE_AGAIN]
        self._text = said.strip()
        return await self._next()

    async def _hear_number(self, said: str) -> list[str]:
        self._tries += 1
        try:
            self._number = parse_phone(said)
        except BadPhone:
            if self._tries < 2 and agrees(said) is not False:
                return [prompt.ASK_NUMBER_AGAIN]
        return await self._finish()

    async def _next(self) -> list[str]:
        if not self._name and self._asked == "text":
            self._asked = "name"
            return [prompt.ASK_NAME]
        if self._number is None:
            self._asked = "number"
            return [prompt.ASK_NUMBER]
        return await self._finish()

    async def _finish(self) -> list[str]:
        self.over = True
        call = self._record.call
        now = call.clock.now()
        promised = prompt.NO_NUMBER_NO_CALL
        if self._number is not None:
            promised = speak_promise(call.shop, call_back_by(call.shop, now), now)
        if not await self._save(promised):
            return [prompt.MESSAGE_LOST]
        return [prompt.MESSAGE_TAKEN, promised, prompt.ANYTHING_ELSE]

    async def _save(self, promised: str) -> bool:
        """Store the message; False when the database does not take it."""
        call = self._record.call
        now = call.clock.now()
        message = NewMessage(
            call_sid=call.call_sid,
            text=self._text,
            reason=self._why,
            promised=promised,
            due_at=call_back_by(call.shop, now) if self._number is not None else None,
            from_number=self._number,
            name=self._name,
            customer_id=call.customer.id if call.customer else None,
        )
        log = logger.bind(call_sid=call.call_sid, why=self._why)
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                message_id = await self._book.add(message, now)
        except (StoreError, TimeoutError) as exc:
            log.bind(error=type(exc).__name__).error("message_lost")
            return False
        self._stored = True
        due = message.due_at and iso_local(message.due_at, call.shop.zone)
        done = {"message_id": message_id, "due_at": due, "promised": promised}
        self._record.did("take_message", done)
        log.bind(message_id=message_id).info("message_taken")
        return True
