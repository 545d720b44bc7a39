"""What the carrier says of a number travels from the webhook to the call."""

import pytest
from phoning import DANA, call_log, lines

from qa.caller import Caller
from sandbox.world import INBOUND_CALL, SHOP_NUMBER, Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]


@pytest.mark.parametrize(
    ("verdict", "greeting"),
    [
        ("TN-Validation-Passed-C", "Hi Dana, thanks for calling"),
        ("TN-Validation-Failed-A", "Hi, thanks for calling"),
    ],
)
async def test_a_forged_number_is_greeted_like_a_stranger(
    place: World, running: Service, verdict: str, greeting: str
) -> None:
    """A number without its carrier's word is greeted by name; one that fails its check is not."""
    leg = await place.carrier.dial(
        running.url + INBOUND_CALL,
        from_number=DANA,
        to_number=SHOP_NUMBER,
        extra={"StirVerstat": verdict},
    )
    await Caller(leg).listen()
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)
    assert lines(log, "agent")[0].startswith(greeting)
    assert (log["customer_id"] is None) == ("Failed" in verdict)
