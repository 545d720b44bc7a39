"""How a call is told in a terminal: who says what and which tool is used, as it happens."""

import sys
import textwrap
from collections.abc import Mapping
from typing import Any

_COLOURS = {"agent": "36", "caller": "33", "tool": "35", "good": "32", "bad": "31", "soft": "2"}
_WIDTH = 92


def paint(kind: str, text: str) -> str:
    """Return `text` in the colour of its kind; as it is where nobody sees colours."""
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if sys.stdout.isatty() else text


def tell(line: str = "") -> None:
    """Print a line now."""
    print(line, flush=True)


def tell_news(news: Mapping[str, Any]) -> None:
    """Print what the service has written about a call: a line of the transcript or a tool call."""
    if line := news.get("transcript"):
        tell_said(line["role"], line_text(line))
    elif tool := news.get("tool"):
        tell_said("tool", tool_text(tool))


def tell_said(who: str, text: str) -> None:
    """Print who said or did what."""
    body = textwrap.fill(text, _WIDTH, subsequent_indent=" " * 10)
    tell(f"  {paint(who, f'{who:<7}')} {body}")


def line_text(line: Mapping[str, Any]) -> str:
    """Return a line of the transcript in words."""
    return f"{line['text']}{' [interrupted]' if line.get('interrupted') else ''}"


def tool_text(tool: Mapping[str, Any]) -> str:
    """Return a tool call in words."""
    # Sorted: the database keeps the arguments in an order of its own.
    given = ", ".join(f"{name}={value}" for name, value in sorted(tool["arguments"].items()))
    return f"{tool['name']}({given}) -> {tool['outcome']}, {tool['ms']} ms"
