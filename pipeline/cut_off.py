"""A caller whose line broke off phones again: the call they had, found and taken up."""

import asyncio
from datetime import datetime, timedelta
from typing import cast

from loguru import logger
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from pipeline import turns
from pipeline.record import Earlier
from shop.clock import to_shop
from shop.cut_off import Wish, taken_up
from store.call_logs import CallLog
from store.errors import StoreError
from tools.call import Call

LINES = 12
"""As many lines of the earlier call as the model is shown: what it was about, not all of it."""


async def find(call: Call) -> Earlier | None:
    """Return the call that this one takes up, None when there is none, and take over its holds.

    Only for a number that the carrier vouches for: a call log is a customer's own. The log is in
    the database, so whichever process had that call, this one finds it. What cannot be had in time
    is done without.
    """
    if call.caller_phone is None or call.trust != "full":
        return None
    log = logger.bind(call_sid=call.call_sid)
    try:
        async with asyncio.timeout(turns.CUT_OFF_LOOKUP_S):
            last = await call.store.call_logs.last_of(call.caller_phone, besides=call.call_sid)
            earlier = _earlier(last, call, call.clock.now()) if last else None
            if earlier is not None:
                held = await call.store.holds.take_over(earlier.call_sid, call.call_sid)
                log.bind(of=earlier.call_sid, held=held, wish=earlier.wish.kind).info("taken_up")
            return earlier
    except (StoreError, TimeoutError) as exc:
        log.bind(error=type(exc).__name__).warning("not_taken_up")
        return None


def _earlier(last: CallLog, call: Call, now: datetime) -> Earlier | None:
    """Return what is taken up of the last call of this number, None when nothing is."""
    wish = Wish.from_json(last.open_wish) if last.open_wish else None
    if wish is None or last.ended_at is None:
        return None
    if now - last.ended_at > timedelta(seconds=turns.CUT_OFF_S):
        return None
    # Who proved to be somebody else under this number told it things that are not this caller's.
    if last.customer_id != (call.customer.id if call.customer else None):
        return None
    return Earlier(
        last.call_sid,
        wish,
        tuple((line["role"], line["text"]) for line in last.transcript[-LINES:]),
        tuple((use["name"], use["result"]) for use in last.tool_calls if use.get("result")),
    )


def said(earlier: Earlier, call: Call) -> str:
    """Return the sentences with which the new call goes on."""
    today = to_shop(call.clock.now(), call.shop.zone).date()
    return taken_up(earlier.wish, call.shop, today)


def messages(earlier: Earlier | None) -> list[LLMContextMessage]:
    """Return the lines of the earlier call as the model reads a conversation."""
    roles = {"caller": "user", "agent": "assistant"}
    lines = earlier.lines if earlier else ()
    return [
        cast(LLMContextMessage, {"role": roles[role], "content": text})
        for role, text in lines
        if role in roles
    ]
