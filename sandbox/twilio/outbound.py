"""A call that the service places: it rings, and whoever is called answers in some way."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.twilio.leg import EndReason, Leg, Status, StatusCallback
from sandbox.twilio.script import Instructions, follow

Answer = Literal["human", "machine", "fax", "busy", "no-answer", "failed"]
Detection = Literal["", "Enable", "DetectMessageEnd"]


@dataclass(frozen=True, slots=True)
class Callee:
    """How a called number behaves.

    It rings for `after_s`; machine detection then needs `detection_s` (for DetectMessageEnd: the
    length of the greeting). `behaviour` is what the person or machine does with the leg from the
    moment it answers; an error in it comes out of `Carrier.close`.
    """

    answer: Answer = "human"
    after_s: float = 0.0
    detection_s: float = 0.0
    behaviour: Callable[[Leg], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class CallOrder:
    """What the service asked for when it placed a call."""

    to_number: str
    from_number: str
    instructions: Instructions
    status_callback: StatusCallback | None = None
    timeout_s: float = 60.0
    detection: Detection = ""
    detection_callback: StatusCallback | None = None
    """Where the detection is reported while the call goes on; None: the call waits for it."""


async def place(
    leg: Leg, callee: Callee, order: CallOrder, wait_s: float
) -> tuple[EndReason, Status]:
    """Let one outbound call take its course, `wait_s` in the carrier's queue included."""
    if wait_s:
        await asyncio.sleep(wait_s)
    leg.progress("initiated", "initiated")
    leg.progress("ringing", "ringing")
    await asyncio.sleep(min(callee.after_s, order.timeout_s))
    if callee.answer in ("busy", "failed"):
        return "not_answered", "busy" if callee.answer == "busy" else "failed"
    if callee.answer == "no-answer" or callee.after_s > order.timeout_s:
        return "not_answered", "no-answer"
    leg.answer()
    if callee.behaviour:
        leg.behaviour = asyncio.create_task(_behave(callee.behaviour, leg))
    if not order.detection:
        return await follow(leg, order.instructions)
    if order.detection_callback is None:
        await _detect(leg, callee, order.detection)
        return await follow(leg, order.instructions)
    report = asyncio.create_task(_report(leg, callee, order.detection, order.detection_callback))
    try:
        return await follow(leg, order.instructions)
    finally:
        report.cancel()


async def _behave(behaviour: Callable[[Leg], Awaitable[None]], leg: Leg) -> None:
    await behaviour(leg)


async def _detect(leg: Leg, callee: Callee, detection: Detection) -> str:
    await asyncio.sleep(callee.detection_s)
    if callee.answer == "machine":
        result = "machine_start" if detection == "Enable" else "machine_end_beep"
    else:
        result = callee.answer
    leg.answered_by = result
    leg.note("answered_by", result)
    return result


async def _report(leg: Leg, callee: Callee, detection: Detection, callback: StatusCallback) -> None:
    result = await _detect(leg, callee, detection)
    form = {
        "AccountSid": leg.setup.account_sid,
        "CallSid": leg.call_sid,
        "AnsweredBy": result,
        "MachineDetectionDuration": str(round(callee.detection_s * 1000)),
    }
    leg.call_back(callback.url, form, method=callback.method)
