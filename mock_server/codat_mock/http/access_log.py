"""The log of a server: a line per request, for a person or as JSON.

Its level is `warning` for a request that is refused or breaks a rule, `error` for one that fails in
the server, `debug` for one of a person or a test, and `info` for the others.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from flask import Response

from codat_mock.clock import format_moment, machine_now
from codat_mock.domain.redaction import without_secrets
from codat_mock.http import request_context
from codat_mock.http.served_request import served_request
from codat_mock.reports.wording import one_line, short

ACCESS_LOG: Final = logging.getLogger("codat_mock.access")
ACCESS_LOG.setLevel(logging.CRITICAL)  # nothing, until `start` or a program chooses another level
LEVELS: Final = ("debug", "info", "warning", "error")
LONGEST_TAIL: Final = 40  # characters of a path
ID: Final = re.compile(r"[0-9a-f]{8}…")


class TextFormatter(logging.Formatter):
    """A line for a person, such as `POST …/commerce-orders 200 387 records S03`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a request."""
        entry = record.__dict__["request"]
        count = entry["records"]
        pushed = "" if count is None else f"{count} record{'' if count == 1 else 's'}"
        parts = [entry["method"], tail(entry["path"]), str(entry["status"]), pushed]
        return " ".join(filter(None, [*parts, *entry["findings"]]))


class JsonFormatter(logging.Formatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a request."""
        return msgspec.json.encode(record.__dict__["request"]).decode()


FORMATTERS: Final = {"text": TextFormatter, "json": JsonFormatter}


def start(form: str, level: str) -> None:
    """Write the log to standard error from now on.

    Args:
        form: `text` or `json`; `quiet` writes none.
        level: the lowest level that is written, one of `LEVELS`.
    """
    if form == "quiet":
        return
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[form]())
    ACCESS_LOG.addHandler(handler)
    ACCESS_LOG.propagate = False
    ACCESS_LOG.setLevel(level.upper())


def write(response: Response, operation: str, seconds: float, codes: Sequence[str]) -> None:
    """Log a request.

    Args:
        response: its answer.
        operation: its operation, or the part of the server that it is for.
        seconds: how long the answer took.
        codes: the rules that it broke.
    """
    level = level_of(operation, response.status_code, codes)
    if not ACCESS_LOG.isEnabledFor(level):
        return
    request = served_request()
    entry = {
        "time": format_moment(machine_now()),
        "level": logging.getLevelName(level).lower(),
        "method": request.method,
        "path": without_secrets(request.path),
        "operation": operation,
        "status": response.status_code,
        "seconds": round(seconds, 6),
        "records": request.pushed_records,
        "findings": [*codes],
        "correlationId": response.headers.get(request_context.CORRELATION, ""),
    }
    # As `log` does, which would also look for the line that called it: a sixth of a line's time.
    arguments = (request.method, entry["path"])
    ACCESS_LOG.handle(
        ACCESS_LOG.makeRecord(
            ACCESS_LOG.name, level, __file__, 0, "%s %s", arguments, None, extra={"request": entry}
        )
    )


def level_of(operation: str, status: int, codes: Sequence[str]) -> int:
    """The level of a request.

    Args:
        operation: its operation, or the part of the server that it is for.
        status: of its answer.
        codes: the rules that it broke.
    """
    if status >= 500:
        return logging.ERROR
    if status >= 400 or codes:
        return logging.WARNING
    return logging.DEBUG if operation in ("control", "pages") else logging.INFO


def tail(path: str) -> str:
    """The end of a path: what is done, and to what if it ends in an id."""
    steps = one_line(path).strip("/").split("/")
    is_cut, last = len(steps) > 2, [short(each) for each in steps[-2:]]
    shown = "/".join(last[-1:] if is_cut and not ID.fullmatch(last[-1]) else last)
    if len(shown) > LONGEST_TAIL:
        shown = f"…{shown[-LONGEST_TAIL:]}"
    return f"…/{shown}" if is_cut else f"/{shown}"
