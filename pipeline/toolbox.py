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

from pipeline.record import CallRecord, ToolUse
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
        work = asyncio.create_task(run(self.tool, record, params.arguments))
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
    """Put the results of writes that a barge-in cut short into the context.

    Pipecat leaves "CANCELLED" there, or "IN_PROGRESS" for ever when the interruption overtook the
    start of the call, and writes it after the tool may have answered; so this is done when the
    model is asked next, whatever came first.
    """
    for message in context.messages:
        if isinstance(message, dict) and message.get("role") == "tool":
            result = record.late_results.pop(str(message.get("tool_call_id")), None)
            if result is not None:
                message["content"] = json.dumps(result, ensure_ascii=False)


async def run(tool: Tool[Any], record: CallRecord, arguments: Any) -> dict[str, Any]:
    """Run `tool` for a call within its budget, log one line, and always return an answer."""
    began = time.perf_counter()
    at = record.clock.now().isoformat(timespec="milliseconds")
    given = dict(arguments) if isinstance(arguments, Mapping) else {}
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
    record.results.append((tool.name, result))
    record.used(ToolUse(tool.name, given, outcome, ms, at))
    log.bind(ms=ms, outcome=outcome).log(_LEVELS.get(outcome, "INFO"), "tool")
    return result


_LEVELS = {"unavailable": "WARNING", "calendar_unavailable": "WARNING", "internal": "ERROR"}


def _failure(code: str, say: str) -> dict[str, Any]:
    return {"success": False, "error": code, "message": say}
