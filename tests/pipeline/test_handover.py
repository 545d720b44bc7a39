"""The way to a person: called, waited for, not come; closed; the message; and nothing left over."""

import asyncio
from datetime import datetime

import pytest
from handover_world import (
    CALL_SID,
    LUNCH,
    NIGHT,
    PERSON_SID,
    QUICK,
    Desk,
    desk,
    without_number,
)

from pipeline import prompt, turns
from pipeline.carrier import CallStatus, CarrierRefused, CarrierUnavailable
from pipeline.record import ToolUse
from pipeline.turns import HandoverTimes

pytestmark = pytest.mark.unit

WISH = "Can I talk to a real person?"
PROMISE = "Someone will call you back today by one fifteen in the afternoon."


async def test_a_wish_calls_the_shops_person(capsys: pytest.CaptureFixture[str]) -> None:
    """The caller hears that somebody is called; the person's phone rings with a briefing."""
    at = desk()
    assert await at.caller(WISH) == [prompt.CALLING_PERSON]
    await at.calls.until(lambda: bool(at.calls.placed))
    [call] = at.calls.placed
    assert call.to_number == "+15035550199"
    assert "Dana Whitfield" in call.twiml and prompt.PRESS_A_KEY in call.twiml
    assert call.timeout_s == turns.HANDOVER.ring_s
    assert at.handover.state == "calling"
    assert at.watched == [False]
    await at.handover.close()


async def test_the_caller_hears_updates_but_not_into_their_own_words() -> None:
    """While it rings there is an honest word now and then; never while the caller speaks."""
    at = desk()
    await at.caller(WISH)
    await at.until_said(prompt.STILL_CALLING[0])
    at.handover.caller_speaks(True)
    quiet = len(at.said)
    await asyncio.sleep(QUICK.update_every_s * 3)  # updates that must not come
    assert len(at.said) == quiet
    at.handover.caller_speaks(False)
    await at.until_said(prompt.STILL_CALLING[1])
    await at.handover.close()


@pytest.mark.parametrize(
    ("status", "why"),
    [("no-answer", "no_answer"), ("busy", "busy"), ("failed", "failed"),
     ("completed", "declined"), ("canceled", "no_answer")],
)  # fmt: skip
async def test_nobody_comes_and_a_message_is_taken(status: CallStatus, why: str) -> None:
    """However the call to the person ends, the caller is told, and what they say is kept."""
    at = desk()
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    at.calls.statuses[PERSON_SID] = status
    await at.until_said(prompt.ASK_MESSAGE)
    assert at.said[-1] == f"{prompt.NOBODY_CAME} {prompt.ASK_MESSAGE}"
    answer = await at.caller("Please tell them the brakes squeal again.")
    assert answer == [prompt.MESSAGE_TAKEN, PROMISE, prompt.ANYTHING_ELSE]
    [kept] = at.book.kept
    assert (kept.text, kept.reason) == ("Please tell them the brakes squeal again.", why)
    assert (kept.name, kept.from_number, kept.customer_id) == ("Dana Whitfield", "+15035550142", 7)
    assert kept.promised == PROMISE
    assert kept.due_at == datetime.fromisoformat("2026-11-24T21:15:00+00:00")
    assert at.handover.state == "idle"
    assert at.watched == [False, True]
    assert at.record.outcome == "message"
    assert at.record.done_here == [
        ("take_message", {"message_id": 1, "due_at": "2026-11-24T13:15:00", "promised": PROMISE})
    ]
    await at.handover.close()


@pytest.mark.parametrize(
    "error", [CarrierRefused("400: 21211", 21211), CarrierUnavailable("no answer")]
)
async def test_a_carrier_that_does_not_call_leads_to_a_message(error: Exception) -> None:
    """When no call can be placed at all, the caller is told at once."""
    at = desk()
    at.calls.errors["create"] = [error]  # type: ignore[list-item]
    await at.caller(WISH)
    await at.until_said(prompt.ASK_MESSAGE)
    assert at.said == [f"{prompt.NOBODY_CAME} {prompt.ASK_MESSAGE}"]


async def test_a_carrier_that_loses_answers_is_asked_again() -> None:
    """A failed look at the person's call is no news about it."""
    at = desk()
    at.calls.errors["get"] = [CarrierUnavailable("slow")] * 3
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    at.calls.statuses[PERSON_SID] = "busy"
    await at.until_said(prompt.ASK_MESSAGE)
    assert at.calls.errors["get"] == []


async def test_a_phone_that_rings_for_ever_is_given_up() -> None:
    """After the limit the person's phone is silenced and the message is taken."""
    at = desk(times=HandoverTimes(update_every_s=1.0, poll_s=0.005, limit_s=0.03))
    await at.caller(WISH)
    await at.until_said(prompt.ASK_MESSAGE)
    assert at.calls.hung_up == [PERSON_SID]


async def test_the_second_wish_after_nobody_came_takes_a_message() -> None:
    """Somebody who insists is not put through the same ringing again."""
    at = desk()
    await _nobody_comes(at)
    await at.caller("No thanks.")
    assert await at.caller(WISH) == [prompt.NOBODY_CAME, prompt.ASK_MESSAGE]
    assert len(at.calls.placed) == 1


async def test_never_mind_stops_the_ringing() -> None:
    """A caller who calls it off is with the agent again, and no phone rings on."""
    at = desk()
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    assert await at.caller("Oh, never mind, you can do it.") == [prompt.CALL_STOPPED]
    assert at.calls.hung_up == [PERSON_SID]
    assert at.handover.state == "idle"
    assert at.watched == [False, True]
    await at.handover.close()
    assert at.record.outcome == "answered"


async def test_waiting_callers_may_talk_to_the_agent() -> None:
    """Thanks need no answer, a repeated wish neither; a question goes to the model."""
    at = desk()
    await at.caller(WISH)
    assert await at.caller("Okay, thank you.") == []
    assert await at.caller("A real person please!") == []
    assert await at.caller("What are your hours on Saturday?") is None
    assert at.handover.state == "calling"
    await at.handover.close()


async def test_a_waiting_caller_may_rather_leave_word() -> None:
    """Asking to leave a message stops the ringing and takes it."""
    at = desk()
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    assert await at.caller("Can I just leave a message?") == [prompt.ASK_MESSAGE]
    assert at.calls.hung_up == [PERSON_SID]


@pytest.mark.parametrize(
    ("now", "why", "says"),
    [
        (NIGHT, "closed",
         "The shop is closed right now and opens tomorrow at nine in the morning."),
        (LUNCH, "lunch", "Everyone is at lunch until one in the afternoon."),
    ],
)  # fmt: skip
async def test_closed_hours_are_known(now: datetime, why: str, says: str) -> None:
    """Nobody is called when nobody is there; the caller hears until when, and may leave word."""
    at = desk(now=now)
    assert await at.caller(WISH) == [says, prompt.ASK_MESSAGE]
    await at.caller("My car is making that noise again.")
    assert at.calls.placed == []
    assert at.book.kept[0].reason == why


async def test_a_shop_without_a_number_takes_messages() -> None:
    """Where the shop's file names nobody, that is said."""
    at = desk(shop=without_number())
    assert await at.caller(WISH) == [prompt.NO_ONE_TO_CALL, prompt.ASK_MESSAGE]
    await at.caller("Call me about the brakes.")
    assert at.book.kept[0].reason == "no_number"


async def test_the_key_for_a_person_says_what_happens() -> None:
    """Without words of the caller's, the same things are said aloud; pressing again changes
    nothing."""
    at = desk()
    await at.handover.ask("key")
    await at.handover.ask("key")
    assert at.said == [prompt.CALLING_PERSON]
    await at.handover.close()


async def test_words_on_their_way_are_no_message() -> None:
    """A turn that began before the message was asked for goes to the model."""
    at = desk()
    await _nobody_comes(at)
    assert await at.handover.hear("What does an oil change cost?") is None
    answer = await at.caller("Tell Mike I called.")
    assert answer is not None and answer[0] == prompt.MESSAGE_TAKEN


async def test_hold_on_is_no_message() -> None:
    """A caller who looks something up first is waited for, and what they mutter is not kept."""
    at = desk(now=NIGHT)
    await at.caller(WISH)
    assert await at.caller("Hold on a second.") is None
    assert await at.caller("Where is it?") is None
    answer = await at.caller("Okay, tell them that the part number is on the old filter.")
    assert answer is not None and answer[0] == prompt.MESSAGE_TAKEN
    assert len(at.book.kept) == 1


async def test_two_failures_in_a_row_offer_a_person_and_a_yes_calls() -> None:
    """After the books failed twice a person is offered; yes calls one."""
    at = desk()
    for _ in range(2):
        at.record.used(ToolUse("get_available_slots", {}, "unavailable", 5, ""))
        await at.handover.heard_agent("I'm sorry, that didn't work.", interrupted=False)
    assert at.said == [prompt.OFFER_PERSON]
    await at.handover.heard_agent(prompt.OFFER_PERSON, interrupted=False)
    assert await at.caller("Yes, please.") == [prompt.CALLING_PERSON]
    await at.handover.close()


async def test_our_own_offer_stands_in_any_language() -> None:
    """What was offered is known though the caller heard it translated."""
    at = desk()
    for _ in range(2):
        await at.handover.heard_agent("Perdón, no le entendí.", interrupted=False)
    assert at.said == [prompt.OFFER_PERSON]
    await at.handover.heard_agent("Unas palabras en otro idioma.", interrupted=False)
    assert await at.caller("Sí, por favor.") == [prompt.CALLING_PERSON]
    await at.handover.close()


async def test_not_understanding_twice_offers_a_person_and_a_no_does_not_call() -> None:
    """A second "I didn't catch that" offers a person; a no goes on with the model."""
    at = desk()
    for _ in range(2):
        await at.handover.heard_agent("I'm sorry, I didn't catch that.", interrupted=False)
    assert at.said == [prompt.OFFER_PERSON]
    assert await at.caller("No, it's fine.") is None
    assert at.calls.placed == []


async def test_a_success_between_failures_starts_the_count_again() -> None:
    """One failure, one success, one failure: no person is offered."""
    at = desk()
    await at.handover.heard_agent("I didn't catch that.", interrupted=False)
    await at.handover.heard_agent("I have ten and eleven free.", interrupted=False)
    await at.handover.heard_agent("I didn't catch that.", interrupted=False)
    assert at.said == []


async def test_in_closed_hours_two_failures_offer_a_message() -> None:
    """When nobody can be called, a message is offered instead, and a yes takes it."""
    at = desk(now=NIGHT)
    for _ in range(2):
        await at.handover.heard_agent("I didn't catch that.", interrupted=False)
    assert at.said == [prompt.OFFER_MESSAGE]
    await at.handover.heard_agent(prompt.OFFER_MESSAGE, interrupted=False)
    assert await at.caller("Sure.") == [prompt.ASK_MESSAGE]


async def test_a_yes_to_the_models_own_offer_of_a_call_back_takes_a_message() -> None:
    """The sentence of a failed tool offers a call back; a yes makes it true."""
    at = desk()
    await at.handover.heard_agent("May someone from the shop call you back?", interrupted=False)
    assert await at.caller("Yes please.") == [prompt.ASK_MESSAGE]


async def test_an_announced_transfer_becomes_true() -> None:
    """When the model says that it puts the caller through, somebody is called."""
    at = desk()
    said = "I'll put you through to someone."
    assert await at.handover.announced(said) == [said, prompt.CALLING_PERSON]
    assert at.handover.state == "calling"
    assert await at.handover.announced("We open at nine.") is None
    await at.handover.close()


async def test_a_transfer_is_never_said_to_be_done() -> None:
    """What the model takes for done is begun, and only that is said; twice it is not begun."""
    at = desk()
    done = "I've transferred you to the shop."
    assert at.handover.makes_true(done)
    assert await at.handover.announced(done) == [prompt.CALLING_PERSON]
    assert await at.handover.announced(done) == [prompt.STILL_CALLING[1]]
    await at.calls.until(lambda: bool(at.calls.placed))
    await at.handover.close()
    assert len(at.calls.placed) == 1


async def test_while_a_message_is_taken_a_transfer_is_a_lie() -> None:
    """Then nothing would make it true, and the gate may judge it."""
    at = desk(now=NIGHT)
    await at.caller(WISH)
    assert not at.handover.makes_true("I'm transferring you now.")
    assert await at.handover.announced("I'm transferring you now.") is None


async def test_in_closed_hours_an_announced_transfer_is_replaced() -> None:
    """Words that cannot come true are not heard."""
    at = desk(now=NIGHT)
    answer = await at.handover.announced("I'll put you through to someone.")
    assert answer is not None and answer[-1] == prompt.ASK_MESSAGE
    assert "put you through" not in " ".join(answer)


async def test_a_caller_who_was_moved_is_transferred() -> None:
    """The stream ended, caller and person are both on the phone: the call was handed over."""
    at = desk()
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    at.calls.statuses[PERSON_SID] = "in-progress"
    await at.handover.close()
    assert at.record.outcome == "transferred"
    assert at.record.ended_by == "transfer"
    assert at.calls.hung_up == []


@pytest.mark.parametrize(
    ("caller", "person"),
    [("completed", "in-progress"), ("completed", "ringing"), ("in-progress", "ringing")],
)
async def test_a_caller_who_hangs_up_leaves_no_ringing_phone(
    caller: CallStatus, person: CallStatus
) -> None:
    """Somebody who gives up while it rings, or while the person listens, is no transfer."""
    at = desk()
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    at.calls.statuses |= {CALL_SID: caller, PERSON_SID: person}
    await at.handover.close()
    assert at.record.outcome == "answered"
    assert at.calls.hung_up == [PERSON_SID]


async def test_a_phone_that_is_being_dialled_when_the_caller_goes_is_silenced() -> None:
    """The carrier answers late that it placed the call: that call is ended all the same."""
    at = desk()
    at.calls.answers_create.clear()
    await at.caller(WISH)
    await asyncio.sleep(0)  # the request is under way
    at.calls.statuses[CALL_SID] = "completed"
    closing = asyncio.create_task(at.handover.close())
    await asyncio.sleep(0)
    at.calls.answers_create.set()
    await closing
    assert at.calls.hung_up == [PERSON_SID]


async def test_closing_what_never_began_does_nothing() -> None:
    """A call without a wish for a person asks the carrier nothing."""
    at = desk()
    assert await at.caller("I need an oil change.") is None
    await at.handover.close()
    assert at.calls.hung_up == [] and at.record.done_here == []


async def _nobody_comes(at: Desk) -> None:
    await at.caller(WISH)
    await at.calls.until(lambda: bool(at.calls.placed))
    at.calls.statuses[PERSON_SID] = "no-answer"
    await at.until_said(prompt.ASK_MESSAGE)
