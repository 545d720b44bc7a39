"""Speech and language services for one call, built from Settings over parts all calls share.

What is slow to build (TLS contexts, model files, connections) is built once when the process starts
and shared, so that taking a call never blocks the calls in progress: a private client and private
models cost about 300 ms of the event loop a call.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from deepgram.listen.v1.types import ListenV1Finalize, ListenV1Results
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer
from pipecat.frames.frames import (
    Frame,
    FunctionCallFromLLM,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    TTSSpeakFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transcriptions.language import Language

from pipeline import prompt, turns
from pipeline.pronouncing import pronunciations
from pipeline.voice import SentenceVoice
from processors.ear import SaidWord
from processors.line_ear import LineEar
from processors.words_wanted import WordsWantedFrame
from settings import Settings

SAMPLE_RATE_HZ = 8000
"""The telephone's rate, kept from end to end: resampling costs time, 100 ms of it in Pipecat."""

MAX_REPLY_TOKENS = 220
"""Three spoken sentences and a tool call fit; a model that rambles is cut off."""

TEMPERATURE = 0.3
"""Low: a receptionist varies little, and tool arguments not at all."""

TOOL_TIMEOUT_S = 8.0
"""After this the tool counts as failed and the model apologises; its own time-outs are shorter."""

FIRST_TOKEN_TIMEOUT_S = 2.5
"""GPT-4o's first token has p95 1.4 s; one that takes longer is asked for again, once."""

MODEL_TIMEOUT_S = 5.0
"""A model that sends nothing for this long has failed; the client asks once more, then the caller
is told, having heard fillers meanwhile. The client's own limit is ten minutes."""


@dataclass(frozen=True, slots=True)
class SharedParts:
    """What every call of this process shares."""

    settings: Settings
    openai: AsyncOpenAI
    vad: SileroVADAnalyzer
    smart_turn: LocalSmartTurnAnalyzerV3

    @classmethod
    def build(cls, settings: Settings) -> Self:
        """Load the models and open the clients (no request is made); takes about 0.3 s."""
        client = AsyncOpenAI(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            http_client=DefaultAsyncHttpxClient(),
            max_retries=1,
            timeout=MODEL_TIMEOUT_S,
        )
        smart_turn = LocalSmartTurnAnalyzerV3(cpu_count=1)
        # Its first verdict takes half a second more than the others: not while a caller waits.
        smart_turn._predict_endpoint(np.zeros(SAMPLE_RATE_HZ, np.float32))
        return cls(
            settings=settings,
            openai=client,
            vad=SileroVADAnalyzer(),
            smart_turn=smart_turn,
        )

    async def close(self) -> None:
        """Close the shared connections."""
        await self.openai.close()


class _CallSTT(DeepgramSTTService):
    """Pipecat's service, which can also be asked for its words before the detector's silence."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, WordsWantedFrame):
            if self._connection:
                await self._connection.send_finalize(ListenV1Finalize(type="Finalize"))
            return
        await super().process_frame(frame, direction)


def speech_to_text(shared: SharedParts) -> DeepgramSTTService:
    """Return the recogniser of one call: interim results, words as they are said."""
    settings = shared.settings
    return _CallSTT(
        api_key=settings.deepgram_api_key,
        base_url=settings.deepgram_base_url,
        sample_rate=SAMPLE_RATE_HZ,
        settings=DeepgramSTTService.Settings(
            model=settings.deepgram_stt_model,
            language=Language(settings.language),
            interim_results=True,
            punctuate=True,
            smart_format=True,
            numerals=True,
            endpointing=turns.STT_ENDPOINTING_MS,
        ),
    )


def words_said(frame: InterimTranscriptionFrame | TranscriptionFrame) -> tuple[SaidWord, ...]:
    """Return the words of Deepgram's result with their times, in seconds of its audio."""
    result = frame.result
    if not isinstance(result, ListenV1Results) or not result.channel.alternatives:
        return ()
    words = result.channel.alternatives[0].words
    return tuple(SaidWord(word.word, word.start, word.end) for word in words)


def text_to_speech(shared: SharedParts) -> SentenceVoice:
    """Return the voice of one call: 16-bit samples at the telephone's rate."""
    settings = shared.settings
    return SentenceVoice(
        api_key=settings.deepgram_api_key,
        base_url=_websocket_root(settings.deepgram_base_url),
        sample_rate=SAMPLE_RATE_HZ,
        # Not "mulaw": Pipecat would take the bytes for samples and encode them a second time.
        encoding="linear16",
        settings=SentenceVoice.Settings(voice=settings.deepgram_tts_voice),
        text_transforms=[*pronunciations(settings.deepgram_tts_voice)],
    )


class _CallLLM(OpenAILLMService):
    """Pipecat's service on the process's one client, whose connections are warm.

    `before` is called with the context each time the model is about to be asked.
    """

    def __init__(
        self, shared: SharedParts, before: Callable[[LLMContext], None], **kwargs: Any
    ) -> None:
        self._shared_client = shared.openai
        self._before = before
        super().__init__(**kwargs)

    async def get_chat_completions(self, context: LLMContext) -> Any:
        self._before(context)
        return await super().get_chat_completions(context)

    async def run_function_calls(self, function_calls: Sequence[FunctionCallFromLLM]) -> None:
        # Pipecat drops a call whose arguments are no JSON, and then nobody says anything.
        if not function_calls:
            await self.push_frame(TTSSpeakFrame(prompt.SAY_AGAIN))
        await super().run_function_calls(function_calls)

    def create_client(self, *_args: Any, **_kwargs: Any) -> AsyncOpenAI:
        return self._shared_client


def language_model(
    shared: SharedParts, system_instruction: str, before: Callable[[LLMContext], None]
) -> OpenAILLMService:
    """Return the model of one call; `before` may mend the context each time it is asked."""
    return _CallLLM(
        shared,
        before,
        function_call_timeout_secs=TOOL_TIMEOUT_S,
        retry_on_timeout=True,
        retry_timeout_secs=FIRST_TOKEN_TIMEOUT_S,
        settings=OpenAILLMService.Settings(
            model=shared.settings.openai_model,
            system_instruction=system_instruction,
            temperature=TEMPERATURE,
            max_completion_tokens=MAX_REPLY_TOKENS,
        ),
    )


VAD_WINDOW_S = 256 / SAMPLE_RATE_HZ
"""Silero judges 256 samples at a time."""


class CallVAD(SileroVADAnalyzer):
    """A Silero analyzer with a state of its own on the process's one loaded model.

    Silero says what sounds like a voice, `ear` what of it is loud enough on this line. In the
    caller's own turn both ask for less, and for a shorter time.
    """

    def __init__(self, shared: SileroVADAnalyzer) -> None:
        VADAnalyzer.__init__(self, params=turns.VAD)
        self._model = copy.copy(shared._model)
        self._model.reset_states()
        self._windows_since_reset = 0
        self._low_confidence_windows = 0
        self._like_voice = False
        self.ear = LineEar(turns.LOUDNESS, VAD_WINDOW_S)

    def voice_confidence(self, buffer: bytes) -> float:
        """Return 1 for a window that Silero takes for voice, else 0, and keep it for the ear."""
        confidence = float(np.asarray(super().voice_confidence(buffer)).item())
        now = turns.VAD_IN_TURN if self.ear.callers_turn else turns.VAD
        self._vad_start_frames = round(now.start_secs / VAD_WINDOW_S)
        self._like_voice = confidence >= now.confidence
        return float(self._like_voice)

    def _get_smoothed_volume(self, audio: bytes) -> float:
        """Stand in for Pipecat's volume over 400 ms, which lags: full volume or none."""
        return float(self.ear.hear(audio, like_voice=self._like_voice))


def voice_activity(shared: SharedParts) -> CallVAD:
    """Return the voice activity detector of one call."""
    return CallVAD(shared.vad)


class _CallSmartTurn(LocalSmartTurnAnalyzerV3):
    """A smart-turn analyzer with buffers of its own on the process's one loaded model."""

    def __init__(self, shared: LocalSmartTurnAnalyzerV3, params: SmartTurnParams) -> None:
        super(LocalSmartTurnAnalyzerV3, self).__init__(params=params)
        self._log_data = False
        self._session = shared._session


def turn_analyzer(shared: SharedParts) -> LocalSmartTurnAnalyzerV3:
    """Return the end-of-turn detector of one call."""
    return _CallSmartTurn(shared.smart_turn, turns.SMART_TURN)


def _websocket_root(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit(parts._replace(scheme=scheme))
