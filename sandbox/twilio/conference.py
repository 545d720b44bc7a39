"""Conference rooms: legs that hear each other while they are in the same <Conference>."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from sandbox.twilio import mulaw
from sandbox.twilio.mulaw import SILENCE_FRAME

_LATEST_FRAMES = 10
"""Frames one leg may lag behind another, 200 ms; what is older is never heard."""


@dataclass(frozen=True, slots=True)
class Joining:
    """How a leg joins: whether the room starts with it, and whether it ends when it leaves."""

    name: str
    starts: bool = True
    ends: bool = False
    muted: bool = False


class Seat:
    """One leg's place in a room; the `Far` end of its line."""

    def __init__(self, room: "Room", joining: Joining) -> None:
        self.joining = joining
        self._room = room
        self._heard: dict[Seat, deque[bytes]] = {}

    def send_frame(self, frame: bytes, at_s: float) -> None:
        """Let the others hear 20 ms of this leg."""
        if not self.joining.muted:
            self._room.spread(self, frame)

    def next_frame(self) -> bytes:
        """Take the 20 ms that this leg hears next: all the others together."""
        frames = [heard.popleft() for heard in self._heard.values() if heard]
        if len(frames) < 2:
            return frames[0] if frames else SILENCE_FRAME
        mixed = np.sum([mulaw.decode(frame).astype(np.int32) for frame in frames], axis=0)
        return mulaw.encode(np.clip(mixed, -32768, 32767).astype(np.int16))

    def hear(self, speaker: "Seat", frame: bytes) -> None:
        """Add a frame of somebody else's."""
        self._heard.setdefault(speaker, deque(maxlen=_LATEST_FRAMES)).append(frame)


@dataclass
class Room:
    """A conference: starts with the second leg, ends for all when a leg that ends it leaves."""

    name: str
    seats: list[Seat] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def join(self, joining: Joining) -> Seat:
        """Give a leg a seat."""
        seat = Seat(self, joining)
        self.seats.append(seat)
        if len(self.seats) > 1 and any(one.joining.starts for one in self.seats):
            self.started.set()
        return seat

    def leave(self, seat: Seat) -> None:
        """Take a leg's seat away."""
        self.seats.remove(seat)
        if not self.seats or seat.joining.ends:
            self.over.set()

    def spread(self, speaker: Seat, frame: bytes) -> None:
        """Bring a frame to everybody but its speaker, once the conference has started."""
        if not self.started.is_set():
            return
        for seat in self.seats:
            if seat is not speaker:
                seat.hear(speaker, frame)


class Rooms:
    """The account's conferences by name; a name is free again when its conference is over."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def enter(self, joining: Joining) -> tuple[Room, Seat]:
        """Join the conference of that name, which is opened when there is none."""
        room = self._rooms.get(joining.name)
        if room is None or room.over.is_set():
            room = self._rooms[joining.name] = Room(joining.name)
        return room, room.join(joining)
