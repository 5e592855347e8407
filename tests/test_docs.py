"""The pages under docs run from their first snippet to their last, and print what they show."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from codat_mock.cli.main import main
from codat_mock.models.alerts import AlertRule
from codat_mock.models.faults import KINDS, properties_of

DOCS = Path(__file__).parents[1] / "docs"
COMMAND = Path(sys.executable).with_name("codat-mock")
DEFAULT = "http://127.0.0.1:4620"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", ["first-steps.md", "faults.md", "judging.md"])
def test_a_page_works(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    (_, command), *rest = BLOCK.findall((DOCS / page).read_text())
    arguments = [*shlex.split(command)[1:], "--port", "0"]
    with subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as server:
        try:
            address = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
            assert address
            names: dict[str, Any] = {}
            printed = ""
            for language, text in rest:
                if language == "python":
                    exec(text.replace(DEFAULT, address[0]), names)  # noqa: S102  (our own page)
                    printed = capsys.readouterr().out
                elif language == "sh":
                    for line in text.splitlines():
                        run(line, address[0])
                elif language == "json":
                    assert msgspec.json.decode(text, type=list[AlertRule])
                elif language == "text":
                    assert printed == text
            names["codat"].close()
        finally:
            server.terminate()
    assert server.returncode == 0


def test_the_commands_and_the_snippet_of_the_installation_page_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = BLOCK.findall((DOCS / "installation.md").read_text())
    shells = [text for language, text in blocks if language == "sh"]
    for line in "".join(shells).splitlines():
        command, *arguments = shlex.split(line)
        start = {"codat-mock": [COMMAND], "python": [sys.executable]}[command]
        assert subprocess.run([*start, *arguments], check=True, capture_output=True).stdout
    [place] = [n for n, (language, _) in enumerate(blocks) if language == "python"]
    exec(blocks[place][1], {})  # noqa: S102  (our own page)
    assert blocks[place + 1] == ("text", capsys.readouterr().out)
    [mcp] = [msgspec.json.decode(text) for language, text in blocks if language == "json"]
    assert mcp["mcpServers"]["codat-mock"] == {"command": "codat-mock", "args": ["mcp"]}


def test_the_page_of_faults_lists_every_kind_with_its_properties() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| ([^\n]*)$", (DOCS / "faults.md").read_text(), re.M))
    for name, kind in KINDS.items():
        for each in properties_of(kind):
            assert f"`{each.name}`" in rows[name], f"docs/faults.md lacks {each.name} of {name}"


def run(line: str, url: str) -> None:
    name, *arguments = shlex.split(line)
    assert name == "codat-mock"
    ran = CliRunner().invoke(main, arguments, env={"CODAT_MOCK_URL": url})
    assert ran.exit_code == 0, ran.output
