"""The OpenAI stand-in seen by the unmodified clients over a real socket."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
import uvicorn
from fastapi import FastAPI
from openai import AsyncOpenAI
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    FunctionCallsStartedFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.tests.utils import run_test

from sandbox.latency import Latency
from sandbox.openai import ChatRequest, Receptionist, Reply, ToolCall, answer, router

pytestmark = pytest.mark.unit

PROMPT = """Today is Sunday, 2026-11-22, 13:05 (America/Los_Angeles).
Caller: Dana Whitfield (customer_id 1), calling from +15035550142.
Vehicles: [11] 2019 Honda CR-V; [12] 2015 Toyota Tacoma"""
ASK = "I'd like an oil change next Tuesday at two"
KEY = "sk-test-0123456789"


def tool(name: str, **properties: Any) -> Any:
    """Describe a function as the API takes it."""
    return {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": properties, "required": [*properties]},
        },
    }


TOOLS = [
    tool("get_available_slots", date={"type": "string"}),
    tool("lookup_customer"),
]
SAY: list[Any] = [{"role": "system", "content": PROMPT}, {"role": "user", "content": ASK}]
HELLO: list[Any] = [{"role": "system", "content": PROMPT}]


@asynccontextmanager
async def serving(
    receptionist: Receptionist = answer, latency: Latency | None = None
) -> AsyncIterator[str]:
    """Serve the stand-in on a free port; gives the base URL a client needs."""
    app = FastAPI()
    app.include_router(
        router(latency=latency or Latency("none"), api_key=KEY, receptionist=receptionist)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def client(
    receptionist: Receptionist = answer, latency: Latency | None = None
) -> AsyncIterator[AsyncOpenAI]:
    """Give a real client of a fresh stand-in."""
    async with (
        serving(receptionist, latency) as url,
        AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as api,
    ):
        yield api


def scripted(*calls: ToolCall, text: str = "") -> Callable[[ChatRequest], Reply]:
    """Make a model that always answers the same."""
    return lambda request: Reply(text, calls)


async def test_streamed_text() -> None:
    """Text arrives as deltas after the role, and usage comes last with no choice."""
    async with client() as api:
        stream = await api.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.startswith("Hi Dana")
    assert len(chunks) > 8
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert {c.id for c in chunks} == {chunks[0].id}
    assert all(c.usage is None for c in chunks[:-1])


async def test_streamed_tool_calls() -> None:
    """Tool calls come as deltas: id and name first, arguments in pieces, indexes in parallel."""
    calls = (ToolCall.of("get_available_slots", date="2026-11-24"), ToolCall.of("lookup_customer"))
    async with client(scripted(*calls, text="Let me see.")) as api:
        stream = await api.chat.completions.create(
            model="gpt-4o", messages=SAY, tools=TOOLS, stream=True
        )
        chunks = [chunk async for chunk in stream]
    deltas = [d for c in chunks for d in (c.choices[0].delta.tool_calls or [])]
    assert [d.index for d in deltas if d.id] == [0, 1]
    assert [d.function.name for d in deltas if d.function and d.function.name] == [
        "get_available_slots",
        "lookup_customer",
    ]
    arguments = "".join(d.function.arguments or "" for d in deltas if d.index == 0 and d.function)
    assert json.loads(arguments) == {"date": "2026-11-24"}
    assert sum(d.index == 0 for d in deltas) > 3
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert chunks[0].usage is None


async def test_whole_answer() -> None:
    """Without streaming the same answer comes in one piece, and a single call when asked so."""
    calls = (ToolCall.of("lookup_customer"), ToolCall.of("get_available_slots", date="x"))
    async with client(scripted(*calls)) as api:
        done = await api.chat.completions.create(model="gpt-4o", messages=SAY, tools=TOOLS)
        one = await api.chat.completions.create(
            model="gpt-4o", messages=SAY, tools=TOOLS, parallel_tool_calls=False
        )
    message = done.choices[0].message
    assert message.content is None
    assert message.tool_calls is not None
    assert len(message.tool_calls) == 2
    assert done.choices[0].finish_reason == "tool_calls"
    assert done.model.startswith("gpt-4o-")
    assert len(one.choices[0].message.tool_calls or []) == 1


async def test_a_conversation_with_tools() -> None:
    """The receptionist calls a tool, takes its result, and says what it found."""
    async with client() as api:
        first = await api.chat.completions.create(model="gpt-4o", messages=SAY, tools=TOOLS)
        calls = first.choices[0].message.tool_calls
        assert calls
        spoken = "Tuesday, November twenty-fourth at two in the afternoon"
        result = {"success": True, "slots": [{"start": "2026-11-24T14:00:00", "spoken": spoken}]}
        more = [
            *SAY,
            first.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": calls[0].id, "content": json.dumps(result)},
        ]
        second = await api.chat.completions.create(model="gpt-4o", messages=more, tools=TOOLS)
    text = second.choices[0].message.content or ""
    assert text.startswith(f"{spoken} is free.")


async def test_tool_choice() -> None:
    """None forbids tools, required and a name insist on one."""
    async with client() as api:
        create = api.chat.completions.create
        none = await create(model="gpt-4o", messages=SAY, tools=TOOLS, tool_choice="none")
        required = await create(model="gpt-4o", messages=HELLO, tools=TOOLS, tool_choice="required")
        named = await create(
            model="gpt-4o",
            messages=HELLO,
            tools=TOOLS,
            tool_choice={"type": "function", "function": {"name": "get_available_slots"}},
        )
    assert none.choices[0].message.tool_calls is None
    assert none.choices[0].message.content
    assert required.choices[0].message.tool_calls
    forced = named.choices[0].message.tool_calls
    assert forced
    assert forced[0].type == "function"
    assert forced[0].function.name == "get_available_slots"
    assert "date" in json.loads(forced[0].function.arguments)
    assert named.choices[0].finish_reason == "stop"


async def test_length() -> None:
    """An answer longer than allowed is cut and says so."""
    async with client() as api:
        done = await api.chat.completions.create(model="gpt-4o", messages=HELLO, max_tokens=3)
    assert done.choices[0].finish_reason == "length"
    assert len((done.choices[0].message.content or "").split()) <= 3


async def test_cached_tokens() -> None:
    """A long prefix seen before counts as cached, in steps of 128 tokens."""
    long: list[Any] = [{"role": "system", "content": PROMPT + " word" * 1500}, SAY[1]]
    async with client() as api:
        first = await api.chat.completions.create(model="gpt-4o", messages=long)
        second = await api.chat.completions.create(model="gpt-4o", messages=long)
    before, after = (
        done.usage.prompt_tokens_details.cached_tokens
        for done in (first, second)
        if done.usage and done.usage.prompt_tokens_details
    )
    assert before == 0
    assert after is not None
    assert after >= 1024
    assert after % 128 == 0


async def test_models() -> None:
    """The models are listed and found by name."""
    async with client() as api:
        names = {model.id async for model in await api.models.list()}
        assert "gpt-4o" in names
        assert (await api.models.retrieve("gpt-4o")).object == "model"
        with pytest.raises(openai.NotFoundError):
            await api.models.retrieve("llama")


REFUSED: dict[str, tuple[dict[str, Any], str | None]] = {
    "no messages": ({"model": "gpt-4o"}, "missing_required_parameter"),
    "empty messages": ({"model": "gpt-4o", "messages": []}, "empty_array"),
    "unknown role": (
        {"model": "gpt-4o", "messages": [{"role": "wizard", "content": "x"}]},
        "invalid_value",
    ),
    "message of another type": ({"model": "gpt-4o", "messages": ["x"]}, "invalid_type"),
    "no model": ({"messages": SAY}, None),
    "bad schema": (
        {
            "model": "gpt-4o",
            "messages": SAY,
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": 1}}}],
        },
        "invalid_function_parameters",
    ),
    "answer to no call": (
        {"model": "gpt-4o", "messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}]},
        None,
    ),
    "call without answer": (
        {
            "model": "gpt-4o",
            "messages": [
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
                    ],
                },
                *SAY,
            ],
        },
        None,
    ),
    "options without a stream": (
        {"model": "gpt-4o", "messages": SAY, "stream_options": {"include_usage": True}},
        None,
    ),
    "not an object": ({}, None),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refusals(case: str) -> None:
    """A wrong request is refused with status 400 and the vendor's error object."""
    body, code = REFUSED[case]
    async with serving() as url, httpx.AsyncClient() as http:
        response = await http.post(
            f"{url}/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"}
        )
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == code
    assert set(error) == {"message", "type", "param", "code"}
    assert response.headers["x-request-id"].startswith("req_")


async def test_keys_and_models() -> None:
    """A wrong key is 401, an unknown model 404, malformed JSON 400."""
    async with serving() as url:
        async with AsyncOpenAI(api_key="sk-wrong", base_url=url, max_retries=0) as api:
            with pytest.raises(openai.AuthenticationError) as wrong:
                await api.chat.completions.create(model="gpt-4o", messages=SAY)
        assert wrong.value.code == "invalid_api_key"
        async with AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as api:
            with pytest.raises(openai.NotFoundError) as unknown:
                await api.chat.completions.create(model="claude", messages=SAY)
        assert unknown.value.code == "model_not_found"
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as http:
            broken = await http.post(f"{url}/chat/completions", content=b"{")
    assert broken.status_code == 400


async def test_a_client_that_leaves_stops_the_generation(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """When the client closes the stream the rest is never made."""
    stopped = asyncio.Event()

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            stopped.set()

    watch = Watch()
    logger = logging.getLogger("sandbox.openai")
    caplog.set_level(logging.INFO, "sandbox.openai")
    logger.addHandler(watch)
    try:
        async with client(scripted(text="word " * 2000), Latency("design")) as api:
            stream = await api.chat.completions.create(model="gpt-4o", messages=SAY, stream=True)
            async for _ in stream:
                break
            await stream.close()
            await asyncio.wait_for(stopped.wait(), 5)
    finally:
        logger.removeHandler(watch)
    assert "the client has gone" in caplog.text


async def test_pace() -> None:
    """The first token waits for the profile's delay."""
    loop = asyncio.get_running_loop()
    async with client(scripted(text="One two."), Latency("design")) as api:
        started = loop.time()
        stream = await api.chat.completions.create(model="gpt-4o", messages=SAY, stream=True)
        await anext(aiter(stream))
        assert loop.time() - started >= 0.5
        await stream.close()


async def test_pipecat() -> None:
    """Pipecat's service streams a tool call out of it and starts the function."""

    async def slots(params: FunctionCallParams) -> None:
        await params.result_callback({"success": True, "slots": [], "message": "Nothing free."})

    schema = FunctionSchema(
        "get_available_slots", "Free times.", {"date": {"type": "string"}}, ["date"]
    )
    async with serving() as url:
        service = OpenAILLMService(
            api_key=KEY,
            base_url=url,
            settings=OpenAILLMService.Settings(model="gpt-4o", system_instruction=PROMPT),
        )
        service.register_function("get_available_slots", slots)
        ask = LLMContext(messages=[SAY[1]], tools=ToolsSchema(standard_tools=[schema]))
        down, _ = await run_test(service, frames_to_send=[LLMContextFrame(context=ask)])
        # Pipecat 1.14 never closes its client, which would warn at the end of the tests.
        await service._client.close()
    started = [f for f in down if isinstance(f, FunctionCallsStartedFrame)]
    assert [c.function_name for f in started for c in f.function_calls] == ["get_available_slots"]
    assert started[0].function_calls[0].arguments == {"date": "2026-11-24"}
    assert any(isinstance(f, LLMFullResponseEndFrame) for f in down)
