"""The options of `serve`, `check` and `explore` in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from codat_mock.cli.check import check
from codat_mock.cli.explore import explore
from codat_mock.cli.main import main
from codat_mock.cli.option_files import keys_of
from codat_mock.cli.serve import serve

FILE = """
[serve]
port = 4700
speed = "x60"
start-at = 2022-03-21T08:00:00Z
api-key = ["one", "two"]
rate-limits = true
largest-body = 8

[check]
fail-on = "warning"
timeout = 7.5
report = "junit:codat.xml"
profile = [0, 0, 1, 1, 2]
tax-rates = [20, 5.5]

[explore]
examples = 7

[rules]
S12 = "off"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parsed(command: click.Command, *arguments: str) -> dict[str, Any]:
    """The parameters of a command, parsed and not run."""
    settings = {"auto_envvar_prefix": "CODAT_MOCK"}
    return command.make_context(command.name, list(arguments), **settings).params


def in_pyproject(text: str) -> str:
    return text.replace("\n[", "\n[tool.codat-mock.")


@pytest.mark.parametrize("name", ["codat-mock.toml", "pyproject.toml", "else/where.toml"])
def test_a_file_sets_the_options_of_its_command(folder, name):
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(in_pyproject(FILE) if name == "pyproject.toml" else FILE)
    config = ("--config", name) if "/" in name else ()
    served = parsed(serve, *config)
    assert (served["port"], served["speed"], served["api_keys"]) == (4700, 60, ("one", "two"))
    assert served["start_at"].isoformat() == "2022-03-21T08:00:00+00:00"
    assert served["rate_limits"] is True
    assert served["largest_body"] == 8 << 20
    checked = parsed(check, *config, "--", "true")
    assert (checked["fail_on"], checked["timeout_seconds"]) == ("warning", 7.5)
    assert checked["reports"] == [("junit", Path("codat.xml"))]
    assert checked["durations"] == (0, 0, 1, 1, 2)
    assert [*map(float, checked["tax_rates"])] == [20, 5.5]
    assert checked["port"] == 0, "that of serve is another"
    assert parsed(explore, *config, "--", "true")["examples"] == 7


def test_a_flag_and_a_variable_override_the_file(folder, monkeypatch):
    (folder / "codat-mock.toml").write_text(FILE)
    assert parsed(serve, "--port", "1", "--api-key", "three")["port"] == 1
    assert parsed(serve, "--api-key", "three")["api_keys"] == ("three",)
    monkeypatch.setenv("CODAT_MOCK_PORT", "2")
    assert parsed(serve)["port"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[serve]\nprot = 1", "serve.prot: there is no such option; did you mean 'port'?"),
        ("[serve]\nport = 99999999", "serve.port: 99999999 is not in the range"),
        ("[check]\nfail-on = 'never ever'", "check.fail-on: 'never ever' is not one of"),
        ("[check]\nspeed = 'fast'", "check.speed: 'fast' is not 'real', 'frozen', or a factor"),
        ("[check]\nconfig = 'other.toml'", "check.config: there is no such option"),
        ("serve = 1", "serve must be a table, such as [serve] and port = 4700."),
        ("[server]\nport = 1", "unknown setting 'server'; known: rules, serve, check, explore."),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(folder, text, message):
    (folder / "codat-mock.toml").write_text(text)
    arguments = ["serve"] if "[check]" not in text else ["check", "--", "true"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2
    assert f"codat-mock.toml: {message}" in ran.output


def test_a_file_that_is_nested_too_deeply_is_refused(folder):
    (folder / "codat-mock.toml").write_text(f"rules = {'[' * 5000}{']' * 5000}")
    ran = CliRunner().invoke(main, ["serve"])
    assert ran.exit_code == 2
    assert "Cannot read codat-mock.toml: it is nested too deeply." in ran.output


def test_a_mistake_in_the_file_is_refused_even_where_a_flag_overrides_it(folder):
    (folder / "codat-mock.toml").write_text("[check]\nspeed = 'fast'")
    ran = CliRunner().invoke(main, ["check", "--speed", "x60", "--", "true"])
    assert ran.exit_code == 2
    assert "codat-mock.toml: check.speed: 'fast' is not 'real'" in ran.output


@pytest.mark.parametrize("command", [serve, check, explore], ids=lambda each: each.name)
def test_each_option_has_a_name_in_a_file(command):
    own = [each for each in command.params if isinstance(each, click.Option)]
    nameless = {each.name for each in own if not keys_of(each)}
    assert nameless == {"rule_settings"}, "rules have a table of their own"


def test_other_commands_read_only_the_rules(folder):
    (folder / "codat-mock.toml").write_text("[check]\nfail-on = 'info'")
    ran = CliRunner().invoke(main, ["judge", "missing.har"])
    assert "missing.har" in ran.output
