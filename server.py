"""The phone server: builds the app from its parts and runs it; no logic of its own.

`python server.py` reads its settings from the environment (or `.env`), refuses to start with one
list of what is missing, and on SIGTERM finishes the calls in progress before it exits.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Coroutine

import uvicorn
from fastapi import FastAPI
from loguru import logger

from console.routes import routes as console_routes
from pipeline import log
from pipeline.admission import CallsInProgress
from pipeline.call import Switchboard
from pipeline.carrier import Carrier
from pipeline.handover_routes import handover_routes
from pipeline.metrics import Metrics
from pipeline.routes import routes as phone_routes
from pipeline.services import SharedParts
from pipeline.telephony import MAX_MESSAGE_BYTES, StreamTokens
from pipeline.transfers import Transfers
from pipeline.turns import PATIENCE, Patience
from settings import Settings, SettingsError, load
from shop.clock import SystemClock
from shop.shopfile import Shop, ShopFileError, load_shop
from store import Store, open_store
from store.errors import CalendarUnavailable, Unavailable
from store.google_api import load_credentials

DRAIN_LIMIT_S = 16 * 60
"""How long SIGTERM waits for calls in progress; no call lasts longer (`turns.MAX_CALL_S`)."""

DATABASE_PAUSE_S = 2.0
"""Between attempts to reach a database that was away when the server started."""

SHUTDOWN_S = 10
"""How long open connections get once the last call is over."""


def create_app() -> FastAPI:
    """Return the service as an ASGI application, from the environment's settings."""
    settings = load(Settings)
    log.configure()
    return build_app(settings, load_shop(settings.shop_file))


def build_app(settings: Settings, shop: Shop, patience: Patience = PATIENCE) -> FastAPI:
    """Return the service as an ASGI application; tests hand in a shorter patience."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            shared = SharedParts.build(settings)
            stack.push_async_callback(shared.close)
            store = await stack.enter_async_context(open_store(settings, shop))
            carrier = Carrier.of(settings)
            stack.push_async_callback(carrier.close)
            transfers = Transfers(
                carrier,
                auth_token=settings.twilio_auth_token,
                public_url=settings.public_url,
                claim=store.cache.claim_once,
            )
            stack.push_async_callback(transfers.close)
            board = app.state.switchboard = Switchboard(
                settings=settings,
                shop=shop,
                store=store,
                clock=SystemClock(),
                shared=shared,
                tokens=StreamTokens(settings.twilio_auth_token, store.cache.claim_once),
                metrics=Metrics(),
                calls=CallsInProgress(limit=settings.max_calls),
                transfers=transfers,
                patience=patience,
            )
            await stack.enter_async_context(_running(_tell_capacity(store, shop.bays)))
            stopping = asyncio.Event()
            await stack.enter_async_context(_running(store.relay.run_forever(stopping)))
            await stack.enter_async_context(_running(store.mirror.run_forever(stopping)))
            stack.callback(stopping.set)
            stop = _Drain(board.calls)
            stop.install()
            logger.bind(shop=shop.name, max_calls=settings.max_calls).info("server_ready")
            yield
        await logger.complete()

    app = FastAPI(title="Bayline", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.include_router(phone_routes)
    app.include_router(handover_routes)
    app.include_router(console_routes)
    return app


class _Drain:
    """Lets the calls in progress finish before the server stops.

    uvicorn's own shutdown closes open WebSockets at once, in the middle of a sentence; so SIGTERM
    comes here first, and reaches uvicorn when the line is quiet. A second one does not wait.
    """

    def __init__(self, calls: CallsInProgress) -> None:
        self._calls = calls
        self._stop = signal.getsignal(signal.SIGTERM)
        self._waiting: asyncio.Task[None] | None = None

    def install(self) -> None:
        """Take SIGTERM from uvicorn."""
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(self._begin))

    def _begin(self) -> None:
        if self._calls.draining:
            self._pass_on()
            return
        self._calls.draining = True
        logger.bind(calls=len(self._calls.records)).info("draining")
        self._waiting = asyncio.get_running_loop().create_task(self._when_quiet())

    async def _when_quiet(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_LIMIT_S):
                await self._calls.quiet()
        self._pass_on()

    def _pass_on(self) -> None:
        if callable(self._stop):
            self._stop(signal.SIGTERM, None)


async def _tell_capacity(store: Store, bays: int) -> None:
    """Let the database know how many bays there are, as soon as it answers."""
    while True:
        try:
            await store.appointments.sync_capacity(bays)
            return
        except Unavailable:
            await asyncio.sleep(DATABASE_PAUSE_S)


@contextlib.asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def main() -> int:
    """Start the server; returns the process's exit code."""
    try:
        settings = load(Settings)
        load_shop(settings.shop_file)
        load_credentials(settings.google_credentials_path)
    except (SettingsError, ShopFileError, CalendarUnavailable) as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    # uvicorn raises the signal that stopped it once more when it is done; a drained server that
    # was told to stop has done what it was asked, and exits 0.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run(
        "server:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        # Twilio's messages are small, and speech does not compress.
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
