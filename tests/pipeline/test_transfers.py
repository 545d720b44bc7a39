"""The webhooks of a handover: signed, ticketed, harmless when forged, repeated or late."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI
from handover_world import AUTH_TOKEN, CALL_SID, PERSON_SID, PUBLIC_URL, FakeCalls, transfers_of
from twilio.request_validator import RequestValidator

from pipeline import prompt
from pipeline.admission import CallsInProgress
from pipeline.call import Switchboard
from pipeline.carrier import CarrierUnavailable
from pipeline.handover_routes import handover_routes
from pipeline.metrics import Metrics
from pipeline.telephony import StreamStart, StreamTokens
from pipeline.transfers import TICKET_LIFE_S, BadTicket, Transfers
from settings import Settings

pytestmark = pytest.mark.unit

Claim = Callable[[str, int], Awaitable[bool | None]]


class Office:
    """One process of the service: its webhooks, with calls that are fakes."""

    def __init__(self, calls: FakeCalls, claim: Claim | None = None) -> None:
        self.calls = calls
        self.transfers: Transfers = transfers_of(calls, claim) if claim else transfers_of(calls)
        self.tokens = StreamTokens(AUTH_TOKEN, claim or _away)
        settings = Settings.model_construct(twilio_auth_token=AUTH_TOKEN, public_url=PUBLIC_URL)
        nothing = cast(Any, None)
        self.app = FastAPI()
        self.app.include_router(handover_routes)
        self.app.state.switchboard = Switchboard(
            settings, nothing, nothing, nothing, nothing, self.tokens, Metrics(),
            CallsInProgress(1), self.transfers,
        )  # fmt: skip

    async def post(
        self, token: str, step: str, *, signed: bool = True, **form: str
    ) -> httpx.Response:
        """Post a webhook as Twilio does."""
        url = f"{PUBLIC_URL}/api/v1/webhooks/handover/{token}/{step}"
        signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature if signed else "forged"}
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            return await client.post(url, data=form, headers=headers)

    async def press(self, token: str, key: str, **more: Any) -> httpx.Response:
        """Let the person press a key."""
        return await self.post(token, "answer", Digits=key, CallSid=PERSON_SID, **more)


async def _away(_key: str, _life_s: int) -> bool | None:
    return None


@pytest.fixture
def calls() -> FakeCalls:
    """A caller on the line and a person who has picked up."""
    return FakeCalls(statuses={CALL_SID: "in-progress", PERSON_SID: "in-progress"})


@pytest.fixture
async def office(calls: FakeCalls) -> AsyncIterator[Office]:
    """One process, with Redis away."""
    one = Office(calls)
    yield one
    await one.transfers.close()


@pytest.fixture
def token(office: Office) -> str:
    """A ticket of the caller's call."""
    return office.transfers.issue(CALL_SID, "weak")


def rooms(twiml: str) -> list[str]:
    """Return the conferences that a document joins."""
    root = ElementTree.fromstring(twiml)  # noqa: S314 - our own text
    return [str(noun.text) for noun in root.iterfind("./Dial/Conference")]


def says(twiml: str) -> list[str]:
    """Return the sentences of a document."""
    return [str(verb.text) for verb in ElementTree.fromstring(twiml).iterfind("./Say")]  # noqa: S314


async def test_one_brings_the_two_together(office: Office, calls: FakeCalls, token: str) -> None:
    """Key 1 moves the caller into the room that the person is sent to, which either one ends."""
    answer = await office.press(token, "1")
    [(moved, twiml)] = calls.redirects
    assert moved == CALL_SID
    assert rooms(twiml) == rooms(answer.text) != []
    for document in (twiml, answer.text):
        assert 'endConferenceOnExit="true"' in document and 'beep="false"' in document
    assert says(twiml) == [prompt.CONNECTING]
    assert f"/handover/{token}/after" in twiml


@pytest.mark.parametrize("key", ["2", "", "9", "11"])
async def test_any_other_key_declines(
    office: Office, calls: FakeCalls, token: str, key: str
) -> None:
    """Nobody is moved, and the person is thanked and let go."""
    answer = await office.press(token, key)
    assert says(answer.text) == [prompt.NOT_TAKEN]
    assert calls.redirects == []


@pytest.mark.parametrize("step", ["answer", "after", "back"])
async def test_what_twilio_did_not_sign_is_refused(
    office: Office, calls: FakeCalls, token: str, step: str
) -> None:
    """A forged signature is 403, whatever the ticket."""
    answer = await office.post(token, step, signed=False, Digits="1", CallSid=CALL_SID)
    assert answer.status_code == 403
    assert calls.redirects == []


@pytest.mark.parametrize("step", ["answer", "after", "back"])
async def test_what_we_did_not_issue_is_refused(
    office: Office, calls: FakeCalls, token: str, step: str
) -> None:
    """Tickets of other calls, changed, cut, empty or too old are 403 even when Twilio signs."""
    other = token.replace(CALL_SID, PERSON_SID)
    old = office.transfers.issue(CALL_SID, "full", now_s=0)
    for wrong in (other, token[:-1] + "x", token.rpartition(".")[0], "x", "a.b.c.d.e", old):
        answer = await office.post(wrong, step, Digits="1", CallSid=CALL_SID)
        assert answer.status_code == 403, wrong
    assert calls.redirects == []


async def test_a_repeated_key_moves_the_caller_once(
    office: Office, calls: FakeCalls, token: str
) -> None:
    """The carrier may ask twice; the second answer is the same, and nobody is moved again."""
    first, second = await office.press(token, "1"), await office.press(token, "1")
    assert first.text == second.text
    assert len(calls.redirects) == 1


async def test_another_process_may_get_the_key_with_redis_away(
    office: Office, calls: FakeCalls, token: str
) -> None:
    """The address alone is enough: no memory is shared."""
    other = Office(calls)
    answer = await other.press(token, "1")
    assert [sid for sid, _ in calls.redirects] == [CALL_SID]
    assert rooms(answer.text)
    await other.transfers.close()


async def test_with_redis_a_repeat_at_another_process_moves_nobody(calls: FakeCalls) -> None:
    """What one process took, the other does not take again."""
    taken: set[str] = set()

    async def claim(key: str, _life_s: int) -> bool | None:
        fresh = key not in taken
        taken.add(key)
        return fresh

    one, other = Office(calls, claim), Office(calls, claim)
    token = one.transfers.issue(CALL_SID, "full")
    assert (await one.press(token, "1")).text == (await other.press(token, "1")).text
    assert len(calls.redirects) == 1
    await asyncio.gather(one.transfers.close(), other.transfers.close())


async def test_a_caller_who_is_gone_is_told_of(
    office: Office, calls: FakeCalls, token: str
) -> None:
    """The person is not left alone in a room."""
    calls.statuses[CALL_SID] = "completed"
    answer = await office.press(token, "1")
    assert says(answer.text) == [prompt.CALLER_GONE]
    assert rooms(answer.text) == []


async def test_a_carrier_that_fails_once_is_asked_again(
    office: Office, calls: FakeCalls, token: str
) -> None:
    """One lost answer does not cost the transfer."""
    calls.errors["redirect"] = [CarrierUnavailable("slow")]
    answer = await office.press(token, "1")
    assert len(calls.redirects) == 1 and rooms(answer.text)


async def test_a_carrier_that_fails_twice_is_admitted(
    office: Office, calls: FakeCalls, token: str
) -> None:
    """The person hears that it did not work; the caller is still with the agent."""
    calls.errors["redirect"] = [CarrierUnavailable("slow")] * 2
    answer = await office.press(token, "1")
    assert says(answer.text) == [prompt.NOT_CONNECTED]
    assert calls.redirects == []


async def test_a_person_who_hangs_up_before_they_meet_brings_the_caller_back(
    office: Office, calls: FakeCalls, token: str
) -> None:
    """A caller alone in a room is fetched out of it."""
    await office.press(token, "1")
    calls.statuses[PERSON_SID] = "completed"
    await calls.until(lambda: len(calls.redirects) == 2)
    assert calls.redirects[1] == (CALL_SID, office.transfers.url(token, "back"))


async def test_two_who_talk_are_left_alone(office: Office, calls: FakeCalls, token: str) -> None:
    """While the person is on the line nobody is moved, and the watch ends by itself."""
    await office.press(token, "1")
    async with asyncio.timeout(5):
        while office.transfers.watching:  # noqa: ASYNC110 - the watch's own polls
            await asyncio.sleep(0.005)
    assert len(calls.redirects) == 1


async def test_a_caller_who_comes_back_gets_a_stream_of_the_same_worth(
    office: Office, token: str
) -> None:
    """The new stream's token is good, and the number is worth what it was, whatever is claimed."""
    answer = await office.post(
        token, "back", CallSid=CALL_SID, From="+15035550142", To="+15035550100"
    )
    root = ElementTree.fromstring(answer.text)  # noqa: S314 - our own text
    assert says(answer.text) == [prompt.BACK_WITH_US]
    got = {
        str(p.get("name")): str(p.get("value")) for p in root.iterfind("./Connect/Stream/Parameter")
    }
    assert got["attestation"] == "weak"
    start = StreamStart("MZ1", CALL_SID, got["from"], got["to"], got["token"], "weak")
    await office.tokens.redeem(start)


async def test_nobody_elses_call_comes_back(office: Office, token: str) -> None:
    """A ticket connects the call it was issued for, and no other."""
    answer = await office.post(token, "back", CallSid=PERSON_SID, From="+1", To="+1")
    assert answer.status_code == 403


async def test_after_talking_the_caller_is_thanked(office: Office, token: str) -> None:
    """A caller who stays on when the person has hung up hears a goodbye."""
    answer = await office.post(token, "after", CallSid=CALL_SID, DialCallStatus="answered")
    assert says(answer.text) == [prompt.AFTER_TALKING]


def test_a_ticket_ends_with_the_longest_call(office: Office) -> None:
    """It is good until the last moment of its life, and bad after it."""
    token = office.transfers.issue(CALL_SID, "full", now_s=1000)
    assert office.transfers.read(token, now_s=1000 + TICKET_LIFE_S).call_sid == CALL_SID
    with pytest.raises(BadTicket):
        office.transfers.read(token, now_s=1001 + TICKET_LIFE_S)


def test_the_rooms_name_tells_nothing(office: Office, token: str) -> None:
    """Neither the call nor a number is in it, and two attempts never share one."""
    room = office.transfers.read(token).room
    other = office.transfers.read(office.transfers.issue(CALL_SID, "weak")).room
    assert CALL_SID not in room and room != other
