"""A short run of the booking torture test, and the proof that it can fail."""

import pytest

from qa.bookings.chaos import Pace
from qa.bookings.torture import Plan, torture

pytestmark = [pytest.mark.db, pytest.mark.xdist_group("torture"), pytest.mark.timeout(180)]

SEED = 20261122
HASTY = Pace(worker_s=(1.5, 3.0), postgres_s=(3.0, 5.0), valkey_s=(2.0, 4.0), google_s=(0.1, 0.8))


def said(_: str) -> None:
    """Nobody listens."""


async def test_bookings_survive_every_misfortune() -> None:
    """Whatever is killed or fails: no double booking, no broken promise, books equal calendar."""
    verdict = await torture(Plan(SEED, seconds=8, callers=200, workers=2, pace=HASTY), said)
    assert verdict.violations == []
    assert verdict.settled_s is not None
    outcomes = {one.outcome for one in verdict.history.attempts if one.kind == "book"}
    assert outcomes == {"success", "refused", "ambiguous"}
    assert verdict.kills["worker"]
    assert verdict.kills["PostgreSQL"] + verdict.kills["PostgreSQL connection"]
    assert verdict.kills["Valkey"]
    assert len(verdict.faults) > 3


async def test_a_database_without_referees_is_found_out() -> None:
    """With the constraints and the placing check gone, the same test sees double bookings."""
    plan = Plan(SEED, seconds=4, callers=200, workers=2, sabotage=True, pace=HASTY)
    verdict = await torture(plan, said)
    assert {"overlap on a bay", "overlap of a technician"} & {
        found.rule for found in verdict.violations
    }
