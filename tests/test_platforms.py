"""Windows and macOS, simulated: what differs there, and cannot be had here."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codat_mock.cli import process_groups
from codat_mock.http import server
from codat_mock.testing import fuzzing

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("mock_server", "client", "scenarios", "fixtures", "docs/integrations")
    for path in (ROOT / folder).rglob("*.py")
)
UNIX_ONLY = {
    "os": {"fork", "getuid", "geteuid", "getpgid", "killpg", "setsid", "uname"},
    "signal": {"SIGKILL", "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGALRM", "alarm"},
    "socket": {"AF_UNIX", "SO_REUSEPORT"},
}
UNIX_MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
GUARDED = {
    "process_groups.py",
    "server.py",
    "fuzzing.py",
}  # with a branch for Windows, tested below


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Windows, as far as these modules see it; gives what was asked of the system."""
    asked: list[Any] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", 1, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 512, raising=False)
    monkeypatch.delattr(os, "killpg")
    monkeypatch.delattr(signal, "SIGKILL")
    monkeypatch.setattr(os, "kill", lambda *given: asked.append(given))
    monkeypatch.setattr(subprocess, "run", lambda command, **_options: asked.append(command))
    return asked


def test_windows_gives_a_command_a_group_and_ends_it_with_its_children(windows: list[Any]) -> None:
    assert process_groups.start_options() == {"creationflags": 512}
    process_groups.ask_to_end(77, signal.SIGTERM)
    process_groups.kill(77)
    assert windows == [(77, 1), ["taskkill", "/F", "/T", "/PID", "77"]]


@pytest.mark.usefixtures("windows")
def test_windows_finds_commands_that_are_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = str(tmp_path / "npm.cmd")
    monkeypatch.setattr(shutil, "which", lambda name, **_path: {"npm": script}.get(name))
    assert process_groups.resolved(["npm", "run", "push"]) == [script, "run", "push"]
    assert process_groups.resolved(["missing"]) == ["missing"]
    assert process_groups.as_typed(["a b.exe", 'x"y']) == '"a b.exe" x\\"y'


def test_other_systems_start_a_command_as_it_is_given() -> None:
    assert process_groups.resolved(["npm", "run"]) == ["npm", "run"]
    assert process_groups.as_typed(["a b", "c"]) == "'a b' c"
    assert process_groups.start_options() == {"start_new_session": True}


@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
def test_a_group_that_has_ended_is_no_error(
    error: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """MacOS answers EPERM where only ended processes are left, Linux ESRCH."""

    def refuse(_group: int, _number: int) -> None:
        raise error

    monkeypatch.setattr(os, "killpg", refuse)
    process_groups.ask_to_end(77, signal.SIGTERM)
    process_groups.kill(77)


def test_windows_has_no_time_limit_of_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("setitimer", "getitimer", "SIGALRM", "ITIMER_REAL"):
        monkeypatch.delattr(signal, name)
    with fuzzing.time_limit(0.001):
        pass


def test_windows_never_shares_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []

    class Recorder(socket.socket):
        def setsockopt(self, _level: int, option: int, *_value: Any) -> None:
            chosen.append(option)

    monkeypatch.setattr(socket, "socket", Recorder)
    server.listen("127.0.0.1", 0).close()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    server.listen("127.0.0.1", 0).close()
    assert chosen == [socket.SO_REUSEADDR, -5]


def uses(path: Path) -> set[str]:
    """What a module uses that other systems or Pythons lack, or that depends on a code page."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names} & UNIX_MODULES
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            found |= {f"{owner}.{node.attr}"} if node.attr in UNIX_ONLY.get(owner, ()) else set()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            given = {each.arg for each in node.keywords}
            if name == "read_text" and not (node.args or "encoding" in given):
                found.add("read_text without encoding")
            if name == "write_text" and not (node.args[1:] or "encoding" in given):
                found.add("write_text without encoding")
        # Python 3.12.0 to 3.12.3 takes `?1` for a name, and warns if it is bound by a sequence.
        if isinstance(node, ast.Constant) and re.search(r"[ (]\?[0-9]", str(node.value)):
            found.add("a numbered parameter of SQL")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_works_on_every_system_and_python(path: Path) -> None:
    assert uses(path) == set() or path.name in GUARDED
