"""A short run of the booking torture test, and the proof that it can fail."""

import pytest

from qa.bookings.chaos import Pace
from qa.bookings.torture import Plan, torture

pytestmark = [pytest.mark.db, pytest.mark.timeout(180)]

SEED = 20261122
HASTY = Pace(worker_s=(1.5, 3.0), postgres_s=(3.0, 5.0), valkey_s=(2.0, 4.0), google_s=(0.1, 0.8))

NEVER_S = (600.0, 600.0)
CALM = Pace(worker_s=NEVER_S, postgres_s=NEVER_S, valkey_s=NEVER_S, google_s=NEVER_S)


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


@pytest.mark.timeout(240)
async def test_a_database_without_referees_is_found_out() -> None:
    """With the constraints and the placing check gone, the same test sees double bookings.

    Nothing else goes wrong meanwhile, and a busy machine, on which few people get through to the
    same place at the same moment, is given three tries.
    """
    for seed in range(SEED, SEED + 3):
        plan = Plan(seed, seconds=6, callers=200, workers=2, sabotage=True, pace=CALM)
        verdict = await torture(plan, said)
        rules = {found.rule for found in verdict.violations}
        if {"overlap on a bay", "overlap of a technician"} & rules:
            return
    pytest.fail("nobody noticed that nothing kept two visits apart")
