"""A bad line: which frames of the caller's never arrive, which come late, what the service gets."""

import asyncio
import base64
import time
from itertools import groupby

import numpy as np
import pytest
from twilio_service import ACCOUNT, TOKEN, Conversation, Message, service

from sandbox.twilio import mulaw
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.impairment import Gap, Impairment, Network
from sandbox.twilio.leg import Leg

pytestmark = pytest.mark.unit

FRAME_S = 0.02


def arrivals(impairment: Impairment, frames: int = 10_000) -> list[bool]:
    """Say of each frame whether it arrives."""
    network = Network(lambda _kind, _detail: None)
    network.impair(impairment)
    return [network.carries(100.0 + n * FRAME_S) for n in range(frames)]


@pytest.mark.parametrize(("loss", "burst"), [(0.02, 1.0), (0.05, 3.0), (0.2, 5.0), (0.5, 1.0)])
def test_so_many_are_lost_in_bursts_so_long(loss: float, burst: float) -> None:
    """The share of lost frames and the mean length of a burst are those asked for, to a tenth."""
    arrived = arrivals(Impairment(loss=loss, burst=burst, seed=3), 200_000)
    bursts = [len(list(run)) for good, run in groupby(arrived) if not good]
    assert sum(bursts) / len(arrived) == pytest.approx(loss, rel=0.1)
    assert np.mean(bursts) == pytest.approx(burst, rel=0.1)


def test_a_seed_repeats_exactly_and_another_does_not() -> None:
    """Jitter and gaps do not change which frames are lost, either."""
    line = Impairment(loss=0.1, burst=2, seed=5)
    assert arrivals(line) == arrivals(Impairment(loss=0.1, burst=2, seed=5, jitter_ms=60))
    assert arrivals(line) != arrivals(Impairment(loss=0.1, burst=2, seed=6))
    broken = arrivals(Impairment(loss=0.1, burst=2, seed=5, gaps=(Gap(1.0, 2.0),)))
    assert broken[:50] == arrivals(line)[:50] and broken[150:] == arrivals(line)[150:]


def test_a_gap_is_as_long_as_it_says_and_where_it_says() -> None:
    """To the frame, counted from the first one after the line became so; and it is noted."""
    noted: list[tuple[str, str]] = []
    network = Network(lambda kind, detail: noted.append((kind, detail)))
    network.impair(Impairment(gaps=(Gap(0.1, 1.0), Gap(2.0, 0.04))))
    lost = [n for n in range(200) if not network.carries(7.3 + n * FRAME_S)]
    assert lost == [*range(5, 55), 100, 101]
    assert noted == [("gap", "1"), ("gap", "0.04")]


@pytest.mark.parametrize(
    "wrong", [{"loss": -0.1}, {"loss": 0.6}, {"burst": 0.5}, {"jitter_ms": -1}, {"loss": 1.0}]
)
def test_an_impossible_line_is_refused(wrong: dict[str, float]) -> None:
    """Six in ten cannot be lost one at a time."""
    with pytest.raises(ValueError, match=r"no line is like this|burst must be larger"):
        Impairment(**wrong)  # type: ignore[arg-type]


async def test_late_frames_stay_in_order_and_come_at_once() -> None:
    """Behind a frame that is late, the ones that were in time wait for it."""
    network = Network(lambda _kind, _detail: None)
    network.impair(Impairment(jitter_ms=100, seed=1))
    came: list[tuple[int, float]] = []
    sent: list[float] = []
    for number in range(40):
        sent.append(time.monotonic())
        network.deliver(bytes([number]), 0.0, lambda f, _at: came.append((f[0], time.monotonic())))
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.15)
    assert [number for number, _ in came] == list(range(40))
    late = [at - sent[number] for number, at in came]
    assert 0.05 < max(late) < 0.5
    gaps = np.diff([at for _, at in came])
    assert np.min(gaps) < 0.002
    assert np.max(gaps) > 0.02


async def heard(impairment: Impairment, *, say_s: float = 1.0) -> tuple[list[Message], Leg]:
    """Say a tone over a line and return the service's media messages."""
    async with service() as shop, Carrier(account_sid=ACCOUNT, auth_token=TOKEN) as carrier:
        shop.twiml["/voice"] = shop.connect()

        async def listen(conversation: Conversation) -> None:
            await conversation.hear_event("stop")

        shop.talk = listen
        leg = await carrier.dial(
            f"{shop.url}/voice",
            from_number="+15035550142",
            to_number="+15035550100",
            impairment=impairment,
        )
        at = np.arange(int(8000 * say_s)) / 8000
        leg.say((8000 * np.sin(2 * np.pi * 400 * at)).astype(np.int16))
        await leg.said()
        await leg.hang_up()
        return [message for message in shop.received if message["event"] == "media"], leg


async def test_lost_frames_are_holes_in_the_timestamps_not_in_the_chunks() -> None:
    """No message for what was lost: chunks count on, presentation times jump."""
    media, leg = await heard(Impairment(gaps=(Gap(0.3, 0.4),)))
    chunks = [int(message["media"]["chunk"]) for message in media]
    assert chunks == list(range(1, len(media) + 1))
    jumps = np.diff([int(message["media"]["timestamp"]) for message in media])
    assert sorted(jumps)[-1] == pytest.approx(420, abs=2)
    assert sorted(jumps)[-2] <= 22
    assert [event.detail for event in leg.events if event.kind == "gap"] == ["0.4"]


async def test_a_carrier_that_fills_holes_sends_silence() -> None:
    """With `lost: silence` no message is missing and the lost ones hold nothing."""
    media, _ = await heard(Impairment(gaps=(Gap(0.3, 0.4),), lost="silence"))
    jumps = np.diff([int(message["media"]["timestamp"]) for message in media])
    assert max(jumps) <= 22
    frames = [base64.b64decode(message["media"]["payload"]) for message in media]
    assert 20 <= frames.count(mulaw.SILENCE_FRAME) <= 23


async def test_the_recording_holds_what_arrived_when_it_was_said() -> None:
    """Silence where frames were lost, and everything behind it in its place."""
    _, leg = await heard(Impairment(gaps=(Gap(0.3, 0.4),), jitter_ms=60))
    _, stereo = leg.recording()
    loud = np.abs(stereo[:, 0].astype(np.int32)).reshape(-1, 160).max(axis=1) > 1000
    said = np.flatnonzero(loud)
    assert said[-1] - said[0] == pytest.approx(49, abs=1)
    assert len(said) == pytest.approx(30, abs=1)


async def test_a_line_gets_better_in_the_middle_of_a_call() -> None:
    """What was said of a line holds until something else is said."""
    network = Network(lambda _kind, _detail: None)
    network.impair(Impairment(loss=0.5, burst=4, seed=2))
    assert not all(network.carries(n * FRAME_S) for n in range(100))
    network.impair(Impairment())
    assert all(network.carries(2 + n * FRAME_S) for n in range(100))
