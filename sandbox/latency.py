"""How long each vendor takes, as named profiles: none, design (as planned), published."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Delay = Literal["stt_final", "llm_first_token", "tts_first_audio", "calendar", "vin"]
ProfileName = Literal["none", "design", "published"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal delay in ms given by its median and 95th percentile, cut at `cap_ms`."""

    p50_ms: float
    p95_ms: float
    cap_ms: float

    def sample_s(self, rng: random.Random) -> float:
        """Draw one delay, in seconds."""
        if self.p50_ms <= 0:
            return 0.0
        sigma = math.log(self.p95_ms / self.p50_ms) / 1.645
        return min(rng.lognormvariate(math.log(self.p50_ms), sigma), self.cap_ms) / 1000


def _fixed(ms: float) -> Spread:
    return Spread(ms, ms, ms)


_PROFILES: Mapping[ProfileName, Mapping[Delay, Spread]] = {
    "none": {
        "stt_final": _fixed(0),
        "llm_first_token": _fixed(0),
        "tts_first_audio": _fixed(0),
        "calendar": _fixed(0),
        "vin": _fixed(0),
    },
    "design": {
        "stt_final": _fixed(150),
        "llm_first_token": _fixed(500),
        "tts_first_audio": _fixed(300),
        "calendar": _fixed(400),
        "vin": _fixed(800),
    },
    # Recognition: production pipelines, p50 247 ms, p95 298 ms, p99 326 ms. Model: a 30-turn tool
    # benchmark of GPT-4o, p50 546 ms, p95 1369 ms, worst 4.9 s. Nobody publishes a spread for the
    # voice, the calendar and the VIN decoder: theirs is the design figure with a modest tail.
    "published": {
        "stt_final": Spread(247, 298, 400),
        "llm_first_token": Spread(546, 1369, 4900),
        "tts_first_audio": Spread(300, 400, 900),
        "calendar": Spread(400, 700, 2000),
        "vin": Spread(800, 1500, 4000),
    },
}


class Latency:
    """Draws delays of one profile from a seeded generator, so that a run can be repeated."""

    def __init__(self, profile: ProfileName = "none", *, seed: int = 0) -> None:
        self.profile = profile
        self._delays = _PROFILES[profile]
        self._rng = random.Random(seed)

    def sample_s(self, delay: Delay) -> float:
        """Draw how long this vendor takes now, in seconds."""
        return self._delays[delay].sample_s(self._rng)
