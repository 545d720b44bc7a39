"""What a person is told in a few seconds before they take over a call."""

from pipeline.record import CallRecord
from shop.clock import BadTime, parse_date, parse_wall_time, to_shop
from shop.shopfile import UnknownService
from shop.speech import speak_date, speak_datetime

LONGEST_QUOTE = 120
"""Characters of the caller's own words; about eight seconds of speech."""


def briefing(record: CallRecord) -> str:
    """Say who is on the line, what about, and what they said last."""
    call = record.call
    customer = call.customer
    who = f"{customer.first_name} {customer.last_name}".strip() if customer else ""
    if not who and call.caller_phone:
        who = f"a caller whose number ends in {' '.join(call.caller_phone[-4:])}"
    said = [f"A call for {call.shop.name}. On the line is {who or 'a caller without a number'}"]
    about = _about(record)
    said[0] += f", about {about}." if about else "."
    last = next((line.text for line in reversed(record.lines) if line.role == "caller"), "")
    if last:
        said.append(f"They said: {_quoted(last)}.")
    return " ".join(said)


def _about(record: CallRecord) -> str:
    """Name the service and day of the latest tool call that had any."""
    call = record.call
    for use in reversed(record.tools):
        given = use.arguments
        parts = []
        try:
            parts.append(call.shop.service(str(given["service_type"])).name)
        except (KeyError, UnknownService):
            parts.append("a visit")
        when = _when(record, given.get("new_scheduled_at") or given.get("scheduled_at"))
        when = when or _day(record, given.get("date"))
        if when:
            parts.append(f"on {when}" if when[0].isupper() else when)
        if len(parts) > 1 or parts[0] != "a visit":
            return " ".join(parts)
    return ""


def _when(record: CallRecord, text: object) -> str:
    call = record.call
    try:
        at = parse_wall_time(str(text), call.shop.zone)
    except BadTime:
        return ""
    return speak_datetime(at, call.shop.zone, call.clock.now())


def _day(record: CallRecord, text: object) -> str:
    call = record.call
    try:
        day = parse_date(str(text))
    except BadTime:
        return ""
    return speak_date(day, to_shop(call.clock.now(), call.shop.zone).date())


def _quoted(text: str) -> str:
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " and so on"
    return text.rstrip(".!? ")
