"""One JSON object a line on stderr, for our own events and those of every library."""

import json
import logging
import sys
from typing import TYPE_CHECKING

from loguru import logger

from shop.redact import redact, redact_json

if TYPE_CHECKING:
    from loguru import Message, Record

_LIBRARIES_LEVEL = "WARNING"
"""Pipecat and the clients log each frame and request below this, transcripts and contexts too."""

_OURS = ("server", "reminders", "pipeline", "processors", "tools", "store", "console", "shop")


def configure() -> None:
    """Send every log line to stderr as JSON, written by a thread so that no call waits for it."""
    logger.remove()
    # Traces without the values of variables: those hold what callers say.
    logger.add(
        _write,
        level="INFO",
        filter=_wanted,
        enqueue=True,
        catch=True,
        backtrace=False,
        diagnose=False,
    )
    logging.basicConfig(handlers=[_ToLoguru()], level=_LIBRARIES_LEVEL, force=True)


_EVERYDAY = ("exception while closing the websocket",)
"""What Pipecat reports as an error though it is how calls end: the caller hung up first."""


def _wanted(record: "Record") -> bool:
    name = (record["name"] or "").partition(".")[0]
    if any(text in record["message"] for text in _EVERYDAY):
        return False
    return name in _OURS or record["level"].no >= logging.WARNING


def _write(message: "Message") -> None:
    record = message.record
    line = {
        "at": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        # Card numbers are kept out before; this is for what a library may say of its input.
        "event": redact(record["message"]).text,
        "from": record["name"],
        **redact_json(record["extra"]),
    }
    if record["exception"] is not None:
        line["trace"] = redact(str(message).strip()).text
    sys.stderr.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")


class _ToLoguru(logging.Handler):
    """Carries the standard library's log records over."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname if record.levelno >= logging.WARNING else "INFO"
        logger.opt(exception=record.exc_info).bind(logger=record.name).log(
            level, record.getMessage()
        )
