"""What is kept of a driven call: its recording, an account in JSON, and the service's log."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qa import audio
from qa.drive.script import Script
from qa.drive.server import Server
from qa.drive.verdict import Verdict
from sandbox.twilio.leg import Leg

RECORDING = "call.wav"
ACCOUNT = "call.json"
SERVER_LOG = "server.log"


@dataclass(frozen=True, slots=True)
class Heard:
    """A line as it was understood on the line, by `role`: caller or agent."""

    role: str
    text: str


async def keep(
    out: Path,
    server: Server,
    leg: Leg,
    script: Script,
    *,
    verdict: Verdict,
    heard: Sequence[Heard],
) -> bool:
    """Write everything about a call that is over into the folder `out`, over what lay there.

    Returns whether the service's log of it was found.
    """
    rate_hz, stereo = leg.recording()
    audio.write_wav(out / RECORDING, stereo, rate_hz)
    log = await server.records.log(leg.call_sid) if server.records else None
    told = _account(server, leg, script, verdict) | {
        "heard": [asdict(line) for line in heard],
        # None where the database is out of reach, or is not the one of this service.
        "log": dict(log) if log else None,
    }
    text = json.dumps(told, indent=1, default=str, ensure_ascii=False)
    (out / ACCOUNT).write_text(text + "\n", encoding="utf-8")
    if server.log:
        (out / SERVER_LOG).write_bytes(server.log.read_bytes())
    return log is not None


def _account(server: Server, leg: Leg, script: Script, verdict: Verdict) -> dict[str, Any]:
    setup = leg.setup
    # The recording's clock, in which turns and answers are told too.
    zero_s = leg.recording_started_at_s or (leg.events[0].at_s if leg.events else 0.0)
    return {
        "passed": verdict.passed,
        "checks": [asdict(check) for check in verdict.checks],
        "call": {
            "call_sid": leg.call_sid,
            "url": server.webhook_url,
            "from": setup.from_number,
            "to": setup.to_number,
            "line": asdict(setup.impairment) if setup.impairment else None,
            "hung_up_by": verdict.hung_up_by,
            "how": verdict.how,
            "length_s": leg.duration_s,
            "recording": RECORDING,
        },
        "turns": [_turn(number, verdict, script) for number in range(len(script.turns))],
        "agent_spoke": [_rounded(asdict(part)) for part in verdict.agent_spoke],
        "warnings": list(script.warnings),
        "events": [
            {"at_s": round(event.at_s - zero_s, 3), "kind": event.kind, "detail": event.detail}
            for event in leg.events
        ],
    }


def _turn(index: int, verdict: Verdict, script: Script) -> dict[str, Any]:
    told: dict[str, Any] = {"number": index + 1, "name": script.turns[index].name, "said": False}
    if index < len(verdict.turns):
        turn = verdict.turns[index]
        told["said"] = True
        told |= _rounded(
            {
                "began_s": turn.said.began_s,
                "ended_s": turn.said.ended_s,
                "answer_began_s": turn.answer_began_s,
                "latency_s": turn.latency_s,
            }
        )
    return told


def _rounded(times: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if at is None else round(at, 3) for name, at in times.items()}
