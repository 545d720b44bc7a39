"""`report.json`: written whole or not at all, read with a clear word about what is wrong."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from qa.report.form import VERSION, RunReport

NAME = "report.json"

RUN = Path(".run") / "qa" / "run"
"""Where a run leaves its report unless it is told otherwise."""


class ReportError(Exception):
    """A report that cannot be read; the message says which, why, and what to do."""


def write(folder: Path, report: RunReport, name: str = NAME) -> Path:
    """Write the report, readable by people; a reader never sees half of it."""
    # Not json.dumps, which indents in Python: other calls' frames wait meanwhile.
    text = to_json(_rounded(report.model_dump(mode="json")), indent=1).decode()
    return write_whole(folder / name, text + "\n")


def write_whole(path: Path, text: str) -> Path:
    """Write a file so that it is the old one or the new one at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return path


def read(where: Path) -> RunReport:
    """Read a report, given as a file or its folder; raises ReportError."""
    path = where / NAME if where.is_dir() else where
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ReportError(f"{path} is not there: `qa run --out {path.parent}` makes it") from exc
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as exc:
        raise ReportError(f"{path} cannot be read as a report: {exc}") from exc
    version = given.get("version") if isinstance(given, dict) else None
    if version != VERSION:
        raise ReportError(
            f"{path} is no report of version {VERSION} (it says {version!r}): run it again"
        )
    try:
        return RunReport.model_validate(given)
    except ValidationError as exc:
        first = exc.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise ReportError(f"{path} is damaged at {at}: {first['msg']}") from exc


def _rounded(value: Any) -> Any:
    """Cut numbers to a tenth of a millisecond: more is noise, and makes files hard to read."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value
