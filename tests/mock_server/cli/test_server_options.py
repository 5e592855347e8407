"""The options of `codat-mock serve`, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from codat_mock.cli import serve
from codat_mock.cli.main import main
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.http.server import Server
from codat_mock.sandbox import Settings

QUIETLY = ("--port", "0", "--log", "quiet")


def settings_of(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Settings:
    seen: list[Settings] = []

    def run(server: Server, _port_file: object, _notice: str) -> None:
        seen.append(server.registry.settings)
        with server:
            pass

    monkeypatch.setattr(serve, "run", run)
    ran = CliRunner().invoke(main, ["serve", *QUIETLY, *arguments])
    assert ran.exit_code == 0, ran.output
    return seen[0]


def refusal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What is said of arguments with which no server starts."""
    monkeypatch.setattr(serve, "run", lambda *_: pytest.fail("it starts"))
    ran = CliRunner().invoke(main, ["serve", *QUIETLY, *arguments])
    assert ran.exit_code == 2, ran.output
    return ran.stderr


def test_companies_are_unlimited_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).company_limit is None
    assert settings_of(monkeypatch, "--company-limit", "50").company_limit == 50


def test_syncs_run_when_due_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).sync_delay_seconds == 0
    assert settings_of(monkeypatch, "--sync-delay", "90").sync_delay_seconds == 90


def test_bodies_are_limited_in_mebibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).largest_body == 64 * 1024 * 1024
    assert settings_of(monkeypatch, "--largest-body", "1").largest_body == 1024 * 1024


def test_requests_are_unlimited_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch).rate_limits is False
    assert settings_of(monkeypatch, "--rate-limits").rate_limits is True


def test_a_dataset_takes_as_long_as_a_profile_or_durations_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert settings_of(monkeypatch, "--profile", "slow").durations == PROFILES["slow"]
    assert settings_of(monkeypatch, "--profile", "0,0,0,0,60").durations == (0, 0, 0, 0, 60)
    said = refusal(monkeypatch, "--profile", "1,2")
    assert "'1,2' is not one of instant, fast" in said


def test_rules_of_alerts_are_read_from_a_file_and_are_for_this_machine_or_allowed_hosts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "rules.json"

    def with_rule(url: str) -> tuple[str, str]:
        path.write_text(json.dumps([{"type": "Data sync completed", "url": url}]))
        return "--alert-rules", str(path)

    [rule] = settings_of(monkeypatch, *with_rule("http://127.0.0.1:1/")).alert_rules
    assert (rule.type, rule.url) == ("Data sync completed", "http://127.0.0.1:1/")
    elsewhere = with_rule("http://example.com/")
    assert "allow its host with --alert-host" in refusal(monkeypatch, *elsewhere)
    allowed = settings_of(monkeypatch, *elsewhere, "--alert-host", "example.com")
    assert [each.url for each in allowed.alert_rules] == ["http://example.com/"]
