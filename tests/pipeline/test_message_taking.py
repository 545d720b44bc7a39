"""The few questions of a message, what is stored of the answers, and what is promised."""

import asyncio
from datetime import datetime

import pytest
from handover_world import NIGHT, OPEN, FakeBook, desk

from pipeline import prompt
from pipeline.message_taking import MessageTaking
from store.messages import NewMessage

pytestmark = pytest.mark.unit

TEXT = "Please tell Mike that the brakes squeal."


async def test_a_caller_not_on_file_is_asked_for_a_name() -> None:
    """A message from nobody in particular helps nobody: the name is asked once."""
    at = desk(customer=None, phone="+15035550190")
    taking = MessageTaking(at.record, at.book, "asked")
    assert await taking.hear(TEXT) == [prompt.ASK_NAME]
    answer = await taking.hear("Ann Lee.")
    assert answer[0] == prompt.MESSAGE_TAKEN and taking.over
    [kept] = at.book.kept
    assert (kept.text, kept.name, kept.from_number) == (TEXT, "Ann Lee.", "+15035550190")


async def test_a_withheld_number_is_asked_for() -> None:
    """Without a number nobody can call back; what the caller says is read as one."""
    at = desk(customer=None, phone=None)
    taking = MessageTaking(at.record, at.book, "asked")
    await taking.hear(TEXT)
    assert await taking.hear("I'd rather not say") == [prompt.ASK_NUMBER]
    assert await taking.hear("five five five") == [prompt.ASK_NUMBER_AGAIN]
    answer = await taking.hear("503 555 0190")
    assert answer[1].startswith("Someone will call you back")
    assert at.book.kept[0].from_number == "+15035550190"


async def test_without_a_number_nothing_is_promised() -> None:
    """A message that nobody can answer is kept, without a deadline and without a lie."""
    at = desk(customer=None, phone=None)
    taking = MessageTaking(at.record, at.book, "asked")
    await taking.hear(TEXT)
    await taking.hear("Ann")
    answer = await taking.hear("No, I don't want to give it.")
    assert answer == [prompt.MESSAGE_TAKEN, prompt.NO_NUMBER_NO_CALL, prompt.ANYTHING_ELSE]
    [kept] = at.book.kept
    assert (kept.due_at, kept.from_number) == (None, None)


@pytest.mark.parametrize("said", ["No thanks.", "Never mind.", "No.", "Forget it."])
async def test_a_caller_may_leave_no_message(said: str) -> None:
    """A refusal ends it, and nothing is stored."""
    at = desk()
    taking = MessageTaking(at.record, at.book, "closed")
    assert await taking.hear(said) == [prompt.NO_MESSAGE, prompt.ANYTHING_ELSE]
    assert taking.over and at.book.kept == []


@pytest.mark.parametrize("said", ["Yes, please.", "Okay.", "Sure.", "A real person please."])
async def test_an_answer_that_is_no_message_yet_is_waited_for(said: str) -> None:
    """ "Yes, please" is agreement to leave one, not the message."""
    at = desk()
    taking = MessageTaking(at.record, at.book, "closed")
    assert await taking.hear(said) == [prompt.ASK_MESSAGE_AGAIN]
    assert not taking.over


async def test_a_message_may_begin_with_no() -> None:
    """Only a short no is a refusal."""
    at = desk()
    taking = MessageTaking(at.record, at.book, "closed")
    await taking.hear("No, just tell them that I'll be ten minutes late tomorrow.")
    assert at.book.kept[0].text.startswith("No, just tell them")


async def test_the_promise_is_kept_with_the_message() -> None:
    """What is stored is what was said, and the deadline is the one spoken of."""
    at = desk(now=NIGHT)
    taking = MessageTaking(at.record, at.book, "closed")
    answer = await taking.hear(TEXT)
    [kept] = at.book.kept
    assert answer[1] == kept.promised
    assert kept.promised == "Someone will call you back tomorrow by eleven in the morning."
    assert kept.due_at == datetime.fromisoformat("2026-11-25T19:00:00+00:00")


async def test_a_database_that_is_away_is_admitted() -> None:
    """Nothing is promised for words that were not stored."""
    at = desk()
    at.book.away = True
    taking = MessageTaking(at.record, at.book, "declined")
    assert await taking.hear(TEXT) == [prompt.MESSAGE_LOST]
    assert taking.over and at.record.done_here == []
    assert at.record.outcome != "message"


async def test_a_database_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller waits for the database a moment and not for ever."""

    class Hanging(FakeBook):
        async def add(self, message: NewMessage, at: datetime) -> int:
            await asyncio.Event().wait()
            return 0

    monkeypatch.setattr("pipeline.message_taking.STORE_TIMEOUT_S", 0.02)
    at = desk()
    assert await MessageTaking(at.record, Hanging(), "asked").hear(TEXT) == [prompt.MESSAGE_LOST]


async def test_what_was_dictated_before_a_hang_up_is_kept() -> None:
    """A caller who hangs up at the question for the name has left a message all the same."""
    at = desk(customer=None, phone="+15035550190", now=OPEN)
    taking = MessageTaking(at.record, at.book, "busy")
    await taking.keep()
    assert at.book.kept == []
    await taking.hear(TEXT)
    await taking.keep()
    await taking.keep()
    [kept] = at.book.kept
    assert (kept.text, kept.promised) == (TEXT, "")
    assert kept.due_at is not None
