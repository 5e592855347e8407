"""What every command does when its output cannot be written: solved once, for all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from codat_mock.cli.main import main

COMMAND = str(Path(sys.executable).with_name("codat-mock"))
FULL = Path("/dev/full")
NAMES = main.list_commands(click.Context(main))
SHOWN = [
    ["--help"],
    ["--version"],
    ["generate", "--days", "1", "--out", "-"],
    ["push", "-", "--dry-run", "--json", "--company", "c", "--data-type", "commerce-orders"],
    ["rules"],
    ["rules", "--json"],
    ["serve", "--port", "0"],
    ["story", "list"],
    ["story", "run", "late-update", "--json"],
]
HELPS = [pytest.param([name, "--help"], marks=pytest.mark.long) for name in NAMES]
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no disk always full")


@needs_full
@pytest.mark.parametrize("arguments", [*SHOWN, *HELPS], ids=" ".join)
def test_a_full_disk_is_reported_in_one_line(arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        ran = subprocess.run(
            [COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=full, stderr=-1, check=False
        )
    assert ran.stderr.decode() == "codat-mock: No space left on device\n"
    assert ran.returncode == 74


@needs_full
def test_the_exit_code_is_set_even_with_both_streams_full() -> None:
    with FULL.open("wb") as full:
        ran = subprocess.run([COMMAND, "rules"], stdout=full, stderr=full, check=False)
    assert ran.returncode == 74


@pytest.mark.parametrize("arguments", SHOWN, ids=" ".join)
def test_a_closed_pipe_is_no_error(arguments: list[str]) -> None:
    with subprocess.Popen(
        [COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=-1
    ) as ran:
        assert ran.stdout
        assert ran.stderr
        ran.stdout.close()  # while the interpreter still starts
        assert ran.stderr.read() == b""
    assert ran.returncode == 141
