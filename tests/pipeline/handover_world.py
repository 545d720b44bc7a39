"""A call with everything that its handover needs, faked or on a clock that stands still."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from pipeline.carrier import CallGone, CallStatus, CarrierCall, CarrierError, NewCall
from pipeline.handover import Handover, Line
from pipeline.record import CallRecord
from pipeline.transfers import Transfers
from pipeline.turns import HandoverTimes
from settings import EXAMPLE_SHOP_FILE
from shop.clock import FixedClock
from shop.shopfile import Shop, load_shop
from shop.types import Customer
from store import Store
from store.errors import DatabaseUnavailable
from store.messages import NewMessage
from tools.call import Call

SHOP = load_shop(EXAMPLE_SHOP_FILE)
OPEN = datetime(2026, 11, 24, 18, 7, tzinfo=UTC)
"""A Tuesday, seven past ten in the shop."""
NIGHT = datetime(2026, 11, 25, 4, tzinfo=UTC)
LUNCH = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
DANA = Customer(7, "Dana", "Whitfield", "+15035550142", None, ())
CALL_SID, PERSON_SID = "CA" + "1" * 32, "CA" + "2" * 32
AUTH_TOKEN = "the-auth-token"
PUBLIC_URL = "https://bayline.example"
QUICK = HandoverTimes(update_every_s=0.05, poll_s=0.005, limit_s=5.0, watches=20)


@dataclass
class FakeCalls:
    """The carrier's calls, in memory: what was asked, and how each call stands."""

    statuses: dict[str, CallStatus] = field(default_factory=lambda: {CALL_SID: "in-progress"})
    placed: list[NewCall] = field(default_factory=list)
    redirects: list[tuple[str, str]] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    errors: dict[str, list[CarrierError]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    answers_create: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers_create.set()

    async def create(self, call: NewCall) -> CarrierCall:
        """Place a call, once the carrier answers at all."""
        self._maybe_fail("create")
        await self.answers_create.wait()
        self.placed.append(call)
        self.statuses.setdefault(PERSON_SID, "ringing")
        self._tell()
        return self._call(PERSON_SID)

    async def get(self, sid: str) -> CarrierCall:
        """Look at a call."""
        self._maybe_fail("get")
        return self._call(sid)

    async def redirect(self, sid: str, *, twiml: str = "", url: str = "") -> CarrierCall:
        """Note where a call is sent."""
        self._maybe_fail("redirect")
        if self._call(sid).over:
            raise CallGone("404: 20404", 20404)
        self.redirects.append((sid, twiml or url))
        self._tell()
        return self._call(sid)

    async def hang_up(self, sid: str) -> None:
        """Note that a call is ended."""
        self._maybe_fail("hang_up")
        self.hung_up.append(sid)
        if not self._call(sid).over:
            self.statuses[sid] = "completed"
        self._tell()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something about the calls is so."""
        async with asyncio.timeout(5):
            while not true():
                await self.changed.wait()
                self.changed.clear()

    def _call(self, sid: str) -> CarrierCall:
        if sid not in self.statuses:
            raise CallGone("404: 20404", 20404)
        return CarrierCall(sid, self.statuses[sid], "", "", "outbound-api")

    def _maybe_fail(self, method: str) -> None:
        if self.errors.get(method):
            raise self.errors[method].pop(0)

    def _tell(self) -> None:
        self.changed.set()


@dataclass
class FakeBook:
    """Keeps messages in memory, or fails as a database does."""

    kept: list[NewMessage] = field(default_factory=list)
    away: bool = False

    async def add(self, message: NewMessage, at: datetime) -> int:
        """Keep a message."""
        if self.away:
            raise DatabaseUnavailable("no answer")
        self.kept.append(message)
        return len(self.kept)


@dataclass
class Desk:
    """One call's handover, and everything around it that a test looks at."""

    handover: Handover
    record: CallRecord
    calls: FakeCalls
    book: FakeBook
    transfers: Transfers
    clock: FixedClock
    said: list[str] = field(default_factory=list)
    watched: list[bool] = field(default_factory=list)
    spoke: asyncio.Event = field(default_factory=asyncio.Event)

    async def caller(self, words: str) -> list[str] | None:
        """Let the caller take a turn, as the call's events tell it."""
        self.handover.caller_speaks(True)
        self.handover.caller_speaks(False)
        self.record.say("caller", words)
        answer = await self.handover.hear(words)
        return list(answer) if answer is not None else None

    async def until_said(self, sentence: str) -> None:
        """Wait until a sentence was said to the caller."""
        async with asyncio.timeout(5):
            while not any(sentence in said for said in self.said):
                await self.spoke.wait()
                self.spoke.clear()


async def no_claim(_key: str, _life_s: int) -> bool | None:
    """Answer as with Redis away."""
    return None


def transfers_of(
    calls: FakeCalls,
    claim: Callable[[str, int], Awaitable[bool | None]] = no_claim,
) -> Transfers:
    """Return one process's transfers; every process has the same secret."""
    return Transfers(calls, auth_token=AUTH_TOKEN, public_url=PUBLIC_URL, claim=claim, times=QUICK)


def desk(
    *,
    now: datetime = OPEN,
    customer: Customer | None = DANA,
    phone: str | None = DANA.phone,
    shop: Shop = SHOP,
    times: HandoverTimes = QUICK,
) -> Desk:
    """Return the handover of a call that has just begun."""
    clock = FixedClock(now)
    call = Call(CALL_SID, phone, cast(Store, None), shop, clock, customer)
    record = CallRecord(call, "inbound", "+15035550100", clock.now(), clock)
    calls, book = FakeCalls(), FakeBook()
    transfers = transfers_of(calls)
    said: list[str] = []
    watched: list[bool] = []
    spoke = asyncio.Event()

    async def say(sentence: str) -> None:
        said.append(sentence)
        spoke.set()

    async def watch(silence: bool) -> None:
        watched.append(silence)

    handover = Handover(record, book, transfers, Line(say, watch), times)
    return Desk(handover, record, calls, book, transfers, clock, said, watched, spoke)


def without_number(shop: Shop = SHOP) -> Shop:
    """Return a shop that names nobody to transfer to."""
    return shop.model_copy(update={"transfer_number": None})


def anonymous(customer: Customer) -> Customer:
    """Return a customer whose name is not known."""
    return replace(customer, first_name="", last_name="")
