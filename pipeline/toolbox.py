"""The only bridge between the tools and Pipecat: schemas out, calls in, failures as speech."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams

from pipeline.record import CallRecord, ToolUse, kept_result
from shop.redact import redact_json, redact_turns
from store.errors import StoreError
from tools import TOOLS
from tools.tool import Tool

TOOL_BUDGET_S = 6.0
"""What a tool may take before the caller is told that it did not work; shorter than Pipecat's own
limit (`services.TOOL_TIMEOUT_S`), so that the failure is ours to word."""

UNAVAILABLE_SAY = (
    "I'm sorry, our books don't answer right now. May someone from the shop call you back?"
)
INTERNAL_SAY = "I'm sorry, something went wrong on my side. Could we try that once more?"


def schemas() -> list[FunctionSchema]:
    """Return the seven tools as Pipecat takes them, each with its handler."""
    return [_schema(tool) for tool in TOOLS]


def _schema(tool: Tool[Any]) -> FunctionSchema:
    parameters = tool.parameters()
    return FunctionSchema(
        name=tool.name,
        description=tool.description,
        properties=parameters.get("properties", {}),
        required=parameters.get("required", []),
        handler=_Handler(tool).answer,
    )


@dataclass(frozen=True, slots=True)
class _Handler:
    """Answers the model's calls of one tool, for whichever call they come from."""

    tool: Tool[Any]

    async def answer(self, params: FunctionCallParams) -> None:
        record: CallRecord = params.app_resources
        work = asyncio.create_task(
            run(self.tool, record, params.arguments), name=params.tool_call_id
        )
        try:
            result = await asyncio.shield(work)
        except asyncio.CancelledError:
            # A barge-in cancels the handler. What changes the books is finished all the same, and
            # the model is told what came of it (`settle`).
            if self.tool.writes:
                record.unfinished.add(work)
                work.add_done_callback(_Late(record, params.tool_call_id))
            else:
                work.cancel()
            raise
        await params.result_callback(result)


@dataclass(frozen=True, slots=True)
class _Late:
    """Notes the result of a tool whose handler was cancelled meanwhile."""

    record: CallRecord
    tool_call_id: str

    def __call__(self, work: "asyncio.Task[dict[str, Any]]") -> None:
        self.record.unfinished.discard(work)
        if not work.cancelled():
            self.record.late_results[self.tool_call_id] = work.result()


def settle(context: LLMContext, record: CallRecord) -> None:
    """Let the context say of every tool call what became of it after a barge-in.

    Pipecat leaves "CANCELLED" there, also of a write that goes on (it is "IN_PROGRESS", and its
    result follows), or "IN_PROGRESS" for ever when the interruption overtook the start of the call
    (pipecat-ai/pipecat#5779). It writes its note after the tool may have answered; so this is done
    when the model is asked next, whatever came first. A call that is not ours to settle, because it
    still runs, gets its result from Pipecat over whatever stands here.
    """
    writing = {work.get_name() for work in record.unfinished}
    for message in context.messages:
        if not isinstance(message, dict) or message.get("role") != "tool":
            continue
        tool_call_id = str(message.get("tool_call_id"))
        result = record.late_results.pop(tool_call_id, None)
        if result is not None:
            message["content"] = json.dumps(result, ensure_ascii=False)
        elif message["content"] in (_CANCELLED, _IN_PROGRESS):
            message["content"] = _IN_PROGRESS if tool_call_id in writing else _CANCELLED


_CANCELLED, _IN_PROGRESS = "CANCELLED", "IN_PROGRESS"
"""Pipecat's words for a tool call without a result."""


def prepare(context: LLMContext, record: CallRecord) -> None:
    """Make the context fit for the model: late results in, secrets out."""
    settle(context, record)
    hide_secrets(context)


def hide_secrets(context: LLMContext) -> None:
    """Take card numbers out of what the caller said, also where turns cut them into pieces."""
    said: list[dict[str, Any]] = [
        message  # type: ignore[misc]
        for message in context.messages
        if isinstance(message, dict)
        and message.get("role") == "user"
        and isinstance(message.get("content"), str)
    ]
    texts = redact_turns([message["content"] for message in said])
    for message, text in zip(said, texts, strict=True):
        message["content"] = text


async def run(tool: Tool[Any], record: CallRecord, arguments: Any) -> dict[str, Any]:
    """Run `tool` for a call within its budget, log one line, and always return an answer."""
    began = time.perf_counter()
    at = record.clock.now().isoformat(timespec="milliseconds")
    # Nothing that looks like a card number goes to the books, a vendor or the log.
    given = redact_json(dict(arguments)) if isinstance(arguments, Mapping) else {}
    log = logger.bind(call_sid=record.call.call_sid, tool=tool.name)
    try:
        result = await asyncio.wait_for(tool.run(record.call, given), TOOL_BUDGET_S)
    except (StoreError, TimeoutError) as exc:
        result = _failure("unavailable", UNAVAILABLE_SAY)
        log = log.bind(error=type(exc).__name__)
    except Exception:
        result = _failure("internal", INTERNAL_SAY)
        log.exception("tool_bug")
    ms = round((time.perf_counter() - began) * 1000)
    outcome = "ok" if result["success"] else str(result["error"])
    safe: dict[str, Any] = redact_json(result)
    record.results.append((tool.name, safe))
    record.used(ToolUse(tool.name, given, outcome, ms, at, kept_result(tool.name, safe)))
    log.bind(ms=ms, outcome=outcome).log(_LEVELS.get(outcome, "INFO"), "tool")
    return safe


_LEVELS = {"unavailable": "WARNING", "calendar_unavailable": "WARNING", "internal": "ERROR"}


def _failure(code: str, say: str) -> dict[str, Any]:
    return {"success": False, "error": code, "message": say}
