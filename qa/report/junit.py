"""`junit.xml`: the verdicts as continuous integration shows them."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from qa.report.file import write_whole
from qa.report.form import CaseReport, RunReport

NAME = "junit.xml"

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML file may hold, however it is escaped."""


def write(folder: Path, report: RunReport) -> Path:
    """Write the report as JUnit XML; what was planned and not played is an error."""
    failed, errors = len(report.of("failed")), len(report.of("error"))
    suite = ET.Element(
        "testsuite",
        name="bayline-qa",
        tests=str(len(report.cases) + len(report.missing) + len(report.pending)),
        failures=str(failed),
        errors=str(errors + len(report.missing)),
        skipped=str(len(report.pending)),
        time=f"{sum(case.seconds for case in report.cases):.3f}",
        timestamp=report.started_at.isoformat(timespec="seconds"),
    )
    for case in report.cases:
        _add(suite, case)
    for name in report.missing:
        element = _case(suite, name, 0.0)
        ET.SubElement(element, "error", message="not played: the run was interrupted")
    for name in report.pending:
        ET.SubElement(_case(suite, name, 0.0), "skipped", message="marked pending")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode", xml_declaration=False)
    return write_whole(folder / NAME, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _case(suite: ET.Element, name: str, seconds: float) -> ET.Element:
    given = {"classname": "qa.scenarios", "name": _clean(name), "time": f"{seconds:.3f}"}
    return ET.SubElement(suite, "testcase", given)


def _add(suite: ET.Element, case: CaseReport) -> None:
    element = _case(suite, case.name, case.seconds)
    broken = [check for check in case.checks if not check.holds]
    if case.verdict == "error":
        ET.SubElement(element, "error", message=_clean(case.error)).text = _clean(_story(case))
    elif case.verdict == "failed":
        message = "; ".join(check.wanted for check in broken)
        ET.SubElement(element, "failure", message=_clean(message)).text = _clean(_story(case))


def _story(case: CaseReport) -> str:
    """Tell what did not hold, and what was said."""
    checks = [f"FAIL {c.wanted}; found: {c.found}" for c in case.checks if not c.holds]
    lines = [f"{line.role}: {line.text}" for line in case.transcript]
    return "\n".join([case.error, *checks, "", *lines]).strip()


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
