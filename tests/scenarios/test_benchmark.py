"""The benchmark of the server: what it measures, with a few requests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from codat_scenarios.benchmark import Order, body_of, decode_natively, floor_seconds, order
from codat_scenarios.cli.bench import bench

ROOT = Path(__file__).parents[2]
MEASURED = [
    "start to first answer",
    "idle memory",
    "polls, 1 connections",
    "polls, 32 connections",
    "small pushes",
    "first push of 3",
    "resent of 3",
    "half changed of 3",
    "memory after 20 pushes",
]


@pytest.mark.long
def test_the_command_prints_every_figure_in_memory_and_with_a_file():
    answer = CliRunner().invoke(bench, ["--orders", "3", "--requests", "2"])
    assert answer.exit_code == 0, answer.output
    in_memory, with_a_file = answer.output.split("With a database file")
    for part in (in_memory, with_a_file):
        assert [name for name in MEASURED if f"  {name} " in part] == MEASURED


def test_the_floor_decodes_all_of_an_order():
    body = body_of([order(7)])
    [decoded] = decode_natively(body).orders
    [sent] = json.loads(body)["orders"]
    assert {each.encode_name for each in msgspec.structs.fields(Order)} == set(sent)
    assert json.loads(msgspec.json.encode(decoded)) == sent
    assert floor_seconds(body) >= 0


def test_a_peer_that_cannot_be_installed_is_left_out_with_the_reason(tmp_path):
    answer = subprocess.run(
        [sys.executable, ROOT / "benchmarks/server.py", "--peer", "prism"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "Prism is not measured: npm is not on the PATH.\n"
