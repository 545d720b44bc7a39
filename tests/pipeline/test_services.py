"""What our subclasses of Pipecat's services add, and that the private names they use exist."""

import json
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, LLMContextFrame, LLMTextFrame, TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.tests.utils import SleepFrame, run_test

from pipeline import prompt, services
from pipeline.services import SharedParts
from processors.never_silent import NeverSilent, Waits
from processors.words_wanted import WordsWantedFrame
from settings import Settings

pytestmark = pytest.mark.unit


def settings(**more: Any) -> Settings:
    """Return settings that reach nobody."""
    values: dict[str, Any] = {
        "public_url": "http://127.0.0.1",
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "t",
        "twilio_phone_number": "+15035550100",
        "deepgram_api_key": "d",
        "openai_api_key": "o",
        "database_url": "postgresql://127.0.0.1/none",
        "redis_url": "redis://127.0.0.1/0",
        "google_calendar_id": "c",
        "google_credentials_path": __file__,
    }
    return Settings(_env_file=None, **(values | more))


def shared(*answers: list[dict[str, Any]]) -> SharedParts:
    """Return shared parts whose model streams these chunks, one list a request."""
    queue = list(answers)

    def reply(_request: httpx2.Request) -> httpx2.Response:
        if not queue:
            return httpx2.Response(400, json={"error": {"message": "no", "type": "server_error"}})
        events = [f"data: {json.dumps(_chunk(delta))}\n\n" for delta in queue.pop(0)]
        return httpx2.Response(
            200,
            text="".join([*events, "data: [DONE]\n\n"]),
            headers={"content-type": "text/event-stream"},
        )

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(reply))
    return SharedParts(
        settings=settings(),
        openai=AsyncOpenAI(api_key="o", base_url="http://model/v1", http_client=client),
        vad=SileroVADAnalyzer(),
        smart_turn=LocalSmartTurnAnalyzerV3(),
    )


def _chunk(delta: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }


def tool_delta(arguments: str, name: str = "lookup_customer") -> dict[str, Any]:
    """Return a streamed tool call."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": 0, "id": "t1", "type": "function", "function": function}]}


async def ask(parts: SharedParts, seen: list[LLMContext]) -> list[Any]:
    """Ask the model once; return what it sends on."""
    llm = services.language_model(parts, "Be brief.", before=seen.append)
    context = LLMContext(messages=[{"role": "user", "content": "hello"}])
    down, _ = await run_test(llm, frames_to_send=[LLMContextFrame(context)])
    return list(down)


async def test_the_context_can_be_mended_before_each_request() -> None:
    """The hook sees the context, and the model's words come through."""
    seen: list[LLMContext] = []
    frames = await ask(shared([{"role": "assistant", "content": "Hi"}]), seen)
    assert len(seen) == 1
    assert [frame.text for frame in frames if isinstance(frame, LLMTextFrame)] == ["Hi"]


async def test_arguments_that_are_no_json_do_not_end_in_silence() -> None:
    """A tool call nobody can read makes us ask the caller again."""
    frames = await ask(shared([tool_delta('{"phone": ')]), [])
    spoken = [frame.text for frame in frames if isinstance(frame, TTSSpeakFrame)]
    assert spoken == [prompt.SAY_AGAIN]


async def heard(parts: SharedParts, tools: list[FunctionSchema]) -> list[str]:
    """Ask the model as a call does, tools and context included; return what would be spoken."""
    llm = services.language_model(parts, "Be brief.", before=lambda _: None)
    silent = NeverSilent(
        Waits(tool_s=9, again_s=9, model_s=9, most=1),
        filler=lambda *_: "Moment.",
        apology=lambda: prompt.SAY_AGAIN,
    )
    context = LLMContext(messages=[{"role": "user", "content": "hello"}], tools=[*tools])
    _, agent = LLMContextAggregatorPair(context)
    voice = Speech()
    frames = [LLMContextFrame(context), SleepFrame(0.5)]
    await run_test(Pipeline([llm, silent, voice, agent]), frames_to_send=frames)
    return voice.said


class Speech(FrameProcessor):
    """Stands for the voice: notes what it is given to say."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Note text; pass everything on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame | TTSSpeakFrame):
            self.said.append(frame.text)
        await self.push_frame(frame, direction)


async def _look(params: FunctionCallParams) -> None:
    assert isinstance(params.arguments, dict | list | str | int)
    await params.result_callback({"success": False, "error": "invalid_arguments"})


LOOK = FunctionSchema("lookup_customer", "Look.", {}, [], handler=_look)
SORRY = [{"role": "assistant", "content": "Sorry, which?"}]


@pytest.mark.parametrize(
    ("answers", "spoken"),
    [
        ([[tool_delta('{"phone": ')]], prompt.SAY_AGAIN),
        ([[{"content": "Let me check. "}, tool_delta("{")]], prompt.SAY_AGAIN),
        ([[{"role": "assistant", "content": ""}]], prompt.SAY_AGAIN),
        ([[]], prompt.SAY_AGAIN),
        ([[tool_delta("[1]")], SORRY], "Sorry, which?"),
        ([[tool_delta("7")], SORRY], "Sorry, which?"),
        ([[tool_delta("")], SORRY], "Sorry, which?"),
        ([[tool_delta("{}", name="no_such_tool")], SORRY], "Sorry, which?"),
        ([], prompt.SAY_AGAIN),
    ],
)
async def test_no_reply_ends_in_silence(answers: list[list[dict[str, Any]]], spoken: str) -> None:
    """Malformed arguments, empty replies, unknown tools, a vendor's error: something is said."""
    said = await heard(shared(*answers), [LOOK])
    assert said[-1] == spoken
    assert said.count(prompt.SAY_AGAIN) <= 1


def test_calls_share_models_but_no_state() -> None:
    """Two calls' detectors run on one loaded model, each with a state of its own."""
    parts = shared()
    one, other = services.voice_activity(parts), services.voice_activity(parts)
    assert one._model is not other._model
    assert one._model.session is other._model.session
    assert one._model._state is not other._model._state
    first, second = services.turn_analyzer(parts), services.turn_analyzer(parts)
    assert first._session is second._session
    assert first._audio_buffer is not second._audio_buffer


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("wss://api.deepgram.com", "wss://api.deepgram.com"),
        ("https://api.deepgram.com", "wss://api.deepgram.com"),
        ("http://127.0.0.1:9", "ws://127.0.0.1:9"),
        ("ws://127.0.0.1:9", "ws://127.0.0.1:9"),
    ],
)
def test_any_root_leads_the_voice_to_a_websocket(root: str, expected: str) -> None:
    """http and ws roots are the same place."""
    parts = SharedParts(
        settings=settings(deepgram_base_url=root),
        openai=AsyncOpenAI(api_key="o"),
        vad=SileroVADAnalyzer(),
        smart_turn=LocalSmartTurnAnalyzerV3(),
    )
    assert services.text_to_speech(parts)._base_url == expected


class Connection:
    """Takes note of what the recogniser is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def send_finalize(self, message: Any) -> None:
        """Take note."""
        self.told.append(message.type)


async def test_the_recogniser_can_be_asked_for_its_words() -> None:
    """A wish for words finishes them at Deepgram, and does nothing while there is no connection."""
    stt: Any = services.speech_to_text(shared())
    await stt.process_frame(WordsWantedFrame(), FrameDirection.UPSTREAM)
    stt._connection = connection = Connection()
    await stt.process_frame(WordsWantedFrame(), FrameDirection.UPSTREAM)
    assert connection.told == ["Finalize"]
