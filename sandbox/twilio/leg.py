"""One leg of a phone call as the carrier sees it: state, events and the caller's actions."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal

import aiohttp

from sandbox.twilio import wire
from sandbox.twilio.conference import Rooms
from sandbox.twilio.impairment import Impairment
from sandbox.twilio.line import Line
from sandbox.twilio.mulaw import Pcm
from sandbox.twilio.stream import MediaStream
from sandbox.twilio.webhooks import WebhookError, Webhooks

Status = Literal[
    "queued",
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "no-answer",
    "canceled",
]
FINAL: frozenset[Status] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
EndReason = Literal[
    "caller_hung_up",
    "server_hung_up",  # the Calls API was told Status=completed or canceled
    "twiml_hangup",
    "stream_closed",  # the service closed the stream and no verb was left
    "twiml_ended",
    "rejected",
    "application_error",  # the webhook failed or did not answer with TwiML
    "not_answered",  # busy, no answer or an unknown number, on a call that the service placed
]
CallEvent = Literal["initiated", "ringing", "answered", "completed"]
_SIP_CODES: Mapping[Status, str] = {"busy": "486", "no-answer": "487", "failed": "404"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on the leg, at a time of the carrier's clock."""

    at_s: float
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """Where to report the progress of a call, and which steps of it."""

    url: str
    events: frozenset[CallEvent] = frozenset({"completed"})
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class CallSetup:
    """What is fixed about a call before it begins."""

    account_sid: str
    from_number: str
    to_number: str
    direction: Literal["inbound", "outbound-api"] = "inbound"
    extra: Mapping[str, str] = field(default_factory=dict)
    status_callback: StatusCallback | None = None
    background: Pcm | None = None
    impairment: Impairment | None = None
    chars_per_s: float = 0.0
    transfers: Mapping[str, str] = field(default_factory=dict)


class Leg:
    """A call in progress or over. Made by `Carrier`; belongs to the event loop that made it.

    `events` tell what happened, in the carrier's clock; `recording_started_at_s` is the time of
    the recording's first sample. `ended` is set when the line is dead, `closed` when the status
    callbacks are delivered too.
    """

    def __init__(
        self,
        setup: CallSetup,
        *,
        webhooks: Webhooks,
        clock: Callable[[], float],
        rooms: Rooms | None = None,
    ) -> None:
        self.call_sid = wire.new_sid("CA")
        self.stream_sid: str | None = None
        self.setup = setup
        self.status: Status = "ringing" if setup.direction == "inbound" else "queued"
        self.end_reason: EndReason | None = None
        self.answered_by: str | None = None
        self.queue_ms = 0
        self.behaviour: asyncio.Task[None] | None = None
        self.webhook_status: int | None = None
        self.events: list[Event] = []
        self.spoken_by_twiml: list[str] = []
        self.created_at = datetime.now(UTC)
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()
        self.closed = asyncio.Event()
        self.asked_for_keys = asyncio.Event()
        """Set while a <Gather> waits for keys."""
        self.webhooks = webhooks
        self.rooms = rooms if rooms is not None else Rooms()
        self.clock = clock
        self.line = Line(clock=clock, note=self.note, background=setup.background)
        if setup.impairment is not None:
            self.line.impair(setup.impairment)
        self.stream: MediaStream | None = None
        self._keys: asyncio.Queue[str] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._course: asyncio.Task[None] | None = None
        self._diversion: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._callbacks: asyncio.Task[None] | None = None
        self._sequence = 0

    # What the person on the phone does

    def say(self, pcm8k: Pcm) -> None:
        """Queue 8 kHz samples to be spoken in real time; they wait until a stream is open."""
        self.line.say(pcm8k)

    def hush(self) -> None:
        """Stop speaking: drop what is queued."""
        self.line.hush()

    def impair(self, impairment: Impairment) -> None:
        """Lose and delay what the caller says from now on, until told otherwise."""
        self.line.impair(impairment)

    async def said(self) -> None:
        """Wait until what was queued has been sent."""
        await self.line.said()

    def press(self, digits: str) -> None:
        """Press keys: one `dtmf` message each on an open stream, input for a <Gather>.

        With neither nobody notices.
        """
        for digit in digits:
            self.note("dtmf", digit)
            if self._keys is not None:
                self._keys.put_nowait(digit)
            elif self.stream:
                self.stream.press(digit)

    async def hang_up(self) -> None:
        """Put the receiver down and wait until stop, close and status callbacks are done."""
        self.end("caller_hung_up")
        await self.closed.wait()

    @property
    def on_audio(self) -> Callable[[bytes, float], None] | None:
        """Called with each 20 ms of mu-law that the caller hears and the time it begins."""
        return self.line.on_audio

    @on_audio.setter
    def on_audio(self, listener: Callable[[bytes, float], None] | None) -> None:
        self.line.on_audio = listener

    @property
    def recording_started_at_s(self) -> float | None:
        """Time of the recording's first sample: the moment the call was answered."""
        return self.line.started_at_s

    def recording(self) -> tuple[int, Pcm]:
        """Both sides as (8000, samples of shape (n, 2)): left the caller, right what was heard."""
        return self.line.recording()

    # What the network does

    @property
    def session(self) -> aiohttp.ClientSession:
        """The leg's own HTTP connections, closed with it."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    def note(self, kind: str, detail: str = "") -> None:
        """Record an event now."""
        self.events.append(Event(self.clock(), kind, detail))

    def gather_keys(self) -> "asyncio.Queue[str]":
        """Collect the keys pressed from now on."""
        self._keys = asyncio.Queue()
        self.asked_for_keys.set()
        return self._keys

    def stop_gathering(self) -> None:
        """Collect keys no more."""
        self._keys = None
        self.asked_for_keys.clear()

    def form(self) -> dict[str, str]:
        """Build the fields that every webhook about this call carries."""
        setup = self.setup
        form = wire.call_form(
            account_sid=setup.account_sid,
            call_sid=self.call_sid,
            from_number=setup.from_number,
            to_number=setup.to_number,
            direction=setup.direction,
        )
        if self.answered_by:
            form["AnsweredBy"] = self.answered_by
        return form | {"CallStatus": self.status} | dict(setup.extra)

    def begin(self, course: Coroutine[Any, Any, tuple[EndReason, Status]]) -> None:
        """Let the call take its course, which says at last how it ended."""
        self._course = asyncio.create_task(self._run(course))

    def divert(self, course: Coroutine[Any, Any, tuple[EndReason, Status]]) -> None:
        """Leave what the call is doing (a stream is stopped) and follow another course."""
        self._diversion = asyncio.create_task(self._divert(self._diversion, course))

    def end(self, reason: EndReason, status: Status = "completed") -> None:
        """End the call; the first reason stands. Returns at once, see `ended` and `closed`."""
        if self._finishing is None:
            self.end_reason = reason
            self.status = status
            self.ended_at = datetime.now(UTC)
            self._finishing = asyncio.create_task(self._finish(reason))

    def answer(self) -> None:
        """The called side picks up: audio begins to flow."""
        if self.answered_at is None:
            self.answered_at = datetime.now(UTC)
            self.line.start()
            self.progress("in-progress", "answered")

    def progress(self, status: Status, event: CallEvent) -> None:
        """Move to a status and report it to who asked for it."""
        self.status = status
        self.note("status", status)
        callback = self.setup.status_callback
        if callback is None or event not in callback.events:
            return
        form = self.form() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
        self._sequence += 1
        if event == "completed":
            duration_s = self.duration_s or 0
            form |= {
                "CallDuration": str(duration_s),
                "Duration": str(math.ceil(duration_s / 60)),
                "SipResponseCode": _SIP_CODES.get(status, "200"),
            }
        self.call_back(callback.url, form, method=callback.method)

    @property
    def duration_s(self) -> int | None:
        """Length of a call that is over, in whole seconds; 0 when it was never answered."""
        if self.ended_at is None:
            return None
        return round((self.ended_at - (self.answered_at or self.ended_at)).total_seconds())

    def call_back(self, url: str, form: Mapping[str, str], *, method: str = "POST") -> None:
        """Send a callback behind those under way, in their order, without holding up the call."""
        self._callbacks = asyncio.create_task(self._deliver(self._callbacks, url, form, method))

    async def _deliver(
        self, before: asyncio.Task[None] | None, url: str, form: Mapping[str, str], method: str
    ) -> None:
        if before:
            await before
        try:
            await self.webhooks.fetch(self.session, url, form, method=method)
        except WebhookError as exc:
            self.note("callback_failed", str(exc))

    async def _run(self, course: Coroutine[Any, Any, tuple[EndReason, Status]]) -> None:
        try:
            reason, status = await course
        except Exception:
            self.end("application_error", "failed")
            raise
        self._course = None
        self.end(reason, status)

    async def _divert(
        self,
        before: asyncio.Task[None] | None,
        course: Coroutine[Any, Any, tuple[EndReason, Status]],
    ) -> None:
        if before:
            await before
        await self._stop_course()
        if self._finishing:
            course.close()
        else:
            self.begin(course)

    async def _stop_course(self) -> None:
        course, self._course = self._course, None
        if course:
            course.cancel()
            await asyncio.gather(course, return_exceptions=True)

    async def _finish(self, reason: EndReason) -> None:
        if self._diversion:
            await self._diversion
        await self._stop_course()
        self.line.stop()
        self.note("ended", reason)
        self.progress(self.status, "completed")
        self.connected.set()
        self.ended.set()
        if self._callbacks:
            await self._callbacks
        if self._session:
            await self._session.close()
        self.closed.set()
