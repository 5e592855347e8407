"""Every command and snippet of README runs and prints what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from codat_mock import Server, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DEFAULT = "http://127.0.0.1:4620"
COMMAND = Path(sys.executable).with_name("codat-mock")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


SHOWN = [line for block in blocks("sh") for line in block.splitlines()]
INSTALLS = [line for line in SHOWN if line.startswith("pip install")]
SERVES = [line for line in SHOWN if line.startswith("codat-mock serve")]
OTHERS = [line for line in SHOWN if line not in (*INSTALLS, *SERVES)]


def test_the_two_commands_for_ci_are_shown() -> None:
    assert INSTALLS == [
        "pip install . && codat-mock demo",
        "pip install '.[test]' && pytest",
    ]


@pytest.mark.parametrize("line", OTHERS)
def test_a_shown_command_succeeds(line: str, tmp_path: Path) -> None:
    name, *arguments = shlex.split(line)
    assert name == "codat-mock"
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    ran = subprocess.run(
        [COMMAND, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout


@pytest.mark.parametrize("line", SERVES)
def test_a_shown_server_serves_and_stops(line: str, tmp_path: Path) -> None:
    arguments = shlex.split(line)[1:]
    if "--port" not in arguments:
        arguments += ["--port", "0"]  # the default one may be taken here
    with subprocess.Popen(
        [COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            first = server.stdout.readline() if server.stdout else ""
            address = re.search(r"http://\S+", first)
            assert address, first
            health = httpx.get(f"{address[0]}/_mock/health").json()
            assert health["status"] == "ready"
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0


def test_the_snippets_print_what_is_shown_below_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    # A reader of the page waits 7.8 seconds for a dataset.
    with Server.bind(Settings(speed=1000)) as server:
        for snippet, shown in zip(blocks("python"), blocks("text"), strict=True):
            assert DEFAULT in snippet
            exec(snippet.replace(DEFAULT, server.address), names)  # noqa: S102  (our own page)
            assert capsys.readouterr().out == shown
        names["codat"].close()


def test_the_pictures_are_there() -> None:
    demo, *pages = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert (ROOT / demo).read_text().startswith("<svg")
    assert pages
    assert all((ROOT / page).read_bytes().startswith(b"\x89PNG") for page in pages)


def test_the_page_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_every_link_of_the_page_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / target).is_file(), target
