"""Measure turn-taking over whole calls: `python -m qa.turns [--only cutoffs|bargein|heard]`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from qa.turns import corpus, report
from qa.turns.corpus import CallPlan, Interruption, Utterance
from qa.turns.heard import words_heard, words_logged
from qa.turns.measure import judge_interruption, judge_turn
from qa.turns.model import ScriptedModel, serving_model
from qa.turns.play import Heard, Stage, Studio
from qa.turns.report import InterruptionRow, TurnRow
from sandbox.latency import ProfileName
from sandbox.vendors import OPENAI_KEY
from sandbox.world import World, service, world

LOG_TIMEOUT_S = 15.0
LATE_MS = 150
"""A carrier whose clock stalls longer than this measures the machine, not the service."""


async def bench(options: argparse.Namespace) -> int:
    """Play what `options` ask for and print the figures."""
    model, studio = ScriptedModel(), Studio()
    profile: ProfileName = options.profile
    print("Starting the service and its world ...", flush=True)
    async with (
        world(profile=profile) as place,
        serving_model(model, profile, OPENAI_KEY) as openai_url,
        service(place, OPENAI_BASE_URL=openai_url) as running,
    ):
        stage = Stage(place, running, model, studio, await studio.babble())
        run = _Run(stage, asyncio.Semaphore(options.calls))
        try:
            async with asyncio.timeout(options.limit):
                await _play(run, options)
        except TimeoutError:
            print("  the time is up: these are the figures so far")
        if options.log:
            options.log.write_bytes(running.log.read_bytes())
    _tell(run, options)
    return 0


async def _play(run: "_Run", options: argparse.Namespace) -> None:
    part, of = options.part
    if options.only in (None, "cutoffs"):
        await run.answers(corpus.answer_calls(options.seed, options.share)[part - 1 :: of])
    if options.only in (None, "bargein", "heard"):
        calls = corpus.interruption_calls(options.seed, options.share)
        await run.interruptions(calls[part - 1 :: of])


class _Run:
    """Plays the calls of a run, some at once, and collects the rows."""

    def __init__(self, stage: Stage, at_once: asyncio.Semaphore) -> None:
        self.turns: list[TurnRow] = []
        self.interrupted: list[InterruptionRow] = []
        self.late_calls: list[int] = []
        self._stage = stage
        self._at_once = at_once

    async def answers(self, plans: list[CallPlan[Utterance]]) -> None:
        """Play the calls of answers."""
        await asyncio.gather(*(self._answers(plan) for plan in plans))

    async def interruptions(self, plans: list[CallPlan[Interruption]]) -> None:
        """Play the calls of interruptions."""
        await asyncio.gather(*(self._interruptions(plan) for plan in plans))

    async def _answers(self, plan: CallPlan[Utterance]) -> None:
        async with self._at_once:
            played, heard = await self._stage.answers(plan)
        for turn in played:
            self.turns.append(TurnRow(turn, judge_turn(turn, heard.sounds), heard.call_sid))
        self._done(heard, plan)

    async def _interruptions(self, plan: CallPlan[Interruption]) -> None:
        async with self._at_once:
            played, heard = await self._stage.interruptions(plan)
        log = await _call_log(self._stage.place, heard.call_sid)
        ears = self._stage.place.vendors.ears
        for one in played:
            figures = judge_interruption(one, heard.sounds)
            talk = one.interruption.talk
            true = logged = None
            if figures.stopped and not figures.went_on:
                true = await words_heard(heard.agent, figures.heard_s, talk, ears)
                logged = words_logged(log, talk)
            self.interrupted.append(InterruptionRow(one, figures, true, logged, heard.call_sid))
        self._done(heard, plan)

    def _done(self, heard: Heard, plan: CallPlan[Utterance] | CallPlan[Interruption]) -> None:
        if heard.late_ms > LATE_MS:
            self.late_calls.append(heard.late_ms)
        print(f"  a call from a room with {plan.room.name} noise is over", flush=True)


async def _call_log(place: World, call_sid: str) -> Mapping[str, Any]:
    """Wait until a call's log is complete."""
    connection = await psycopg.AsyncConnection.connect(place.database_url, row_factory=dict_row)
    async with connection as conn, asyncio.timeout(LOG_TIMEOUT_S):
        while True:
            found = await conn.execute(
                "SELECT * FROM call_logs WHERE call_sid = %s AND ended_at IS NOT NULL", [call_sid]
            )
            if row := await found.fetchone():
                return row
            await asyncio.sleep(0.05)


def _tell(run: _Run, options: argparse.Namespace) -> None:
    for rows, lines in (
        (run.turns, report.turn_table(run.turns)),
        (run.interrupted, report.interruption_table(run.interrupted)),
        (run.interrupted, report.heard_table(run.interrupted)),
    ):
        if rows:
            print("\n" + "\n".join(lines))
    print(f"\nSeed {options.seed}, profile {options.profile}, {options.calls} calls at once")
    print("\n".join(report.verdict_lines(run.turns, run.interrupted)))
    if run.late_calls:
        worst = max(run.late_calls)
        print(f"  The carrier stalled in {len(run.late_calls)} calls (worst {worst} ms): busy here")
    if options.json:
        found = report.as_json(run.turns, run.interrupted, options.seed)
        options.json.write_text(json.dumps(found, indent=1))


def _part(text: str) -> tuple[int, int]:
    part, _, of = text.partition("/")
    return int(part), int(of)


def main(arguments: list[str] | None = None) -> int:
    """Run the bench from a terminal; Ctrl-C stops everything it started."""
    parser = argparse.ArgumentParser(prog="python -m qa.turns", description=__doc__)
    parser.add_argument("--only", choices=("cutoffs", "bargein", "heard"), help="a part of it")
    parser.add_argument("--seed", type=int, default=1, help="another corpus (default: 1)")
    parser.add_argument("--share", type=float, default=1.0, help="of the corpus, 0 to 1")
    parser.add_argument("--part", type=_part, default=(1, 1), help="1/4 plays every fourth call")
    parser.add_argument("--limit", type=float, metavar="S", help="stop after so many seconds")
    parser.add_argument("--calls", type=int, default=2, help="at once (default: 2)")
    parser.add_argument("--profile", choices=("none", "design", "published"), default="design")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every turn to FILE")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the service's log in FILE")
    try:
        return asyncio.run(bench(parser.parse_args(arguments)))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
