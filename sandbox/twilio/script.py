"""Follows TwiML on a leg, verb by verb, until the call ends."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from sandbox.twilio import twiml, wire
from sandbox.twilio.conference import Joining
from sandbox.twilio.gather import gather
from sandbox.twilio.leg import EndReason, Leg, Status
from sandbox.twilio.stream import MediaStream, StreamRefusedError
from sandbox.twilio.twiml import TwimlError, Verb
from sandbox.twilio.webhooks import WebhookError

APOLOGY = "We are sorry, an application error has occurred. Goodbye."


@dataclass(frozen=True, slots=True)
class Instructions:
    """Where the next TwiML comes from: a URL, or the document itself."""

    url: str = ""
    twiml: str = ""
    method: str = "POST"
    fallback_url: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Over:
    reason: EndReason
    status: Status = "completed"


async def follow(leg: Leg, instructions: Instructions) -> tuple[EndReason, Status]:
    """Fetch TwiML and carry it out; returns why the call ended and its last status."""
    base_url = instructions.url
    try:
        verbs = deque(await _fetch(leg, instructions))
        while verbs:
            verb = verbs.popleft()
            outcome = await _perform(leg, verb, base_url)
            if isinstance(outcome, _Over):
                return outcome.reason, outcome.status
            if outcome is not None:
                base_url = outcome.url
                verbs = deque(await _fetch(leg, outcome))
    except (WebhookError, TwimlError) as exc:
        leg.answer()
        leg.note("application_error", str(exc))
        leg.spoken_by_twiml.append(APOLOGY)
        return "application_error", "completed"
    leg.answer()
    return ("stream_closed" if leg.stream_sid else "twiml_ended"), "completed"


async def _fetch(leg: Leg, instructions: Instructions) -> tuple[Verb, ...]:
    if instructions.twiml:
        return twiml.parse(instructions.twiml)
    form = leg.form() | dict(instructions.extra)
    leg.note("webhook", instructions.url)
    try:
        return twiml.parse(await _request(leg, instructions, form))
    except (WebhookError, TwimlError) as exc:
        if instructions.fallback_url is None:
            raise
        leg.note("webhook_failed", str(exc))
        code = "11200" if isinstance(exc, WebhookError) else "12100"
        form |= {"ErrorCode": code, "ErrorUrl": instructions.url}
        fallback = Instructions(url=instructions.fallback_url)
        return twiml.parse(await _request(leg, fallback, form))


async def _request(leg: Leg, instructions: Instructions, form: dict[str, str]) -> str:
    try:
        text = await leg.webhooks.fetch(
            leg.session, instructions.url, form, method=instructions.method
        )
    except WebhookError as exc:
        leg.webhook_status = exc.status
        raise
    leg.webhook_status = 200
    return text


async def _perform(leg: Leg, verb: Verb, base_url: str) -> Instructions | _Over | None:
    if verb.name == "Reject" and leg.answered_at is None:
        leg.note("reject", verb.attributes.get("reason", "rejected"))
        busy = verb.attributes.get("reason") == "busy"
        return _Over("rejected", "busy" if busy else "no-answer")
    if verb.name == "Redirect":
        leg.note("redirect", verb.text)
        return _action(base_url, verb.text, verb.attributes.get("method", "POST"))
    leg.answer()
    match verb.name:
        case "Say" | "Play" | "Pause":
            await _prompt(leg, verb)
        case "Hangup":
            leg.note("hangup")
            return _Over("twiml_hangup")
        case "Gather":
            return await _gather(leg, verb, base_url)
        case "Dial" if room := verb.child("Conference"):
            return await _confer(leg, verb, room, base_url)
        case "Dial":
            return _transfer(leg, verb, base_url)
        case "Connect" if stream := verb.child("Stream"):
            await _connect(leg, stream)
            if action := verb.attributes.get("action"):
                return _action(base_url, action, verb.attributes.get("method", "POST"))
        case _:
            leg.note("unsupported_verb", verb.name)
    return None


async def _prompt(leg: Leg, verb: Verb) -> None:
    """Carry out a verb that only makes sound, or none."""
    if verb.name == "Say":
        leg.note("say", verb.text)
        leg.spoken_by_twiml.append(verb.text)
        if leg.setup.chars_per_s:
            await asyncio.sleep(len(verb.text) / leg.setup.chars_per_s)
    elif verb.name == "Play":
        leg.note("play", verb.text)
    elif verb.name == "Pause":
        leg.note("pause", verb.attributes.get("length", "1"))
        leg.connected.set()
        await asyncio.sleep(float(verb.attributes.get("length", "1")))


async def _gather(leg: Leg, verb: Verb, base_url: str) -> Instructions | None:
    """Collect keys; without any, the next verb follows unless the document wants to know."""
    gathered = await gather(leg, verb, lambda nested: _prompt(leg, nested))
    if gathered is None and verb.attributes.get("actionOnEmptyResult") != "true":
        return None
    extra = (
        ("Digits", gathered.digits if gathered else ""),
        ("FinishedOnKey", gathered.finished_on if gathered else ""),
        ("msg", "Gather End"),
    )
    action = verb.attributes.get("action", base_url)
    return _action(base_url, action, verb.attributes.get("method", "POST"), extra)


async def _confer(leg: Leg, verb: Verb, noun: Verb, base_url: str) -> Instructions | None:
    """Stay in a conference until it is over; leaving it by any other way is a cancellation."""
    joining = Joining(
        name=noun.text,
        starts=noun.attributes.get("startConferenceOnEnter", "true") == "true",
        ends=noun.attributes.get("endConferenceOnExit", "false") == "true",
        muted=noun.attributes.get("muted", "false") == "true",
    )
    room, seat = leg.rooms.enter(joining)
    leg.line.far = seat
    leg.note("conference_joined", room.name)
    leg.connected.set()
    began_s = leg.clock()
    try:
        over = asyncio.create_task(room.over.wait())
        started = asyncio.create_task(room.started.wait())
        await asyncio.wait({over, started}, return_when=asyncio.FIRST_COMPLETED)
        if room.started.is_set():
            leg.note("conference_started", room.name)
        await over
    finally:
        over.cancel()
        started.cancel()
        room.leave(seat)
        leg.line.far = None
        leg.note("conference_left", room.name)
    action = verb.attributes.get("action")
    if action is None:
        return None
    lasted = str(round(leg.clock() - began_s))
    extra = (("DialCallStatus", "answered"), ("DialCallDuration", lasted))
    return _action(base_url, action, verb.attributes.get("method", "POST"), extra)


def _action(
    base_url: str, url: str, method: str, extra: tuple[tuple[str, str], ...] = ()
) -> Instructions:
    return Instructions(url=urljoin(base_url, url), method=method.upper(), extra=extra)


def _transfer(leg: Leg, verb: Verb, base_url: str) -> Instructions | None:
    """Record the <Dial>; the other phone is not played, only its result."""
    number = verb.text
    leg.note("dial", number)
    action = verb.attributes.get("action")
    if action is None:
        return None
    result = leg.setup.transfers.get(number, "completed")
    extra = [("DialCallStatus", result), ("DialCallSid", wire.new_sid("CA"))]
    if result == "completed":
        extra.append(("DialCallDuration", "1"))
    return _action(base_url, action, verb.attributes.get("method", "POST"), tuple(extra))


async def _connect(leg: Leg, noun: Verb) -> None:
    """Carry a bidirectional stream until the service closes it; cancelling stops it."""
    # Twilio drops the query of a stream's URL; only <Parameter>s reach the service.
    parts = urlsplit(noun.attributes.get("url", ""))
    url = urlunsplit(parts._replace(query="", fragment=""))
    leg.stream_sid = wire.new_sid("MZ")
    messages = wire.StreamMessages(
        account_sid=leg.setup.account_sid, call_sid=leg.call_sid, stream_sid=leg.stream_sid
    )
    stream = MediaStream(messages, note=leg.note, clock=leg.clock)
    address, headers = leg.webhooks.route(url)
    headers |= {
        "X-Twilio-Signature": wire.signature(leg.webhooks.auth_token, url, {}),
        "User-Agent": "Twilio.TmeWs/1.0",
    }

    def opened(stream: MediaStream) -> None:
        leg.stream = leg.line.far = stream
        leg.note("stream_opened", url)
        leg.connected.set()
        _report(leg, noun, "stream-started")

    try:
        await stream.run(
            leg.session,
            address,
            headers=headers,
            parameters=twiml.parameters(noun),
            opened=opened,
        )
    except StreamRefusedError as exc:
        leg.note("stream_error", str(exc))
        _report(leg, noun, "stream-error", str(exc))
    finally:
        if leg.stream is stream:
            leg.stream = leg.line.far = None
            # What was still queued is never heard, as on the real network.
            leg.note("stream_closed", str(stream.queued_ms))
            _report(leg, noun, "stream-stopped")


def _report(leg: Leg, noun: Verb, event: str, error: str = "") -> None:
    url = noun.attributes.get("statusCallback")
    if not url:
        return
    form = {
        "AccountSid": leg.setup.account_sid,
        "CallSid": leg.call_sid,
        "StreamSid": leg.stream_sid or "",
        "StreamName": noun.attributes.get("name", leg.stream_sid or ""),
        "StreamEvent": event,
        "Timestamp": datetime.now(UTC).isoformat(),
    }
    if error:
        form["StreamError"] = error
    method = noun.attributes.get("statusCallbackMethod", "POST").upper()
    leg.call_back(url, form, method=method)
