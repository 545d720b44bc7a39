"""Plays scenarios: one world, a service for each kind of surroundings, several calls at once."""

import asyncio
import contextlib
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from qa import audio
from qa.caller import NothingHeard
from qa.measure.call import measure_leg
from qa.measure.timeline import Spoken
from qa.report.file import RUN
from qa.scenario import books
from qa.scenario.call import Filler, background, perform, prepare
from qa.scenario.checks import Check, Evidence, judge
from qa.scenario.days import PARTS, Moment, resolve
from qa.scenario.file import ScenarioError, load
from qa.scenario.form import Surroundings
from qa.scenario.stage import Stage, stage
from qa.scenario.verdict import Case, Verdict
from qa.scripted_model import ScriptedReply
from sandbox.twilio.leg import Leg
from sandbox.world import INBOUND_CALL, SERVER, SHOP_NUMBER, ServiceError, World
from shop.numerals import digits as spoken_digits

CALLS = RUN / "calls"
"""Recordings and logs of the calls lie beside the report."""

LONGEST_CALL_S = 120.0

AT_ONCE = 4
"""Calls at once: what two cores recognise and speak in real time with some air left."""

STAGES_AT_ONCE = 2
"""Services at once: while one starts, the calls of another go on."""

SETTLES_S = 8.0
"""How long the calendar may take after a call before it counts as wrong."""

LOG_S = 20.0

_AREAS = ("971", "541", "458", "509", "253", "208", "530", "707", "775")
_NUMBERS: dict[str, int] = {}
"""Numbers given so far by scenarios' names: two of one place must not share one."""

_VERDICTS = {"A": "TN-Validation-Passed-A", "B": "TN-Validation-Passed-B",
             "C": "TN-Validation-Passed-C", "failed": "TN-Validation-Failed-A"}  # fmt: skip


def cases(paths: Sequence[Path]) -> list[Case]:
    """Read scenarios and give each caller a number. Raises ScenarioError with all mistakes.

    A file that is given twice is played once; two files of one name are a mistake, since reports
    and recordings go by the name.
    """
    found: list[Case] = []
    problems: list[str] = []
    of_name: dict[str, Path] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        other = of_name.setdefault(path.stem, path)
        if other != path:
            problems.append(f"{path}: {other} has the same name; rename one of them")
            continue
        try:
            scenario = load(path)
        except ScenarioError as exc:
            problems.append(str(exc))
            continue
        number = _number(path.stem)
        # 555-0100 to 555-0199 are reserved for fiction in every area.
        phone = f"+1{_AREAS[number // 100]}55501{number % 100:02}"
        found.append(Case(path.stem, scenario, phone))
    if problems:
        raise ScenarioError("\n".join(problems))
    return found


def _number(name: str) -> int:
    """Return the place of a scenario's number among all; always the same for one name."""
    if name not in _NUMBERS:
        most = 100 * len(_AREAS)
        number, taken = zlib.crc32(name.encode()) % most, set(_NUMBERS.values())
        while number in taken:
            number = (number + 1) % most
        _NUMBERS[name] = number
    return _NUMBERS[name]


async def play_all(
    place: World,
    given: Sequence[Case],
    tell: Callable[[Verdict], None],
    *,
    at_once: int = AT_ONCE,
    out: Path = CALLS,
    program: Sequence[str | Path] = SERVER,
) -> None:
    """Play every case, those with the same surroundings in one service; tell each verdict.

    `program` is the service, other than `server.py`.
    """
    slots, stages = asyncio.Semaphore(at_once), asyncio.Semaphore(STAGES_AT_ONCE)

    async def one(here: Stage, case: Case) -> None:
        async with slots:
            tell(await play(here, case, out))

    async def all_of(around: Surroundings, group: Sequence[Case]) -> None:
        async with stages, stage(place, around, program) as here, asyncio.TaskGroup() as calls:
            for case in group:
                calls.create_task(one(here, case))

    groups = _by_surroundings(given)
    async with asyncio.TaskGroup() as beside:
        for around, group in groups:
            if not around.slow_calendar_s:
                beside.create_task(all_of(around, group))
    for around, group in groups:
        if around.slow_calendar_s:  # everybody's calendar is the same: alone
            await all_of(around, group)


async def play(here: Stage, case: Case, out: Path) -> Verdict:
    """Play one scenario; what goes wrong is its verdict."""
    began_s = time.monotonic()
    scenario = case.scenario
    now = datetime.now(UTC)
    days = {name: resolve(text, here.shop, now) for name, text in scenario.days.items()}
    on_file = await books.put_on_file(here.place, scenario.caller.customer, case.phone, days)
    fill = Filler(_values(case, here, days, on_file))
    here.model.script(case.phone, [_scripted(reply, fill) for reply in scenario.model])
    legs: list[Leg] = []
    spoken: list[Spoken] = []
    error = ""
    try:
        async with asyncio.timeout(LONGEST_CALL_S):
            await _call(here, case, fill, legs, spoken)
    except (NothingHeard, ServiceError, audio.BadRecording) as exc:
        error = str(exc)
    except TimeoutError:
        error = f"the call was not over after {LONGEST_CALL_S:.0f} s"
    finally:
        for leg in legs:
            await leg.hang_up()
    recording = _keep(legs[-1], out / f"{case.name}.wav") if legs else None
    if not legs or legs[-1].stream_sid is None:
        return Verdict(case, (), error or "the call was not answered")
    evidence, checks = await _settled(here, case, legs[-1], days, fill)
    lines = [line for line in evidence.server_log.splitlines() if legs[-1].call_sid in line]
    (out / f"{case.name}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Verdict(
        case,
        checks,
        error,
        evidence.log,
        time.monotonic() - began_s,
        recording,
        measured=await asyncio.to_thread(measure_leg, legs[-1], evidence.log, spoken),
        answered_at=legs[-1].answered_at,
        names=fill.values,
    )


async def _call(
    here: Stage, case: Case, fill: Filler, legs: list[Leg], spoken: list[Spoken]
) -> None:
    """Make the scenario's call, or its two; `spoken` is what is said in the last of them."""
    scenario = case.scenario
    setup = scenario.caller
    parts = [scenario.turns, *([scenario.then] if scenario.then is not None else [])]
    deeds = [await prepare(turns, setup.voice, fill) for turns in parts]
    noise = await background(setup.noise)
    extra = {"StirVerstat": _VERDICTS[setup.attestation]} if setup.attestation else {}
    for number, part in enumerate(deeds, 1):
        leg = await here.place.carrier.dial(
            here.service.url + INBOUND_CALL,
            from_number=case.phone if setup.number == "own" else None,
            to_number=SHOP_NUMBER,
            extra=extra,
            background=noise,
        )
        legs.append(leg)
        if leg.stream_sid is None:
            raise ServiceError(f"the call was not answered (webhook status {leg.webhook_status})")
        last = number == len(deeds)
        spoken.clear()
        by_agent = last and scenario.expect.ended_by == "agent"
        await perform(leg, part, agent_ends=by_agent, spoken=spoken)
        await leg.hang_up()
        if not last:
            await _log(here, leg)


async def _settled(
    here: Stage, case: Case, leg: Leg, days: Mapping[str, Moment], fill: Filler
) -> tuple[Evidence, list[Check]]:
    """Judge the call as soon as all holds, or when the calendar has had its time."""
    log = await _log(here, leg)
    calendar = any(row.in_calendar is not None for row in case.scenario.expect.appointments)
    until_s = time.monotonic() + (SETTLES_S if calendar else 0)
    while True:
        evidence = await _evidence(here, case, leg, log, days)
        checks = judge(case.scenario.expect, evidence, fill)
        if all(check.holds for check in checks) or time.monotonic() >= until_s:
            return evidence, checks
        await asyncio.sleep(0.2)


async def _log(here: Stage, leg: Leg) -> Mapping[str, Any]:
    query = "SELECT * FROM call_logs WHERE call_sid = %s AND ended_at IS NOT NULL"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOG_S):
            while True:
                found = await books.rows(here.place, query, leg.call_sid)
                if found:
                    return found[0]
                await asyncio.sleep(0.1)
    return {"outcome": "no call log was written", "transcript": [], "tool_calls": []}


async def _evidence(
    here: Stage, case: Case, leg: Leg, log: Mapping[str, Any], days: Mapping[str, Moment]
) -> Evidence:
    visits = await books.appointments(here.place, case.phone)
    events = {row["id"]: books.event(here.place, row) for row in visits}
    persons = [
        other for other in here.place.carrier.legs.values() if other.setup.to_number == here.person
    ]
    return Evidence(
        log=log,
        end_reason=str(leg.end_reason),
        clears=sum(event.kind == "clear" for event in leg.events),
        recording=leg.recording()[1],
        server_log=here.server_log(),
        appointments=visits,
        events={key: event for key, event in events.items() if event is not None},
        customer=await books.customer(here.place, case.phone),
        messages=await books.messages(here.place, leg.call_sid),
        days=days,
        person_heard=[text for other in persons for text in other.spoken_by_twiml],
    )


def _by_surroundings(given: Sequence[Case]) -> list[tuple[Surroundings, list[Case]]]:
    """Put cases with the same surroundings together, the usual ones first."""

    def key(case: Case) -> tuple[bool, str]:
        around = case.scenario.surroundings
        return around != Surroundings(), around.model_dump_json()

    groups = [list(group) for _, group in groupby(sorted(given, key=key), key)]
    return [(group[0].scenario.surroundings, group) for group in groups]


def _values(
    case: Case, here: Stage, days: Mapping[str, Moment], on_file: books.OnFile
) -> dict[str, str]:
    """Return what `{names}` stand for in this scenario."""
    keys = case.phone.removeprefix("+1")
    parts = {"area": keys[:3], "exchange": keys[3:6], "line": keys[6:], "number": keys}
    values = {name: spoken_digits(part) for name, part in parts.items()} | {
        "keys": keys,
        "phone": case.phone,
        "folder": str(here.folder),
        "customer_id": str(on_file.customer_id),
        "vehicle_id": str(next(iter(on_file.vehicle_ids), None)),
        "appointment_id": str(next(iter(on_file.visit_ids), None)),
    }
    for name, moment in days.items():
        values[name] = moment.written("spoken")
        values |= {f"{name}.{part}": moment.written(part) for part in PARTS}
    return values


def _scripted(reply: Any, fill: Filler) -> ScriptedReply:
    calls = [
        (call.tool, fill(call.raw) if call.raw is not None else _typed(call.arguments, fill))
        for call in reply.calls
    ]
    return ScriptedReply(fill(reply.say), calls, reply.first_token_s)


def _typed(value: Any, fill: Filler) -> Any:
    """Fill in a scripted argument; what is a whole number becomes one."""
    if isinstance(value, Mapping):
        return {key: _typed(part, fill) for key, part in value.items()}
    text = fill(str(value))
    return int(text) if text.isdecimal() else text


def _keep(leg: Leg, path: Path) -> Path:
    rate_hz, stereo = leg.recording()
    audio.write_wav(path, stereo, rate_hz)
    return path
