"""Waits are filled, silence is asked about, callers may hold, press keys, or be machines."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import pytest
from phoning import call_log, dial, lines, recording, until_agent_said

from pipeline import prompt
from pipeline.turns import Patience
from qa.audio import speech
from qa.caller import Caller
from sandbox.twilio.leg import Leg
from sandbox.world import ROOT, Service, World, service

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

SHORT = Patience(idle_s=1.5, farewell_s=0.5, hold_s=3.0)


@dataclass(frozen=True, slots=True)
class Phone:
    """A service with a patience of its own, and a way to call it."""

    place: World
    running: Service

    async def dial(self) -> Leg:
        """Call the shop's number as Dana."""
        return await dial(self.place, self.running)

    async def say(self, caller: Caller, text: str) -> None:
        """Speak a sentence that nobody has recorded."""
        await caller.speak(await self.place.vendors.voice.synthesise(text))

    async def agent(self, leg: Leg) -> list[str]:
        """Return what the agent said in a call that is over."""
        return lines(await call_log(self.place, leg.call_sid), "agent")


@contextlib.asynccontextmanager
async def answering(place: World, patience: Patience) -> AsyncIterator[Phone]:
    """Run the service with its numbers handed in."""
    program = (Path(__file__).with_name("patient_server.py"), json.dumps(asdict(patience)))
    async with service(place, program=program, PYTHONPATH=str(ROOT)) as running:
        yield Phone(place, running)


@contextlib.asynccontextmanager
async def books_that_do_not_answer(place: World) -> AsyncIterator[None]:
    """Keep every other reader of the appointments waiting until the end of the block."""
    async with await psycopg.AsyncConnection.connect(place.database_url) as conn:
        await conn.execute("LOCK TABLE appointments IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize(("hangs", "told"), [(False, "free"), (True, "our books don't answer")])
async def test_a_slow_tool_is_covered_and_then_answered(
    place: World, hangs: bool, told: str
) -> None:
    """The books take long: the caller hears a few words, then the answer, or that there is none."""
    async with answering(place, Patience()) as phone:
        leg = await phone.dial()
        caller = Caller(leg)
        await caller.listen()
        async with books_that_do_not_answer(place):
            await caller.speak(recording("1-asks"))
            await caller.hear_first_sound()
            if hangs:
                await caller.listen()
                await caller.listen()
        # The filler and the answer may be one stretch of sound: then the second is the question
        # whether the caller is still there.
        await caller.listen()
        await caller.listen()
        await leg.hang_up()
        _, filler, *answer = await phone.agent(leg)
        assert filler in prompt.FILLERS["get_available_slots"]
        assert any(told in line for line in answer)
        _, stereo = leg.recording()
        asked = speech(stereo[:, 0])[-1]
        waits = [part.start_s - asked.end_s for part in speech(stereo[:, 1])]
        assert min(wait for wait in waits if wait > 0) < 3.5


async def test_silence_is_asked_about_twice_and_ends_in_a_goodbye(place: World) -> None:
    """From the first second on nobody speaks: two questions, a goodbye, the line is free."""
    async with answering(place, SHORT) as phone:
        leg = await phone.dial()
        await asyncio.wait_for(leg.ended.wait(), 60)
        assert leg.end_reason == "server_hung_up"
        assert (await phone.agent(leg))[1:] == [
            prompt.STILL_THERE, prompt.STILL_LISTENING, prompt.SILENT_GOODBYE,
        ]  # fmt: skip


async def test_a_caller_may_have_us_hold(place: World) -> None:
    """Silence then counts for nothing, a soft question comes late, and the next words are heard."""
    async with answering(place, SHORT) as phone:
        leg = await phone.dial()
        caller = Caller(leg)
        await caller.listen()
        await phone.say(caller, "Hold on a second please.")
        await caller.listen()
        await caller.listen()  # after three seconds, twice as long as silence may last
        await phone.say(caller, "Okay, I am back. When are you open?")
        await until_agent_said(place, leg.call_sid, "Monday to Friday")
        await leg.hang_up()
        _, holding, check, *_ = await phone.agent(leg)
        assert holding in prompt.HOLDING
        assert check in prompt.HOLD_CHECKS


async def test_a_key_chooses_the_car_and_zero_a_person(place: World) -> None:
    """The question is answered with a key, which the log shows as such; zero asks for a person."""
    async with answering(place, Patience()) as phone:
        leg = await phone.dial()
        caller = Caller(leg)
        await caller.listen()
        await caller.speak(recording("1-asks"))
        await until_agent_said(place, leg.call_sid, "Which car is it for")
        leg.press("1")
        await until_agent_said(place, leg.call_sid, "You're booked")
        leg.press("0")
        await caller.hear_first_sound()
        await leg.hang_up()
        log = await call_log(place, leg.call_sid)
        said = lines(log, "caller")
        assert "The first one. (keyed)" in said
        assert said[-1] == f"{prompt.WANTS_PERSON} (keyed)"
        assert "book_appointment" in [use["name"] for use in log["tool_calls"]]


async def test_the_longest_call_is_warned_and_ended(place: World) -> None:
    """The caller hears that time is nearly up, and then a goodbye."""
    async with answering(place, Patience(max_call_s=10, warn_before_s=4)) as phone:
        leg = await phone.dial()
        await asyncio.wait_for(leg.ended.wait(), 60)
        said = await phone.agent(leg)
        assert said[1:] == [prompt.ONE_MINUTE_LEFT, prompt.TIME_IS_UP]
        assert leg.end_reason == "server_hung_up"


async def test_a_recording_is_not_talked_to(place: World) -> None:
    """A mailbox's announcement gets one line, and the call is over."""
    async with answering(place, Patience()) as phone:
        leg = await phone.dial()
        caller = Caller(leg)
        await caller.hear_first_sound()
        await phone.say(caller, "Please leave your message after the tone.")
        await asyncio.wait_for(leg.ended.wait(), 30)
        assert (await phone.agent(leg))[-1] == prompt.TO_A_MACHINE
