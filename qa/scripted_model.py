"""A model that says what it is told: scripts for some callers, the receptionist for the rest."""

import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from sandbox import openai
from sandbox.latency import Delay, Latency, ProfileName
from sandbox.openai.chat import ChatRequest, Receptionist, Reply, ToolCall
from sandbox.openai.receptionist import answer
from sandbox.serving import serving
from sandbox.vendors import OPENAI_KEY


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """One answer of the model, right or wrong.

    `calls` are pairs of a tool's name and its arguments: a mapping, or the raw text that a model
    wrote, well formed or not. `first_token_s` is how long it thinks; None: as the profile says.
    """

    say: str = ""
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    first_token_s: float | None = None

    def reply(self) -> Reply:
        """Return it as the stand-in sends it."""
        return Reply(
            self.say,
            tuple(
                ToolCall(name, given if isinstance(given, str) else json.dumps(given))
                for name, given in self.calls
            ),
        )


class ScriptedModel:
    """Answers each caller by their script, told by the phone number that the prompt names.

    A script is played once, an answer a request; after it, and to everybody who has none, the
    receptionist answers. Callable as the stand-in's `Receptionist`.
    """

    def __init__(self, rest: Receptionist = answer) -> None:
        self._rest = rest
        self._scripts: dict[str, deque[ScriptedReply]] = {}
        self.next_first_token_s: float | None = None
        """How long the answer just given is to be waited for; read once, by the pace below."""

    def script(self, caller: str, replies: Sequence[ScriptedReply]) -> None:
        """Lay down what the model answers to the caller with this number (E.164)."""
        self._scripts[caller] = deque(replies)

    def __call__(self, request: ChatRequest) -> Reply:
        """Answer a request."""
        told = " ".join(m.text for m in request.messages if m.role in ("system", "developer"))
        for number, replies in self._scripts.items():
            if number in told and replies:
                scripted = replies.popleft()
                self.next_first_token_s = scripted.first_token_s
                return scripted.reply()
        return self._rest(request)


class _Pace(Latency):
    """The profile's delays, but for answers whose script says how long they take."""

    def __init__(self, profile: ProfileName, model: ScriptedModel) -> None:
        super().__init__(profile)
        self._model = model

    def sample_s(self, delay: Delay) -> float:
        # The stand-in asks right after the model has answered, in the same step of the loop.
        told, self._model.next_first_token_s = self._model.next_first_token_s, None
        return super().sample_s(delay) if told is None else told


@contextlib.asynccontextmanager
async def scripted_model(profile: ProfileName = "none") -> AsyncIterator[tuple[str, ScriptedModel]]:
    """Serve a scripted model; yields what OPENAI_BASE_URL has to be, and the model."""
    model = ScriptedModel()
    app = FastAPI(title="Scripted model", docs_url=None, redoc_url=None)
    app.include_router(
        openai.router(latency=_Pace(profile, model), api_key=OPENAI_KEY, receptionist=model)
    )
    async with serving(app) as url:
        yield f"{url}/v1", model
