"""The options of `codat-mock serve`, and what becomes of them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from codat_mock.cli import serve
from codat_mock.cli.main import main
from codat_mock.http.server import Server
from codat_mock.sandbox import Settings


def settings_of(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Settings:
    seen: list[Settings] = []

    def run(server: Server, _port_file: object, _notice: str) -> None:
        seen.append(server.registry.settings)
        with server:
            pass

    monkeypatch.setattr(serve, "run", run)
    ran = CliRunner().invoke(main, ["serve", "--port", "0", "--log", "quiet", *arguments])
    assert ran.exit_code == 0, ran.output
    return seen[0]


def test_companies_are_unlimited_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).company_limit is None
    assert settings_of(monkeypatch, "--company-limit", "50").company_limit == 50


def test_syncs_run_when_due_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).sync_delay_seconds == 0
    assert settings_of(monkeypatch, "--sync-delay", "90").sync_delay_seconds == 90


def test_bodies_are_limited_in_mebibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).largest_body == 64 * 1024 * 1024
    assert settings_of(monkeypatch, "--largest-body", "1").largest_body == 1024 * 1024
