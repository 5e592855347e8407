"""The page about pytest: its tests run, and end as it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from codat_mock.testing.codat import Codat
from codat_mock.testing.marker_options import MarkerOptions

PAGE = (Path(__file__).parents[1] / "docs" / "pytest.md").read_text()
pytest_plugins = ["pytester"]

FILES = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S)
SHOWN = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)


def test_its_tests_end_as_it_says(tmp_path: Path) -> None:
    for name, text in FILES:
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-Werror", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "6 passed, 2 errors" in ran.stdout, ran.stdout
    shown = [line.strip("_ ") for line in ran.stdout.splitlines()]
    for block in SHOWN:
        lines = [line.strip("_ ") for line in block.splitlines()]
        place = shown.index(lines[0])
        assert shown[place : place + len(lines)] == lines


def test_everything_that_tests_can_use_is_described(pytester: pytest.Pytester) -> None:
    ran = pytester.runpytest_inprocess("--help")
    options = re.findall(r"^  (--codat-[\w-]+)", ran.stdout.str(), re.M)
    assert len(options) == 4
    for option in options:
        assert f"| `{option}" in PAGE
    for argument in MarkerOptions.__struct_fields__:
        assert f"| `{argument}` |" in PAGE
    inner = {"forget", "raise_failures", "raise_findings", "findings_text"}
    for name in [name for name in vars(Codat) if name[0] != "_" and name not in inner]:
        assert re.search(rf"^\|[^|]*`{name}\b", PAGE, re.M), name
    for fixture in ("codat", "codat_httpx", "codat_requests", "codat_server"):
        assert f"| `{fixture}` |" in PAGE
