"""`codat-mock health` tells a container whether its server is ready."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from codat_mock import Server
from codat_mock.cli.health import health


def test_a_server_that_answers_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Server.bind() as server:
        ran = CliRunner().invoke(health, ["--url", f"{server.address}/"])
    assert (ran.exit_code, ran.output) == (0, "ready\n")


def test_a_server_that_is_not_there_is_not_ready() -> None:
    with Server.bind() as server:
        url = server.address
    ran = CliRunner().invoke(health, ["--url", url])
    assert ran.exit_code == 1
    assert f"{url} is not ready" in ran.output


@pytest.mark.parametrize("url", ["no url", "http://127.0.0.1:99999", "ftp://127.0.0.1/"])
def test_a_url_that_cannot_be_asked_is_named(url: str) -> None:
    ran = CliRunner().invoke(health, ["--url", url])
    assert ran.exit_code == 1
    assert url in ran.output
