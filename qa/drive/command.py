"""`python -m qa drive`: the command line of recorded callers."""

import argparse
import asyncio
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from qa.audio import BadRecording
from qa.demo import CALLER_NUMBER
from qa.drive.drive import Options, drive
from qa.drive.kept import ACCOUNT, RECORDING
from qa.drive.script import Script, load
from qa.drive.server import Access, CannotCallError, Server, running, started
from qa.drive.verdict import Verdict
from qa.soundfiles import PAUSE_S
from qa.telling import paint, tell
from sandbox.twilio.impairment import Impairment
from sandbox.world import ServiceError

OUT = Path(".run") / "qa" / "drive"

_DESCRIPTION = """\
Plays a caller's recordings into a running service, or into one that it starts itself, in real
time over signed webhooks and Media Streams; tells the call as it happens, and whether every turn
was answered. More: docs/driving.md.
"""
_EPILOG = """\
examples:
  python -m qa drive call.mp3                     one recording, split at its pauses
  python -m qa drive turns/                       a folder: one file a turn, by name
  python -m qa drive stereo.wav --timing original as it was said, whatever the agent does
  python -m qa drive turns/ --url http://127.0.0.1:8000
                                                  into a service that runs already

The service's webhooks are signed with TWILIO_AUTH_TOKEN (environment or .env). With DATABASE_URL
and REDIS_URL the transcript and the tool calls are read from its call log; without them the call
is listened to. Exit code: 0 all held, 1 something did not, 2 no call could be made.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "drive",
        help="play recordings of a caller into the service",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="RECORDING|FOLDER",
        help="wav, flac, mp3 or ogg: several are one turn each, one is split at its pauses; of a"
        " stereo file the left side",
    )
    parser.add_argument(
        "--url", metavar="URL", help="a service that runs already (default: one is started)"
    )
    parser.add_argument(
        "--public-url", metavar="URL", help="the service's PUBLIC_URL, when it is not --url"
    )
    parser.add_argument(
        "--out", type=Path, default=OUT, metavar="DIR", help="what is kept (default: %(default)s)"
    )
    parser.add_argument(
        "--from",
        dest="caller",
        type=_number,
        default=CALLER_NUMBER,
        metavar="NUMBER",
        help="who calls: +1..., or withheld (default: %(default)s, a customer of the demo)",
    )
    parser.add_argument(
        "--timing",
        choices=("agent", "original"),
        default="agent",
        help="speak when the agent has finished, or with the recording's own gaps"
        " (default: %(default)s)",
    )
    parser.add_argument(
        "--within",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="longest wait for an answer (default: %(default)s)",
    )
    parser.add_argument(
        "--pause",
        type=_seconds,
        default=PAUSE_S,
        metavar="S",
        help="silence that ends a turn of one long recording (default: %(default)s)",
    )
    parser.add_argument(
        "--side",
        choices=("left", "right"),
        default="left",
        help="the caller's side of a stereo file (default: %(default)s)",
    )
    line = parser.add_argument_group("a bad line on the caller's side, seeded")
    line.add_argument("--loss", type=float, default=0.0, metavar="SHARE", help="such as 0.05")
    line.add_argument("--burst", type=float, default=1.0, metavar="N", help="frames in a row")
    line.add_argument("--jitter", type=int, default=0, metavar="MS", help="most a frame is late")
    line.add_argument("--seed", type=int, default=0, metavar="N", help="another line of that kind")
    parser.add_argument(
        "--profile",
        choices=("none", "design", "published"),
        default="design",
        help="how slow the stand-ins of a service started here are (default: %(default)s)",
    )
    parser.set_defaults(run=lambda given: asyncio.run(_run(given)))


async def _run(given: argparse.Namespace) -> int:
    try:
        options = _options(given)
        script = load(given.recordings, side=given.side, pause_s=given.pause)
        _tell_script(script)
        async with _server(given) as server:
            tell(f"\nThe call: {options.caller or 'withheld'} rings {server.number}\n")
            verdict = await drive(server, script, options)
    except (BadRecording, CannotCallError, ServiceError) as exc:
        tell(paint("bad", str(exc)))
        return 2
    _tell_verdict(verdict, options.out)
    return 0 if verdict.passed else 1


def _options(given: argparse.Namespace) -> Options:
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise CannotCallError(
            f"--out {given.out}: cannot be written to: {exc.strerror}; name another folder"
        ) from exc
    try:
        line = Impairment(
            loss=given.loss, burst=given.burst, jitter_ms=given.jitter, seed=given.seed
        )
    except ValueError as exc:
        raise CannotCallError(f"--loss, --burst, --jitter: {exc}") from exc
    return Options(
        out=given.out,
        caller=given.caller,
        timing=given.timing,
        within_s=given.within,
        line=line if given.loss or given.jitter else None,
    )


def _server(given: argparse.Namespace) -> AbstractAsyncContextManager[Server]:
    if given.url:
        return running(given.url, given.public_url, Access())
    tell("\nStarting a service (a fresh database; nothing of it is kept)")
    return started(given.profile, lambda line: tell(paint("soft", f"  {line}")))


def _tell_script(script: Script) -> None:
    for warning in script.warnings:
        tell(paint("bad", f"warning: {warning}"))
    turns = len(script.turns)
    tell(f"{turns} turn{'s' if turns > 1 else ''}")
    for number, turn in enumerate(script.turns, 1):
        whole = turn.whole
        tell(paint("soft", f"  {number:>2}  {whole.end_s - whole.start_s:5.1f} s  {turn.name}"))


def _tell_verdict(verdict: Verdict, out: Path) -> None:
    tell()
    for check in verdict.checks:
        mark = paint("good", "ok  ") if check.holds else paint("bad", "FAIL")
        tell(f"  {mark}  {check.wanted}{f': {check.found}' if check.found else ''}")
    tell(f"\n{verdict.how[:1].upper()}{verdict.how[1:]}.")
    tell(f"Recording: {out / RECORDING} (left: caller, right: agent); account: {out / ACCOUNT}")


def _number(text: str) -> str | None:
    if text == "withheld":
        return None
    if not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number like +15035550142, nor withheld")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 120:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds up to 120")
    return seconds
