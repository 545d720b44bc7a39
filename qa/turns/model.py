"""A model that says what it is told: one sentence for each call, whatever the caller said."""

import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import FastAPI

from sandbox import openai
from sandbox.latency import Latency, ProfileName
from sandbox.openai.chat import ChatRequest, Reply
from sandbox.serving import serving


@dataclass(frozen=True, slots=True)
class Asked:
    """The model was asked at `at_s` (the carrier's clock), after the caller had said `heard`."""

    at_s: float
    heard: str


class ScriptedModel:
    """Answers each call with the sentence set for its number, and remembers when it was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, list[Asked]] = defaultdict(list)
        self._says: dict[str, str] = {}

    def say(self, number: str, text: str) -> None:
        """Set what the call from `number` hears from now on, each time the model is asked."""
        self._says[number] = text

    def answer(self, request: ChatRequest) -> Reply:
        """Answer a request; the call is known by the number in its prompt."""
        prompt = " ".join(m.text for m in request.messages if m.role in ("system", "developer"))
        number = next((known for known in self._says if known in prompt), None)
        if number is None:
            return Reply("Sorry, I don't know this call.")
        heard = [message.text for message in request.messages if message.role == "user"]
        self.asked[number].append(Asked(time.monotonic(), heard[-1] if heard else ""))
        return Reply(self._says[number])


@contextlib.asynccontextmanager
async def serving_model(model: ScriptedModel, profile: ProfileName, key: str) -> AsyncIterator[str]:
    """Serve the model as OpenAI does; yields the base address that the service is given."""
    app = FastAPI(docs_url=None, redoc_url=None)
    latency = Latency(profile)
    app.include_router(openai.router(latency=latency, api_key=key, receptionist=model.answer))
    async with serving(app) as url:
        yield f"{url}/v1"
