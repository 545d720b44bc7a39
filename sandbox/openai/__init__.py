"""OpenAI stand-in: Chat Completions on the wire in front of a deterministic receptionist."""

from sandbox.openai.chat import ChatRequest, Message, Receptionist, Reply, ToolCall, ToolSpec
from sandbox.openai.completions import router
from sandbox.openai.receptionist import answer

__all__ = [
    "ChatRequest",
    "Message",
    "Receptionist",
    "Reply",
    "ToolCall",
    "ToolSpec",
    "answer",
    "router",
]
