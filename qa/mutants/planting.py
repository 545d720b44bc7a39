"""How a bug is planted: the service runs as it is, but for one thing replaced at its start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pipecat.frames.frames import Frame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

MUTANTS: dict[str, "Mutant"] = {}
"""All of them by name, in the order in which they are written down."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug that somebody might really write, and the scenarios that should notice it first."""

    name: str
    does: str
    scenarios: tuple[str, ...]
    plant: Callable[[], None]


def mutant(does: str, *scenarios: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that plants a bug; the bug is named after it."""

    def register(plant: Callable[[], None]) -> Callable[[], None]:
        name = plant.__name__.replace("_", "-")
        MUTANTS[name] = Mutant(name, does, scenarios, plant)
        return plant

    return register


def replace(owner: Any, name: str, new: Any) -> Any:
    """Put `new` where `owner` has `name`; returns what was there.

    Raises AttributeError when nothing was: a bug that is planted beside the product proves nothing.
    """
    old = getattr(owner, name)
    setattr(owner, name, new)
    return old


async def nothing(*_: object, **__: object) -> None:
    """Stand where something should be done."""


def answering(value: Any) -> Callable[..., Awaitable[Any]]:
    """Return an asynchronous function that answers `value`, whatever it is asked."""

    async def answer(*_: object, **__: object) -> Any:
        return value

    return answer


async def pass_on(self: FrameProcessor, frame: Frame, direction: FrameDirection) -> None:
    """Stand for a processor's `process_frame`: every frame passes as it is."""
    await FrameProcessor.process_frame(self, frame, direction)
    await self.push_frame(frame, direction)
