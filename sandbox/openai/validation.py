"""What the vendor refuses in a request, in its words, and how a good one is read."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.openai.chat import ChatRequest, Message, ToolCall, ToolSpec

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Rejected(Exception):
    """The request is wrong: HTTP status and the vendor's error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _missing(param: str) -> Rejected:
    return Rejected(
        f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
    )


def _wrong_type(param: str, expected: str, value: object) -> Rejected:
    return Rejected(
        f"Invalid type for '{param}': expected {expected}, but got {_json_type(value)} instead.",
        param=param,
        code="invalid_type",
    )


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def read_request(body: object) -> ChatRequest:
    """Read a request's JSON; raises Rejected as the vendor would."""
    if not isinstance(body, dict):
        raise Rejected("We could not parse the JSON body of your request.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Rejected("you must provide a model parameter")
    if not re.match(r"(gpt-|o\d|chatgpt-|ft:)", model):
        raise Rejected(
            f"The model `{model}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
        )
    stream = _boolean(body, "stream", default=False)
    options = body.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise _wrong_type("stream_options", "an object", options)
    if options is not None and not stream:
        raise Rejected(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    tools = _tools(body.get("tools"))
    options = options or {}
    return ChatRequest(
        model=model,
        messages=_messages(body),
        tools=tools,
        tool_choice=_tool_choice(body.get("tool_choice"), tools),
        parallel_tool_calls=_boolean(body, "parallel_tool_calls", default=True),
        max_tokens=_max_tokens(body),
        stream=stream,
        include_usage=bool(options.get("include_usage")),
        include_obfuscation=options.get("include_obfuscation") is not False,
    )


def _boolean(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise _wrong_type(name, "a boolean", value)
    return value


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(name, "an integer", value)
        if value < 1:
            raise Rejected(
                f"Invalid '{name}': integer below minimum value. Expected a value >= 1, "
                f"but got {value} instead.",
                param=name,
                code="integer_below_min_value",
            )
        return value
    return None


def _tools(value: object) -> tuple[ToolSpec, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong_type("tools", "an array of objects", value)
    if not value:
        raise Rejected(
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead.",
            param="tools",
            code="empty_array",
        )
    return tuple(_tool(f"tools[{i}]", tool) for i, tool in enumerate(value))


def _tool(where: str, tool: object) -> ToolSpec:
    if not isinstance(tool, dict):
        raise _wrong_type(where, "an object", tool)
    if tool.get("type") is None:
        raise _missing(f"{where}.type")
    if tool["type"] != "function":
        raise Rejected(
            f"Invalid value: '{tool['type']}'. Supported values are: 'function'.",
            param=f"{where}.type",
            code="invalid_value",
        )
    function = tool.get("function")
    if not isinstance(function, dict):
        raise _missing(f"{where}.function")
    name = function.get("name")
    if name is None:
        raise _missing(f"{where}.function.name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Rejected(
            f"Invalid '{where}.function.name': string does not match pattern. Expected a string "
            "that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            param=f"{where}.function.name",
            code="invalid_value",
        )
    parameters = function.get("parameters")
    if parameters is None:
        return ToolSpec(name)
    if not isinstance(parameters, dict):
        raise _wrong_type(f"{where}.function.parameters", "an object", parameters)
    kind = parameters.get("type")
    properties = parameters.get("properties", {})
    if kind != "object" or not isinstance(properties, dict):
        raise Rejected(
            f"Invalid schema for function '{name}': schema must be a JSON Schema of "
            f"'type: \"object\"', got 'type: \"{kind}\"'.",
            param=f"{where}.function.parameters",
            code="invalid_function_parameters",
        )
    return ToolSpec(name, parameters)


def _tool_choice(value: object, tools: tuple[ToolSpec, ...]) -> str:
    if value is None:
        return "auto"
    if not tools:
        raise Rejected(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are "
            "specified.",
            param="tool_choice",
        )
    if isinstance(value, str) and value in ("none", "auto", "required"):
        return value
    function = value.get("function") if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise Rejected(
            f"Invalid value: '{value}'. Supported values are: 'none', 'auto', and 'required'.",
            param="tool_choice",
            code="invalid_value",
        )
    if all(tool.name != name for tool in tools):
        raise Rejected(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")
    return name


def _messages(body: Mapping[str, Any]) -> tuple[Message, ...]:
    value = body.get("messages")
    if value is None:
        raise _missing("messages")
    if not isinstance(value, list):
        raise _wrong_type("messages", "an array of objects", value)
    if not value:
        raise Rejected(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got "
            "an empty array instead.",
            param="messages",
            code="empty_array",
        )
    messages = tuple(_message(i, item) for i, item in enumerate(value))
    _check_tool_answers(messages)
    return messages


def _message(i: int, item: object) -> Message:
    where = f"messages[{i}]"
    if not isinstance(item, dict):
        raise _wrong_type(where, "an object", item)
    role = item.get("role")
    if role is None:
        raise _missing(f"{where}.role")
    if role not in _ROLES:
        listed = ", ".join(f"'{r}'" for r in _ROLES[:-1])
        raise Rejected(
            f"Invalid value: '{role}'. Supported values are: {listed}, and '{_ROLES[-1]}'.",
            param=f"{where}.role",
            code="invalid_value",
        )
    calls = _calls(where, item.get("tool_calls"))
    content = item.get("content")
    if content is None and not calls and (role != "assistant" or not item.get("refusal")):
        raise Rejected(
            f"Invalid value for 'content': expected a string, got null. ({where}.content)",
            param=f"{where}.content",
        )
    call_id = item.get("tool_call_id")
    if role == "tool" and not isinstance(call_id, str):
        raise _missing(f"{where}.tool_call_id")
    return Message(role, _text(where, content), calls, str(call_id) if role == "tool" else "")


def _text(where: str, content: object) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise _wrong_type(f"{where}.content", "one of a string or array of objects", content)
    texts = []
    for j, part in enumerate(content):
        if not isinstance(part, dict):
            raise _wrong_type(f"{where}.content[{j}]", "an object", part)
        if part.get("type") == "text":
            texts.append(str(part.get("text", "")))
    return " ".join(texts)


def _calls(where: str, value: object) -> tuple[ToolCall, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong_type(f"{where}.tool_calls", "an array of objects", value)
    calls = []
    for j, call in enumerate(value):
        if not isinstance(call, dict):
            raise _wrong_type(f"{where}.tool_calls[{j}]", "an object", call)
        function = call.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise _missing(f"{where}.tool_calls[{j}].function")
        arguments = function.get("arguments", "")
        if not isinstance(arguments, str):
            at = f"{where}.tool_calls[{j}].function.arguments"
            raise _wrong_type(at, "a string", arguments)
        calls.append(ToolCall(function["name"], arguments, str(call.get("id", ""))))
    return tuple(calls)


def _check_tool_answers(messages: tuple[Message, ...]) -> None:
    waiting: dict[str, None] = {}
    for i, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise Rejected(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    param=f"messages.[{i}].role",
                )
            del waiting[message.tool_call_id]
            continue
        _refuse_unanswered(waiting, i)
        waiting = {call.id: None for call in message.tool_calls}
    _refuse_unanswered(waiting, len(messages))


def _refuse_unanswered(waiting: Mapping[str, None], i: int) -> None:
    if waiting:
        raise Rejected(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(waiting),
            param=f"messages.[{i}].role",
        )
