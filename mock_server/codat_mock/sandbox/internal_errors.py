"""Faults of the mock itself, which are never reported as the integration's."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from traceback import TracebackException
from typing import Final

from msgspec import Struct

from codat_mock.domain.redaction import without_secrets
from codat_mock.domain.secret_names import REMOVED

MAX_ERRORS: Final = 100  # a mock that fails at every request would fill the memory with them
MAX_FRAMES: Final = 25  # of one exception, the last ones
MAX_MESSAGE_CHARACTERS: Final = 500
LIBRARIES: Final = ("flask", "werkzeug", "waitress", "msgspec", "httpx")


class Fault(Struct, frozen=True):
    """A fault of the mock.

    Args:
        summary: where it was and what it is, in one line.
        report: all that its authors need, as text to be pasted: it holds no secrets and no paths
            of this machine.
    """

    summary: str
    report: str


class InternalErrors:
    """What went wrong in the mock, in requests, or while nobody asked."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def note(self, where: str, error: BaseException, secrets: Iterable[str] = ()) -> Fault:
        """Note an error that nobody expected; only the first of very many are kept.

        Args:
            where: the request, or what was being done.
            error: the error.
            secrets: what must not show, such as the key of the request.
        """
        fault = describe(where, error, secrets)
        if len(self._faults) < MAX_ERRORS:
            self._faults.append(fault)
        return fault

    def all(self) -> list[str]:
        """What was noted, the earliest first, a line each."""
        return [fault.summary for fault in self._faults]

    def reports(self) -> list[str]:
        """The reports on them, in the same order."""
        return [fault.report for fault in self._faults]

    @contextmanager
    def watch(self, where: str) -> Iterator[None]:
        """Note what goes wrong here, and let it go on its way."""
        try:
            yield
        except Exception as error:
            self.note(where, error)
            raise


def describe(where: str, error: BaseException, secrets: Iterable[str] = ()) -> Fault:
    """A fault as it is shown.

    Args:
        where: the request, or what was being done.
        error: the error.
        secrets: what must not show.
    """
    hidden = sorted({each for each in secrets if each}, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, REMOVED)
        return without_paths(without_secrets(text))[:MAX_MESSAGE_CHARACTERS]

    kind = type(error).__name__
    summary = clean(f"{where}: {kind}: {error}")
    lines = [versions(), clean(where), ""]
    for number, each in enumerate(chain_of(TracebackException.from_exception(error))):
        lines += ["followed by:"] if number else []
        lines += [f"  {place}" for place in places(each)]
        lines.append(clean("".join(each.format_exception_only()).strip()))
    return Fault(" ".join(summary.split()), "\n".join(lines))


def chain_of(error: TracebackException) -> list[TracebackException]:
    """An exception after those that it came from."""
    found = [error]
    while earlier := found[0].__cause__ or (
        None if found[0].__suppress_context__ else found[0].__context__
    ):
        found.insert(0, earlier)
    return found


def places(error: TracebackException) -> Iterator[str]:
    """The lines of code that an exception passed, the innermost last."""
    for frame in error.stack[-MAX_FRAMES:]:
        yield f"{short_path(frame.filename)}:{frame.lineno} in {frame.name}: {frame.line or ''}"


def short_path(filename: str) -> str:
    """The path of a module within its package or library; a file's name alone where it has none."""
    parts = Path(filename).parts
    for place, part in enumerate(parts):
        if part in ("site-packages", "dist-packages"):
            return "/".join(parts[place + 1 :])
    for package in ("codat_mock", "codat_scenarios", "codat_push"):
        if package in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(package) :])
    return parts[-1] if parts else filename


def without_paths(text: str) -> str:
    """A text without the paths of this machine that a message may have."""
    for folder in {str(Path.home()), str(Path.cwd()), sys.prefix}:
        if len(folder) > 1:
            text = text.replace(folder, "…")
    return text


def versions() -> str:
    """What the mock runs on, in one line."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    system = f"{platform.system()} {platform.machine()}"
    return (
        f"codat-mock {version('codat-mock')}, Python {platform.python_version()}, {system},"
        f" SQLite {sqlite3.sqlite_version}, {libraries}"
    )
