"""A stand-in for Deepgram: /v1/listen and /v1/speak as the vendor's clients know them."""

import base64
import binascii

import numpy as np
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from sandbox.deepgram.codec import Decoder
from sandbox.deepgram.listen import Listen
from sandbox.deepgram.rules import ListenLimits, SpeakLimits
from sandbox.deepgram.speak import Speak
from sandbox.ears import Ears, ScriptedEars
from sandbox.latency import Latency
from sandbox.voice import Voice

__all__ = ["ListenLimits", "SpeakLimits", "router"]


class _Recording(BaseModel):
    """A recording that callers will play, for scripted ears."""

    text: str = Field(min_length=1, max_length=2000)
    mulaw: str = Field(min_length=1, max_length=1_000_000, description="8 kHz mu-law in base64")


def router(
    *,
    ears: Ears,
    voice: Voice,
    latency: Latency,
    api_key: str | None = None,
    listen_limits: ListenLimits | None = None,
    speak_limits: SpeakLimits | None = None,
) -> APIRouter:
    """Routes of the stand-in. With `api_key`, other keys get 401; with ScriptedEars there are also
    `POST /sandbox/script` (one recording with its words) and `DELETE /sandbox/script`.
    """
    listen = Listen(ears, latency, api_key=api_key, limits=listen_limits or ListenLimits())
    speak = Speak(voice, latency, api_key=api_key, limits=speak_limits or SpeakLimits())
    routes = APIRouter()
    routes.add_api_websocket_route("/v1/listen", listen.serve)
    routes.add_api_websocket_route("/v1/speak", speak.serve)
    routes.add_route("/v1/speak", speak.post, methods=["POST"])
    if isinstance(ears, ScriptedEars):
        _add_script_routes(routes, ears)
    return routes


def _add_script_routes(routes: APIRouter, ears: ScriptedEars) -> None:
    @routes.post("/sandbox/script", status_code=204)
    def learn(recording: _Recording) -> None:
        """Register a recording."""
        try:
            audio = base64.b64decode(recording.mulaw, validate=True)
            ears.learn(np.asarray(Decoder("mulaw", 8000).decode(audio)), recording.text)
        except (ValueError, binascii.Error) as problem:
            raise HTTPException(422, "not audible 8 kHz mu-law in base64") from problem

    @routes.delete("/sandbox/script", status_code=204)
    def forget() -> None:
        """Drop all recordings."""
        ears.forget()
