"""The command under test as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from codat_mock.cli.subprocess import Stopped, run_command, stopping_on_signals

FOR_EVER = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_never_raised_within_the_wait_for_a_process(
    monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    # Popen.wait holds a lock; an exception there would leave it held, and the next wait would hang.
    real_wait, raised, is_sent = subprocess.Popen.wait, list[BaseException](), list[bool]()

    def wait(self: Any, timeout: float | None = None) -> int:
        try:
            if not is_sent:
                is_sent.append(True)
                os.kill(os.getpid(), sent)
            return real_wait(self, timeout)
        except subprocess.TimeoutExpired:
            raise
        except BaseException as error:
            raised.append(error)
            raise

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    with stopping_on_signals(), pytest.raises(Stopped):
        run_command(FOR_EVER, {}, timeout_seconds=60)
    assert raised == []


def test_a_command_that_takes_too_long_is_terminated() -> None:
    with stopping_on_signals():
        assert run_command(FOR_EVER, {}, timeout_seconds=0.3).ending == "timed-out"


def test_a_command_that_ends_is_given_with_its_code() -> None:
    with stopping_on_signals():
        end = run_command([sys.executable, "-c", "raise SystemExit(7)"], {}, timeout_seconds=60)
    assert (end.ending, end.code) == ("exited", 7)
