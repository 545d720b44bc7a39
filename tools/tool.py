"""How a tool is declared, and the one way it is run: parse, check ownership, act, answer."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.arguments import cleaned
from tools.call import Call
from tools.errors import AskCaller, ToolError

MAX_TEXT = 200
"""No argument a caller can speak is longer; longer ones are refused before they are looked at."""


# Models write numbers as text, and text of digits as numbers.
ARGUMENTS_CONFIG = ConfigDict(
    frozen=True,
    str_strip_whitespace=True,
    str_max_length=MAX_TEXT,
    extra="ignore",
    coerce_numbers_to_str=True,
)


class Arguments(BaseModel):
    """The base of every tool's arguments: unknown ones are ignored, text is bounded."""

    model_config = ARGUMENTS_CONFIG


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """One of the seven things a caller can have done.

    `writes` marks a tool that changes something: it is never interrupted half-way.
    """

    name: str
    description: str
    arguments: type[A]
    handler: Callable[[Call, A], Awaitable[Any]]
    writes: bool

    def parameters(self) -> dict[str, Any]:
        """Return the JSON schema of the arguments, as the model is shown it."""
        schema = self.arguments.model_json_schema()
        definitions = schema.pop("$defs", {})
        shown: dict[str, Any] = _plain_schema(schema, definitions)
        shown.pop("description", None)
        return shown

    async def run(self, call: Call, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the model asked for `call`; every answer is a JSON object with `success`.

        Raises nothing a caller could cause; what escapes is a bug.
        """
        try:
            arguments = self._parse(raw)
            await call.identify()
            await _check_ownership(call, arguments)
            result = await self.handler(call, arguments)
        except ToolError as error:
            return {
                "success": False,
                "error": error.code,
                "message": error.say,
                **error.details,
            }
        return {"success": True, **_plain(result)}

    def _parse(self, raw: Mapping[str, Any]) -> A:
        try:
            return self.arguments.model_validate(cleaned(raw))
        except ValidationError as exc:
            raise _bad_arguments(exc) from exc


def tool(*, writes: bool = False) -> Callable[[Callable[[Call, A], Awaitable[Any]]], Tool[A]]:
    """Declare a tool: its name is the function's, its description the docstring's first part."""

    def declare(handler: Callable[[Call, A], Awaitable[Any]]) -> Tool[A]:
        description = re.sub(r"\s+", " ", handler.__doc__ or "").strip()
        return Tool(
            name=handler.__name__,
            description=description,
            arguments=handler.__annotations__["arguments"],
            handler=handler,
            writes=writes,
        )

    return declare


async def _check_ownership(call: Call, arguments: Arguments) -> None:
    """Refuse ids that are not the verified caller's: they come from the model, so from anyone."""
    customer_id = getattr(arguments, "customer_id", None)
    if customer_id is not None:
        call.require_customer(customer_id)
    vehicle_id = getattr(arguments, "vehicle_id", None)
    if vehicle_id is not None:
        call.require_vehicle(vehicle_id)
    appointment_id = getattr(arguments, "appointment_id", None)
    if appointment_id is not None:
        await call.require_appointment(appointment_id)


def _bad_arguments(exc: ValidationError) -> AskCaller:
    first = exc.errors(include_input=False, include_url=False)[0]
    names = [part for part in first["loc"] if isinstance(part, str)]
    spoken = (names[-1] if names else "that").replace("_", " ").removesuffix(" id")
    argument = {"argument": ".".join(names)}
    if first["type"] == "string_too_long":
        say = f"That's too long for me as the {spoken}. Could you say it in fewer words?"
        return AskCaller("too_long", say, argument)
    if first["type"] in ("missing", "string_too_short"):
        say = f"I still need the {spoken}. Could you tell me?"
    else:
        say = f"I didn't get the {spoken} right. Could you say it again?"
    return AskCaller("invalid_arguments", say, argument)


def _plain_schema(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Write references out and drop titles and nulls: models follow a flat schema better."""
    if isinstance(schema, list):
        return [_plain_schema(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return _plain_schema({**target, **_without(schema, "$ref")}, definitions)
    options = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    if len(options) == 1:
        schema = {**options[0], **_without(schema, "anyOf", "default")}
        return _plain_schema(schema, definitions)
    # Under `properties` the keys are names: an argument called title must survive.
    return {
        key: {name: _plain_schema(part, definitions) for name, part in value.items()}
        if key == "properties"
        else _plain_schema(value, definitions)
        for key, value in _without(schema, "title").items()
    }


def _without(schema: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys}


def _plain(result: Any) -> dict[str, Any]:
    assert is_dataclass(result) and not isinstance(result, type)  # noqa: S101 - declared so
    return asdict(result)
