"""The command under test, as a process group of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

import click

from codat_mock.reports.run import CommandEnd

GRACE_SECONDS: Final = 3.0  # between the plea to end and the end
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal came that asks us to end; nothing that handles errors keeps us from it.

    Args:
        number: the signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Hold:
    """Holds signals back while a process is started that nobody could end yet."""

    def __init__(self) -> None:
        self._is_on = False
        self._number = 0

    def begin(self) -> None:
        """Hold signals back from now on."""
        self._is_on, self._number = True, 0

    def has_held(self, number: int) -> bool:
        """Whether a signal is held back."""
        if self._is_on:
            self._number = number
        return self._is_on

    def end(self) -> None:
        """Let signals through again.

        Raises:
            Stopped: one has come meanwhile.
        """
        self._is_on = False
        if self._number:
            raise Stopped(self._number)


HOLD: Final = Hold()


def run_command(
    command: Sequence[str],
    variables: Mapping[str, str],
    timeout_seconds: float,
    *,
    is_quiet: bool = False,
    is_repeated: bool = False,
) -> CommandEnd:
    """Run a command to its end; its output goes where ours does.

    What it has started ends with it where it outlives its time, or where we are stopped.

    Args:
        command: the program and its arguments.
        variables: what is added to its environment.
        timeout_seconds: how long it may take, by the machine's clock.
        is_quiet: whether its output goes nowhere instead.
        is_repeated: whether this is one run of many: none reads our input away from the next, and
            nothing that one has started meets the next.

    Raises:
        UsageError: it cannot be started.
        Stopped: a signal came (see `stopping_on_signals`); the command has been ended.
    """
    line = shlex.join(command)
    output = subprocess.DEVNULL if is_quiet else None
    HOLD.begin()
    try:
        process = subprocess.Popen(  # noqa: S603  (the very command that the user gave)
            command,
            env={**os.environ, **variables},
            start_new_session=True,
            stdin=subprocess.DEVNULL if is_repeated else None,
            stdout=output,
            stderr=output,
        )
    except OSError as error:
        HOLD.end()
        raise click.UsageError(f"{command[0]} cannot be started: {error.strerror}.") from error
    try:
        HOLD.end()
        code = process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        end_group(process, signal.SIGTERM)
        return CommandEnd(line=line, ending="timed-out", code=0)
    except Stopped as stopped:
        end_group(process, stopped.number)
        raise
    if is_repeated:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if code < 0:
        return CommandEnd(line=line, ending="killed", code=-code)
    return CommandEnd(line=line, ending="exited", code=code)


def end_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Ask a process and all it has started to end, and end what is left after a while."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    finally:  # where we are stopped meanwhile, too
        with suppress(ProcessLookupError):  # those it started may still be there when it is not
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Raise `Stopped` where a signal asks us to end; only the first one counts."""
    before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        if not HOLD.has_held(number):
            raise Stopped(number)

    for each in SIGNALS:
        before[each] = signal.signal(each, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
