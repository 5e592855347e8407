"""The page on traffic: its commands succeed, and what it shows is what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from codat_fixtures import load_bytes

PAGE = (Path(__file__).parents[1] / "docs" / "traffic.md").read_text()
COMMAND = Path(sys.executable).with_name("codat-mock")
LINES = [line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)
         for line in block.splitlines()]  # fmt: skip
JUDGING = [line for line in LINES if line.startswith("codat-mock judge ")]
COMPARING = [line for line in LINES if line.startswith("codat-mock drift ")]


def run(where: Path, line: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "CODAT_MOCK" not in name}
    return subprocess.run(
        [COMMAND, *shlex.split(line)[1:]],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("line", JUDGING)
def test_a_command_judges_the_recorded_example(tmp_path: Path, line: str) -> None:
    (tmp_path / "traffic.har").write_bytes(load_bytes("traffic/worked-example"))
    ran = run(tmp_path, line)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "14 of 14 recorded requests are to the API." in ran.stdout


def test_the_commands_compare_the_recorded_example(tmp_path: Path) -> None:
    (tmp_path / "traffic.har").write_bytes(load_bytes("traffic/worked-example"))
    for line in COMPARING:
        ran = run(tmp_path, line)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "14 answers compared: 0 new differences" in ran.stdout


def test_a_truncated_har_is_reported_as_shown(tmp_path: Path) -> None:
    (tmp_path / "cut.har").write_bytes(load_bytes("traffic/worked-example")[:9000])
    ran = run(tmp_path, "codat-mock judge cut.har")
    assert ran.returncode == 2
    assert [ran.stderr] == re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)


def test_every_command_that_is_shown_has_its_test() -> None:
    others = [line.split()[:2] for line in LINES if line not in [*JUDGING, *COMPARING]]
    proxies = [["codat-mock", "proxy"]] * 2  # test_proxy.py
    assert others == [["curl", "-s"], *proxies]  # test_judge.py
    assert (len(JUDGING), len(COMPARING)) == (3, 2)
