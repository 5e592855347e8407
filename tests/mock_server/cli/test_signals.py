"""Signals are raised where that does no harm: while a command runs, and at the end."""

from __future__ import annotations

import os
import signal
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
