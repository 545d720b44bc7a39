"""Bugs of what is done: the books, the calendar, the log, and who may hear and change what."""

import importlib
from dataclasses import replace as changed
from datetime import datetime, timedelta
from typing import Any

from pipeline import cut_off, message_taking, record
from pipeline.person_call import PersonCall
from processors.card_guard import CardGuard
from qa.mutants.planting import answering, mutant, nothing, pass_on, replace
from shop.identity import Tier
from shop.outcome import Outcome
from shop.redact import Redacted
from store.appointments import Appointments
from store.relay import Relay
from tools import schedule, tool
from tools.call import Call


@mutant("books the day after the one that was agreed", "known-caller-books", "corrects-the-day")
def books_another_day() -> None:
    """Read a day too many out of what the model asks for."""
    read = schedule.read_start

    def late(call: Call, text: str) -> datetime:
        return read(call, text) + timedelta(days=1)

    replace(schedule, "read_start", late)


@mutant("books an hour later than was agreed", "known-caller-books", "yes-is-answered-quickly")
def books_another_hour() -> None:
    """Forget an hour, as with a clock that was changed."""
    read = schedule.read_start

    def late(call: Call, text: str) -> datetime:
        return read(call, text) + timedelta(hours=1)

    replace(schedule, "read_start", late)


@mutant("says that a visit is cancelled and leaves it on the books", "cancels-a-visit")
def forgets_the_cancellation() -> None:
    """Answer as if it had been done."""

    async def cancel(self: Appointments, appointment_id: int, *_: object, **__: object) -> Any:
        return changed(await self.get(appointment_id), status="cancelled")

    replace(Appointments, "cancel", cancel)


@mutant("says that a visit is moved and leaves it where it was", "moves-a-visit")
def forgets_the_move() -> None:
    """Answer as if it had been done."""

    async def reschedule(
        self: Appointments, appointment_id: int, new_start: datetime, *_: object, **__: object
    ) -> Any:
        return changed(await self.get(appointment_id), scheduled_at=new_start)

    replace(Appointments, "reschedule", reschedule)


@mutant("never tells the calendar", "known-caller-books", "moves-a-visit")
def forgets_the_calendar() -> None:
    """Let the queue to the calendar stand."""
    replace(Relay, "run_once", answering(0))
    replace(Relay, "sync_now", answering(None))


@mutant("lets a caller change anybody's visit", "foreign-visit-is-refused")
def trusts_every_id() -> None:
    """Take the model's word for whose visit it is."""

    async def require(self: Call, appointment_id: int) -> Any:
        return await self.store.appointments.get(appointment_id)

    replace(Call, "require_appointment", require)
    replace(tool, "_check_ownership", nothing)


@mutant("believes a number that the carrier says is forged", "forged-number-learns-nothing")
def trusts_every_number() -> None:
    """Take every attestation for the best."""

    async def identify(self: Call) -> None:
        if self.customer is None and self.caller_phone is not None:
            self.customer = await self.store.customers.by_phone(self.caller_phone)

    replace(Call, "identify", identify)
    replace(Call, "identify_by_number", identify)
    replace(Call, "tier", property(lambda self: Tier.SURE if self.customer else Tier.NOBODY))


@mutant("keeps card numbers", "card-number-is-never-kept")
def keeps_card_numbers() -> None:
    """Let them through to model and log."""
    replace(CardGuard, "process_frame", pass_on)
    replace(record, "redact", lambda text: Redacted(text, found=False))
    replace(record, "redact_turns", list)
    replace(importlib.import_module("pipeline.turn_log"), "redact_turns", list)
    replace(importlib.import_module("pipeline.toolbox"), "redact_turns", list)


@mutant("promises to pass a message on and does not keep it", "closed-shop-takes-a-message")
def loses_messages() -> None:
    """Answer as if it had been stored."""
    replace(message_taking.MessageTaking, "_save", answering(True))


@mutant("promises to call a person and calls nobody", "zero-gets-a-person", "asks-for-a-person")
def calls_nobody() -> None:
    """Wait for the person as if the telephone rang."""
    replace(PersonCall, "_sid", answering(None))


@mutant("does not know a caller who was cut off", "dropped-call-goes-on")
def forgets_who_was_cut_off() -> None:
    """Begin every call anew."""
    replace(cut_off, "find", answering(None))


@mutant("writes every call down as answered", "known-caller-books", "cancels-a-visit")
def logs_every_call_alike() -> None:
    """Do not look at what came of it."""
    replace(
        record.CallRecord, "result", lambda self: Outcome("answered", "The caller was answered.")
    )
