"""The phone server: builds the app from its parts and runs it; no logic of its own.

`python server.py` reads its settings from the environment (or `.env`), refuses to start with one
list of what is missing, and on SIGTERM finishes the calls in progress before it exits.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from types import FrameType

import uvicorn
from fastapi import FastAPI
from loguru import logger
from uvicorn.supervisors import Multiprocess

from console.routes import routes as console_routes
from pipeline import log
from pipeline.admission import CallsInProgress
from pipeline.call import Switchboard
from pipeline.metrics import Metrics
from pipeline.routes import routes as phone_routes
from pipeline.services import SharedParts
from pipeline.telephony import MAX_MESSAGE_BYTES, StreamTokens
from settings import Settings, SettingsError, load
from shop.clock import SystemClock
from shop.shopfile import Shop, ShopFileError, load_shop
from store import open_store

DRAIN_LIMIT_S = 16 * 60
"""How long SIGTERM waits for calls in progress; no call lasts longer (`turns.MAX_CALL_S`)."""

SHUTDOWN_S = 10
"""How long open connections get once the last call is over."""


def build_app(settings: Settings, shop: Shop) -> FastAPI:
    """Return the service as an ASGI application."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        shared = SharedParts.build(settings)
        async with open_store(settings, shop) as store:
            app.state.switchboard = Switchboard(
                settings=settings,
                shop=shop,
                store=store,
                clock=SystemClock(),
                shared=shared,
                tokens=StreamTokens(settings.twilio_auth_token, store.cache.claim_once),
                metrics=Metrics(),
                calls=CallsInProgress(limit=settings.max_calls),
            )
            relay = asyncio.create_task(store.relay.run_forever())
            logger.bind(shop=shop.name).info("server_ready")
            yield
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)
        await shared.close()

    app = FastAPI(title="Bayline", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.include_router(phone_routes)
    app.include_router(console_routes)
    return app


class DrainingServer(uvicorn.Server):
    """A uvicorn server that lets the calls in progress finish before it stops.

    uvicorn's own shutdown closes open WebSockets at once, in the middle of a sentence.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no new call; stop when the last one is over. A second signal stops at once."""
        board: Switchboard | None = getattr(self.app.state, "switchboard", None)
        if board is None or board.calls.draining or sig != signal.SIGTERM:
            super().handle_exit(sig, frame)
            return
        board.calls.draining = True
        logger.bind(calls=len(board.calls.records)).info("draining")
        self._drain = asyncio.get_running_loop().create_task(self._stop_when_quiet(board))

    @property
    def app(self) -> FastAPI:
        """The application this server runs."""
        app = self.config.app
        assert isinstance(app, FastAPI)  # noqa: S101 - `serve` builds it so
        return app

    async def _stop_when_quiet(self, board: Switchboard) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_LIMIT_S):
                await board.calls.quiet()
        self.should_exit = True


def run_worker(sockets: list[socket.socket] | None = None) -> None:
    """Run one server process until it is told to stop; with several, they share `sockets`."""
    settings = load(Settings)
    log.configure()
    config = _uvicorn(settings, build_app(settings, load_shop(settings.shop_file)))
    DrainingServer(config).run(sockets)


def _uvicorn(settings: Settings, app: FastAPI | str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        # Twilio's messages are small and already compressed speech.
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


def main() -> int:
    """Start the server; returns the process's exit code."""
    try:
        settings = load(Settings)
        load_shop(settings.shop_file)
    except (SettingsError, ShopFileError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    if settings.workers == 1:
        run_worker()
    else:
        # The supervisor itself serves nothing: each worker builds its own app.
        config = _uvicorn(settings, "server:run_worker")
        Multiprocess(config, target=run_worker, sockets=[config.bind_socket()]).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
