"""`report.html`: one file that shows a run in any browser, without a network."""

import json
from pathlib import Path
from typing import Any

from qa.audio import BadRecording
from qa.measure.parts import PARTS
from qa.report.file import write_whole
from qa.report.form import CaseReport, RunReport
from qa.report.sound import PEAK_S, embedded

NAME = "report.html"
_FOLDER = Path(__file__).parent / "template"


def write(folder: Path, report: RunReport) -> Path:
    """Write the page, with the recordings that lie in the folder."""
    return write_whole(folder / NAME, page(report, folder))


def page(report: RunReport, folder: Path) -> str:
    """Return the page. Everything that was said or done is data in it, and becomes text only."""
    data: dict[str, Any] = {
        "run": report.model_dump(mode="json", exclude={"cases"}) | {"missing": report.missing},
        "cases": [_case(case, folder) for case in report.cases],
        "parts": PARTS,
        "peak_s": PEAK_S,
    }
    html = (_FOLDER / "page.html").read_text(encoding="utf-8")
    for place, text in (
        ("/*STYLE*/", (_FOLDER / "page.css").read_text(encoding="utf-8")),
        ("/*SCRIPT*/", (_FOLDER / "page.js").read_text(encoding="utf-8")),
        ("/*DATA*/", _inert(data)),
    ):
        html = html.replace(place, text)
    return html


def _case(case: CaseReport, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = case.model_dump(mode="json")
    if case.recording is None:
        return told
    try:
        sound = embedded(folder / case.recording)
    except BadRecording as exc:
        return told | {"silent": str(exc)}
    return told | {"audio": sound.audio, "peaks": sound.peaks}


def _inert(data: Any) -> str:
    """Return JSON in which nothing can end the script element or begin another."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
