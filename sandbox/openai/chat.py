"""The nouns of a chat completion: what a request carries and what an answer holds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool; `arguments` is the JSON text a model would write, well formed or not."""

    name: str
    arguments: str
    id: str = ""

    @classmethod
    def of(cls, name: str, **arguments: Any) -> "ToolCall":
        """Make a call from Python values."""
        return cls(name, json.dumps(arguments))

    def parsed(self) -> dict[str, Any]:
        """Give the arguments as a dictionary; empty when they are not a JSON object."""
        return json_object(self.arguments)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation, its text parts joined."""

    role: str
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function the model may call."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def argument_names(self) -> tuple[str, ...]:
        """Name the arguments the schema knows; none where it does not say."""
        names = self.parameters.get("properties")
        return tuple(names) if isinstance(names, dict) else ()

    @property
    def required(self) -> tuple[str, ...]:
        """Name the arguments the schema insists on."""
        names = self.parameters.get("required")
        return tuple(str(n) for n in names) if isinstance(names, list) else ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything a model is given; `tool_choice` is none, auto, required or a function's name."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False
    include_obfuscation: bool = True

    def offers(self, tool: str) -> bool:
        """Say whether the model may call this tool."""
        if self.tool_choice == "none":
            return False
        return any(spec.name == tool for spec in self.tools)

    def argument_names(self, tool: str) -> tuple[str, ...]:
        """Name the arguments a tool's schema knows; none where it does not say."""
        return next((spec.argument_names for spec in self.tools if spec.name == tool), ())


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers: text, tool calls, or text followed by tool calls."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


Receptionist = Callable[[ChatRequest], Reply]


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object; anything else is an empty one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
