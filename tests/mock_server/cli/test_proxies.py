"""A proxy or netrc of the environment, as in corporate networks, does not reach this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codat_mock.http.server import Server
from codat_mock.loopback import direct_environment
from codat_push import PushClient
from codat_push.errors import NotFound

SAMPLES = Path(__file__).parents[3] / "docs" / "integrations"
NOBODY = "http://127.0.0.1:1"
PROXIES = {
    name: NOBODY
    for scheme in ("http_proxy", "https_proxy", "all_proxy")
    for name in (scheme, scheme.upper())
}
TIMEOUT_SECONDS = 120
EVENING = ("--start-at", "2022-03-21T18:00:00Z", "--profile", "instant")
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"

Command = Callable[..., subprocess.Popen[str]]


def run(command: Command, *arguments: str, **variables: str) -> tuple[int, str, str]:
    process = command(*arguments, **{**PROXIES, **variables})
    out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    return process.returncode, out, err


@pytest.mark.parametrize(
    "arguments", [("demo",), ("story", "run", "late-update"), ("explain", "S03")], ids=" ".join
)
def test_commands_with_a_mock_of_their_own_ignore_proxies(
    command: Command, arguments: tuple[str, ...]
) -> None:
    code, _, err = run(command, *arguments)
    assert (code, err) == (0, "")


def test_commands_for_a_running_server_ignore_proxies(
    command: Command, start_server: Callable[..., Server]
) -> None:
    url = start_server().address
    assert run(command, "fault", "list", "--url", url, "--api-key", "k")[0] == 0
    assert run(command, "story", "run", "late-update", "--against", url)[0] == 0


@pytest.mark.parametrize("sample", [(sys.executable, "push.py"), ("./push.sh",)], ids=" ".join)
def test_the_command_under_check_reaches_the_mock(
    command: Command, sample: tuple[str, ...]
) -> None:
    program = [sample[0], *(str(SAMPLES / each) for each in sample[1:])]
    program[-1] = str(SAMPLES / sample[-1])
    code, out, err = run(command, "check", *EVENING, "--", *program, str(SAMPLES / "sales"))
    assert code == 0, out + err


def test_the_exceptions_of_the_environment_are_kept(command: Command) -> None:
    _, out, _ = run(command, "check", "--", sys.executable, "-c", SHOW, NO_PROXY="intranet")
    environment = json.loads(out.splitlines()[0])
    for name in ("NO_PROXY", "no_proxy"):
        hosts = environment[name].split(",")
        assert {"intranet", "127.0.0.1", "localhost", "::1"} <= set(hosts)
        assert len(hosts) == len(set(hosts))


@pytest.mark.parametrize(
    ("environ", "no_proxy"),
    [
        ({}, None),
        ({"HTTP_PROXY": NOBODY}, "127.0.0.1,localhost,::1"),
        ({"http_proxy": NOBODY, "no_proxy": "a, b"}, "a,b,127.0.0.1,localhost,::1"),
        ({"ALL_PROXY": NOBODY, "NO_PROXY": "a", "no_proxy": "b"}, "a,b,127.0.0.1,localhost,::1"),
        ({"HTTPS_PROXY": NOBODY, "NO_PROXY": "localhost"}, "localhost,127.0.0.1,::1"),
        ({"HTTP_PROXY": NOBODY, "NO_PROXY": "*"}, "*"),
        ({"HTTP_PROXY": ""}, None),
    ],
)
def test_loopback_is_added_to_the_exceptions(
    environ: dict[str, str], no_proxy: str | None, tmp_path: Path
) -> None:
    found = direct_environment({"HOME": str(tmp_path), **environ})
    expected = {} if no_proxy is None else {"NO_PROXY": no_proxy, "no_proxy": no_proxy}
    assert found == expected


@pytest.mark.parametrize(
    ("content", "is_replaced"),
    [
        ("machine 127.0.0.1 login a password b\n", True),
        ("default login a password b\n", True),
        ("machine github.com login a password b\n", False),
        ("this is not a netrc", False),
        (None, False),
    ],
)
def test_a_netrc_that_names_this_machine_is_not_used(
    content: str | None, is_replaced: bool, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / ".netrc").write_text(content)
        (tmp_path / ".netrc").chmod(0o600)
    assert ("NETRC" in direct_environment({"HOME": str(tmp_path)})) is is_replaced
    other = {"HOME": "/nowhere", "NETRC": str(tmp_path / ".netrc")}
    assert ("NETRC" in direct_environment(other)) is is_replaced


def test_a_run_without_requests_hints_at_the_proxy(command: Command) -> None:
    code, out, _ = run(command, "check", "--", sys.executable, "-c", "print('nothing')")
    assert code == 5
    assert "No request arrived, and HTTP_PROXY is set" in out
    assert "127.0.0.1" in out


def test_without_a_proxy_there_is_no_hint(command: Command) -> None:
    process = command("check", "--", sys.executable, "-c", "print('nothing')")
    assert "HTTP_PROXY" not in process.communicate(timeout=TIMEOUT_SECONDS)[0]


def test_the_push_client_reaches_a_mock_without_the_proxy(
    start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PROXIES.items():
        monkeypatch.setenv(name, value)
    with PushClient("key", start_server().address) as client, pytest.raises(NotFound):
        client.dataset("0f5e4a53-9d0c-4f2f-8c2f-0d118f4f0a6c", "no-such-dataset")
