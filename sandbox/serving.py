"""A web application on a port of this machine, inside the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI


@contextlib.asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve `app` in this event loop, on a bound socket or a free port of 127.0.0.1.

    Yields its http:// root; the socket is closed at the end.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws_per_message_deflate=False,
        lifespan="off",
        # As long as the vendors' front ends keep an idle connection, more or less; uvicorn's own
        # five seconds are shorter than a caller's pause.
        timeout_keep_alive=120,
    )
    server = uvicorn.Server(config)
    with listener or bound() as listening:
        port = listening.getsockname()[1]
        # Not `serve`, which would take the signals of whoever runs this event loop.
        task = asyncio.create_task(server._serve([listening]))
        try:
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event
                await asyncio.sleep(0.005)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await task


def bound(port: int = 0) -> socket.socket:
    """Return a socket bound to a port of 127.0.0.1; a free one for 0 or when it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    return listener
