"""A server beyond loopback: it says who can reach it, and commands carry its token along."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from codat_mock.cli.main import main
from codat_mock.http.access import TOKEN_HEADER, Access
from codat_mock.http.server import Server, listen, network_address
from codat_mock.sandbox import SandboxRegistry, Settings

PATIENCE_SECONDS = 20.0
EVERYWHERE = "0.0.0.0"  # noqa: S104
TOKEN = "tok-3n"  # noqa: S105
Command = Callable[..., subprocess.Popen[str]]


def lines_of(process: subprocess.Popen[str], count: int) -> list[str]:
    """The first lines that a server prints, all at once."""
    assert process.stdout
    assert select([process.stdout], [], [], PATIENCE_SECONDS)[0]
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def test_a_server_beyond_loopback_makes_a_token_and_says_how_it_is_reached(
    command: Command,
) -> None:
    address, bound, says, header, link = lines_of(
        command("serve", "--host", EVERYWHERE, "--port", "0"), 5
    )
    url = address.split()[3]
    assert re.match(r"It is bound to 0\.0\.0\.0: others on the network reach it at http://", bound)
    [token] = re.findall(r"require the control token (\S{32}):$", says)
    assert header.strip() == f"{TOKEN_HEADER}: {token}"
    assert link.strip().endswith(f":{url.rpartition(':')[2]}/portal?token={token}")
    assert httpx.get(f"{url}/_mock/metrics").status_code == 401
    assert httpx.get(f"{url}/_mock/metrics", headers={TOKEN_HEADER: token}).status_code == 200
    reached = bound.rpartition(" ")[2].rstrip(".")
    assert httpx.get(f"{reached}/_mock/health", trust_env=False).json() == {"status": "ready"}
    assert httpx.get(f"{url}/_mock/health", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("way", ["variable", "file", "file in the variable"])
def test_a_token_of_ones_own_is_not_printed(command: Command, tmp_path: Path, way: str) -> None:
    (tmp_path / "token").write_text("my-own-tok\n")
    arguments = ["serve", "--host", EVERYWHERE, "--port", "0", "--allow-host", "Mock.example"]
    given = {"variable": "my-own-tok", "file in the variable": "@token"}
    variables = {"CODAT_MOCK_CONTROL_TOKEN": given[way]} if way in given else {}
    arguments += [] if variables else ["--control-token", "@token"]
    lines = lines_of(command(*arguments, **variables), 5)
    assert "my-own-tok" not in "".join(lines)
    url = lines[0].split()[3]
    for token, status in (("my-own-tok", 200), ("other", 401)):
        headers = {TOKEN_HEADER: token, "Host": "mock.EXAMPLE:80"}
        assert httpx.get(f"{url}/_mock/metrics", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--control-token", ""), "It is empty."),
        (("--control-token", "@nothing"), "Cannot read nothing: No such file or directory."),
        (("--api-key", "@."), "Cannot read .: Is a directory."),
        (("--allow-host", "http://x"), "'http://x' is not a host's name such as mock.example."),
        (("--allow-host", "x:80"), "'x:80' is not a host's name such as mock.example."),
    ],
)
def test_a_bad_secret_or_host_is_refused_in_one_line(
    command: Command, arguments: tuple[str, ...], reason: str
) -> None:
    _, error = command("serve", *arguments).communicate(timeout=PATIENCE_SECONDS)
    assert reason in error
    assert error.count("\n") == 1


def test_the_address_of_a_server_on_loopback_is_its_own() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert network_address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def guarded() -> Any:
    """A server that requires a token."""
    access = Access(control_token=TOKEN)
    with Server(
        SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0), access=access
    ) as server:
        yield server


@pytest.mark.parametrize(
    "arguments",
    [
        ("fault", "list"), ("outcome", "list"), ("alert", "list"), ("alert", "log"),
        ("story", "run", "late-update", "--against"), ("check", "--url"),
    ],
)  # fmt: skip
def test_commands_carry_the_token(
    guarded: Server, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = arguments[-1] if arguments[-1].startswith("--") else "--url"
    rest = ("--", "true") if arguments[0] == "check" else ()
    if arguments[0] in ("fault", "outcome", "alert"):
        rest = ("--api-key", "k")
    words = [*(each for each in arguments if each != name), name, guarded.address]
    without = CliRunner().invoke(main, [*words, *rest])
    assert without.exit_code != 0
    assert "control token" in without.output or "401" in without.output
    (tmp_path / "token").write_text(TOKEN)
    option = ("--control-token", f"@{tmp_path / 'token'}")
    assert CliRunner().invoke(main, [*words, *option, *rest]).exit_code in (0, 5)
    monkeypatch.setenv("CODAT_MOCK_CONTROL_TOKEN", TOKEN)
    assert CliRunner().invoke(main, [*words, *rest]).exit_code in (0, 5)


def test_listed_alert_rules_show_no_secret(start_server: Callable[..., Server]) -> None:
    url = start_server().address
    given = ["--url", url, "--api-key", "k"]
    secret, password = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtMTIz", "Basic cGFzc3dvcmQ="
    added = CliRunner().invoke(
        main,
        ["alert", "add", "Data sync completed", "http://127.0.0.1:9/", "--secret", secret,
         "--authorization", password, *given],
    )  # fmt: skip
    listed = CliRunner().invoke(main, ["alert", "list", *given])
    for output in (added.output, listed.output):
        assert "secrets=removed" in output
        assert secret not in output
        assert password not in output
