"""Time-outs stay time-outs beside Pipecat."""

import asyncio

import pytest

import pipeline  # noqa: F401 - imports Pipecat and mends what that does

pytestmark = pytest.mark.unit


async def test_a_wait_cancelled_as_it_ends_is_plainly_cancelled() -> None:
    """A wait whose result and cancellation come together raises CancelledError itself."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    waiting = asyncio.create_task(asyncio.wait_for(done, 5))
    await asyncio.sleep(0)
    done.set_result(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await waiting
    assert type(caught.value) is asyncio.CancelledError


async def test_a_time_out_around_such_a_wait_is_a_time_out() -> None:
    """`asyncio.timeout` turns it into TimeoutError, and the task goes on."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit:
            # The wait's result and the time-out in one turn of the loop.
            loop.call_soon(done.set_result, 1)
            loop.call_soon(limit.reschedule, loop.time())
            await asyncio.wait_for(done, 5)
            await asyncio.sleep(1)
    task = asyncio.current_task()
    assert task is not None and not task.cancelling()
