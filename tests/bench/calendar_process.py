"""The calendar stand-in as a process of its own, so that it costs the measured one nothing.

Reads one line of JSON from stdin, [[start, end], ...], puts these entries into the calendar, prints
its address, and ends with its stdin.
"""

import asyncio
import json
import sys
from datetime import datetime

from fastapi import FastAPI

from sandbox.google import CalendarWorld, router
from sandbox.serving import serving

CALENDAR_ID = "shop@bayline.example"


async def main() -> None:
    """Serve until stdin ends."""
    world = CalendarWorld((CALENDAR_ID,))
    for start, end in json.loads(sys.stdin.readline()):
        world.add_event(
            CALENDAR_ID,
            start=datetime.fromisoformat(start),
            end=datetime.fromisoformat(end),
            summary="Delivery",
        )
    app = FastAPI()
    app.include_router(router(world))
    async with serving(app) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
