"""The bridge between tools and Pipecat: schemas, failures as speech, writes that are finished."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams

from pipeline import toolbox
from pipeline.record import CallRecord
from shop.clock import FixedClock
from shop.shopfile import Shop
from store import Store
from store.errors import DatabaseUnavailable
from tools.call import Call
from tools.errors import Refused
from tools.tool import Arguments, Tool, tool

pytestmark = pytest.mark.unit


class NoArguments(Arguments):
    """Nothing to say."""


@dataclass(frozen=True, slots=True)
class Done:
    """A result."""

    message: str


@dataclass(frozen=True, slots=True)
class Params:
    """What Pipecat hands to a handler, as far as ours looks at it."""

    app_resources: CallRecord
    arguments: dict[str, Any]
    context: LLMContext
    answers: list[Any]
    tool_call_id: str = "call_1"

    async def result_callback(self, result: Any) -> None:
        """Take the answer."""
        self.answers.append(result)


@pytest.fixture
def record() -> CallRecord:
    """Return a call that has just begun."""
    clock = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))
    call = Call("CA1", None, cast(Store, None), cast(Shop, None), clock)
    return CallRecord(call, "inbound", "+15035550100", clock.now(), clock)


def handed(record: CallRecord) -> Params:
    """Return a tool call that stands in the context as Pipecat writes it."""
    waiting = {"role": "tool", "content": "IN_PROGRESS", "tool_call_id": "call_1"}
    return Params(record, {}, LLMContext(messages=[cast(Any, waiting)]), [])


async def answer(made: Tool[Any], params: Params) -> None:
    """Let the handler answer."""
    await toolbox._Handler(made).answer(cast(FunctionCallParams, params))


def test_all_tools_are_offered_with_their_handlers() -> None:
    """Pipecat gets seven schemas, each described and handled."""
    schemas = toolbox.schemas()
    assert len(schemas) == 7
    for schema in schemas:
        assert schema.handler is not None
        assert schema.description


async def test_a_result_reaches_the_model_and_the_record(record: CallRecord) -> None:
    """What the tool answers is handed on, and noted with its time."""

    @tool()
    async def greet(call: Call, arguments: NoArguments) -> Done:
        """Say hello."""
        return Done("hello")

    params = handed(record)
    await answer(greet, params)
    assert params.answers == [{"success": True, "message": "hello"}]
    assert [(use.name, use.outcome) for use in record.tools] == [("greet", "ok")]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Refused("slot_taken", "That one has just gone."), "slot_taken"),
        (DatabaseUnavailable("postgres at 10.0.0.7 refused"), "unavailable"),
        (RuntimeError("secret detail"), "internal"),
    ],
)
async def test_every_failure_is_a_code_and_a_sentence(
    record: CallRecord, failure: Exception, code: str
) -> None:
    """Refusals, outages and bugs all become speech; no detail of ours reaches the model."""

    @tool()
    async def fail(call: Call, arguments: NoArguments) -> Done:
        """Fail."""
        raise failure

    params = handed(record)
    await answer(fail, params)
    [result] = params.answers
    assert (result["success"], result["error"]) == (False, code)
    assert result["message"]
    assert "10.0.0.7" not in str(result) and "secret" not in str(result)
    assert record.tools[0].outcome == code


async def test_a_tool_over_its_budget_ends_as_speech(
    record: CallRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that hangs is given up, and the caller is told."""
    monkeypatch.setattr(toolbox, "TOOL_BUDGET_S", 0.01)

    @tool()
    async def hang(call: Call, arguments: NoArguments) -> Done:
        """Hang."""
        await asyncio.Event().wait()
        return Done("never")

    params = handed(record)
    await answer(hang, params)
    assert params.answers[0]["error"] == "unavailable"


async def test_a_barge_in_does_not_stop_a_write(record: CallRecord) -> None:
    """A cancelled handler of a writing tool finishes, and the context tells its result."""
    began, go_on = asyncio.Event(), asyncio.Event()
    written: list[str] = []

    @tool(writes=True)
    async def write(call: Call, arguments: NoArguments) -> Done:
        """Write."""
        began.set()
        await go_on.wait()
        written.append("row")
        return Done("booked")

    params = handed(record)
    handler = asyncio.create_task(answer(write, params))
    await began.wait()
    handler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handler
    go_on.set()
    while not record.tools:  # noqa: ASYNC110 - the write goes on by itself
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written == ["row"]
    assert params.answers == []
    # Pipecat's own note of the cancellation comes after the result, and does not win.
    cast(dict[str, str], params.context.messages[0])["content"] = "CANCELLED"
    toolbox.settle(params.context, record)
    [message] = params.context.messages
    assert json.loads(cast(dict[str, str], message)["content"])["message"] == "booked"


async def test_a_write_under_way_is_not_told_as_cancelled(record: CallRecord) -> None:
    """A model asked before an interrupted write is done hears that it goes on, then its result."""
    began, go_on = asyncio.Event(), asyncio.Event()

    @tool(writes=True)
    async def write(call: Call, arguments: NoArguments) -> Done:
        """Write."""
        began.set()
        await go_on.wait()
        return Done("booked")

    params = handed(record)
    [message] = cast(list[dict[str, str]], params.context.messages)
    handler = asyncio.create_task(answer(write, params))
    await began.wait()
    handler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handler
    message["content"] = "CANCELLED"
    toolbox.settle(params.context, record)
    assert message["content"] == "IN_PROGRESS"
    [work] = record.unfinished
    go_on.set()
    await work
    await asyncio.sleep(0)
    toolbox.settle(params.context, record)
    assert json.loads(message["content"])["message"] == "booked"


async def test_a_call_cancelled_before_it_began_is_not_in_progress_for_ever(
    record: CallRecord,
) -> None:
    """A tool that an interruption overtook, read or write, is told as cancelled when asked next."""
    params = handed(record)
    [message] = cast(list[dict[str, str]], params.context.messages)
    toolbox.settle(params.context, record)
    assert message["content"] == "CANCELLED"


async def test_settling_leaves_results_alone(record: CallRecord) -> None:
    """What a tool has answered stays as it is, whatever it says."""
    params = handed(record)
    [message] = cast(list[dict[str, str]], params.context.messages)
    for content in ('{"success": true}', '"CANCELLED"', "COMPLETED"):
        message["content"] = content
        toolbox.settle(params.context, record)
        assert message["content"] == content


async def test_the_end_of_a_call_waits_for_a_write_under_way(record: CallRecord) -> None:
    """A caller who hangs up while a visit is written has it in the log."""
    began, go_on = asyncio.Event(), asyncio.Event()
    logged: list[str] = []

    @tool(writes=True)
    async def write(call: Call, arguments: NoArguments) -> Done:
        """Write."""
        began.set()
        await go_on.wait()
        return Done("booked")

    class Logs:
        async def start(self, *_: Any) -> bool:
            return True

        async def finish(self, *values: Any) -> None:
            logged.extend(use["name"] for use in values[4])

    class Rest:
        async def release(self, _call_sid: str) -> None:
            return

        async def delete_session(self, _call_sid: str) -> None:
            return

    handler = asyncio.create_task(answer(write, handed(record)))
    await began.wait()
    handler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handler
    store = SimpleNamespace(call_logs=Logs(), holds=Rest(), cache=Rest())
    finishing = asyncio.create_task(record.finish(cast(Store, store)))
    await asyncio.sleep(0)
    assert logged == []
    go_on.set()
    await finishing
    assert logged == ["write"]
    assert not record.unfinished


async def test_a_barge_in_stops_a_read(record: CallRecord) -> None:
    """A cancelled handler of a reading tool takes its work with it."""
    began, stopped = asyncio.Event(), asyncio.Event()

    @tool()
    async def read(call: Call, arguments: NoArguments) -> Done:
        """Read."""
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Done("never")

    handler = asyncio.create_task(answer(read, handed(record)))
    await began.wait()
    handler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handler
    await asyncio.wait_for(stopped.wait(), 1)


class NotesArguments(Arguments):
    """Something to note."""

    notes: str


@tool(writes=True)
async def note_down(_: Call, arguments: NotesArguments) -> Done:
    """Note it."""
    return Done(f"Noted: {arguments.notes}")


async def test_no_card_number_reaches_a_tool_or_comes_back_from_one(record: CallRecord) -> None:
    """Neither what the model passes nor what is on the books may hold one; the log has neither."""
    given = {"notes": "pays with 4111 1111 1111 1111"}
    result = await toolbox.run(note_down, record, given)
    assert result["message"] == "Noted: pays with [card number]"
    assert record.tools[0].arguments == {"notes": "pays with [card number]"}


def test_the_model_reads_no_card_number(record: CallRecord) -> None:
    """What the caller said in halves is joined before the model is asked; tools' answers stay."""
    said = ["it's 4111 1111", "1111 1111", "and my number is 503 555 0142"]
    context = LLMContext(
        messages=[cast(Any, {"role": "user", "content": text}) for text in said]
        + [cast(Any, {"role": "assistant", "content": "Sure."})]
    )
    toolbox.prepare(context, record)
    assert [cast(Any, m)["content"] for m in context.messages] == [
        "it's [card number]", "[end of card number]", "and my number is 503 555 0142", "Sure.",
    ]  # fmt: skip
