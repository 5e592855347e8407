"""The command under test, as a process group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

import click

from codat_mock.cli import process_groups
from codat_mock.clock import machine_seconds
from codat_mock.reports.run import CommandEnd

GRACE_SECONDS: Final = 3.0  # between asking it to end and ending it
SIGNAL_CHECK_SECONDS: Final = 0.05  # how late a delayed signal is at most
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal asks us to stop. Not an `Exception`: no error handler may swallow it.

    Args:
        number: the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class SignalDelay:
    """Delays signals where an exception at any moment would do harm; it can be nested.

    A process could not be terminated before it has started; an exception within `Popen.wait` may
    leave its lock held, so that the next wait would never end; and within Hypothesis it leaves a
    state in which other exceptions are raised instead of it.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._number = 0

    def begin(self) -> None:
        """Delay signals from now on."""
        if not self._depth:
            self._number = 0
        self._depth += 1

    def takes(self, number: int) -> bool:
        """Keep a signal for later; whether signals are being delayed."""
        if self._depth:
            self._number = number
        return bool(self._depth)

    def end(self) -> None:
        """Stop delaying signals, unless it was begun more than once.

        Raises:
            Stopped: a signal arrived in the meantime.
        """
        self._depth -= 1
        self.check()

    @contextmanager
    def throughout(self) -> Iterator[None]:
        """Delay signals, except while a command is waited for; raises as `end` does."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def check(self) -> None:
        """Raise what has been delayed until now.

        Raises:
            Stopped: a signal has arrived.
        """
        if self._number:
            raise Stopped(self._number)


DELAY: Final = SignalDelay()


def run_command(
    command: Sequence[str],
    variables: Mapping[str, str],
    timeout_seconds: float,
    *,
    is_quiet: bool = False,
    is_repeated: bool = False,
    on_start: Callable[[int], object] = lambda _group: None,
) -> CommandEnd:
    """Run a command until it exits; it shares our output.

    Its whole process group is terminated when its time is up or a signal stops us.

    Args:
        command: the program and its arguments.
        variables: added to its environment.
        timeout_seconds: its time limit, by the machine's clock.
        is_quiet: whether its output is discarded.
        is_repeated: whether this is one run of many: it does not read our input, and none of its
            processes survives until the next run.
        on_start: called with the id of its process group.

    Raises:
        UsageError: it cannot be started.
        Stopped: a signal arrived (see `stopping_on_signals`); the command was terminated.
    """
    line = process_groups.as_typed(command)
    output = subprocess.DEVNULL if is_quiet else None
    DELAY.begin()
    try:
        process = subprocess.Popen(  # noqa: S603  (the very command that the user gave)
            process_groups.resolved(command),
            env={**os.environ, **variables},
            **process_groups.start_options(),
            stdin=subprocess.DEVNULL if is_repeated else None,
            stdout=output,
            stderr=output,
        )
    except OSError as error:
        DELAY.end()
        raise click.UsageError(f"Cannot start {command[0]}: {error.strerror}.") from error
    try:
        on_start(process.pid)
        code = wait(process, timeout_seconds)
    except subprocess.TimeoutExpired:
        terminate_group(process, signal.SIGTERM)
        return CommandEnd(line=line, ending="timed-out", code=0)
    except Stopped as stopped:
        terminate_group(process, stopped.number)
        raise
    finally:
        DELAY.end()
    if is_repeated:
        process_groups.kill(process.pid)
    if code < 0:
        return CommandEnd(line=line, ending="killed", code=-code)
    return CommandEnd(line=line, ending="exited", code=code)


def wait(process: subprocess.Popen[bytes], timeout_seconds: float) -> int:
    """Wait until a process ends; returns its exit code.

    Raises:
        TimeoutExpired: it runs longer than that.
        Stopped: a signal has arrived.
    """
    deadline = machine_seconds() + timeout_seconds
    while True:
        DELAY.check()
        left = deadline - machine_seconds()
        try:
            return process.wait(min(max(left, 0.0), SIGNAL_CHECK_SECONDS))
        except subprocess.TimeoutExpired:
            if left <= SIGNAL_CHECK_SECONDS:
                raise


def terminate_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Ask a process group to end, and end what is left of it after a while."""
    process_groups.ask_to_end(process.pid, number)
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    finally:  # also if we are stopped in the meantime
        process_groups.kill(process.pid)  # its children may outlive it
        process.wait()


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Raise `Stopped` on the first signal that asks us to stop; ignore the others."""
    before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        if not DELAY.takes(number):
            raise Stopped(number)

    for each in SIGNALS:
        before[each] = signal.signal(each, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
