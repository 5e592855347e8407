"""Signals are raised where that does no harm: while a command runs, and at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from codat_mock.cli.subprocess import DELAY, Stopped, run_command, stopping_on_signals


def search(next_step: Callable[[], object]) -> None:
    """Get a signal, and go on."""
    os.kill(os.getpid(), signal.SIGTERM)
    next_step()


def test_a_signal_during_a_search_is_raised_while_the_next_command_runs():
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with stopping_on_signals(), pytest.raises(Stopped, match="SIGTERM"), DELAY.throughout():
        search(lambda: run_command(command, {}, 60))


def test_a_signal_during_a_search_is_raised_at_its_end():
    reached: list[str] = []
    with stopping_on_signals(), pytest.raises(Stopped, match="SIGTERM"), DELAY.throughout():
        search(lambda: reached.append("end"))
    assert reached == ["end"]


def test_a_signal_that_stopped_a_search_does_not_stop_the_next():
    for _ in range(2):
        with stopping_on_signals(), pytest.raises(Stopped), DELAY.throughout():
            search(lambda: None)
    with stopping_on_signals(), DELAY.throughout():
        pass


def test_a_signal_stops_the_search_and_the_command(command, tmp_path):
    started = tmp_path / "started"
    program = (
        f"import os, pathlib, time; pathlib.Path({str(started)!r}).write_text(str(os.getpid()));"
        " time.sleep(60)"
    )
    process: subprocess.Popen[str] = command("explore", "--", sys.executable, "-c", program)
    while not started.exists() or not started.read_text():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_a_signal_during_termination_leaves_no_process(command, tmp_path):
    started, pleaded = tmp_path / "started", tmp_path / "pleaded"
    program = (
        "import os, pathlib, signal, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: pathlib.Path({str(pleaded)!r}).touch())\n"
        f"pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)"
    )
    arguments = ("--timeout", "2", "--", sys.executable, "-c", program)
    process: subprocess.Popen[str] = command("explore", *arguments)
    while not pleaded.exists():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
