"""The `codat-mock` command: how it finds its commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from codat_mock.cli import main as main_module
from codat_mock.cli.main import main

COMMAND = """
import click

@click.command()
def {name}():
    click.echo("{text}")
"""


def names() -> list[str]:
    return main.list_commands(click.Context(main))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A package of commands, beside ours, with one more module in it."""
    folder = tmp_path / "more_commands"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    packages = (*main_module.COMMAND_PACKAGES, "more_commands")
    monkeypatch.setattr(main_module, "COMMAND_PACKAGES", packages)

    def write(module: str, content: str) -> None:
        (folder / f"{module}.py").write_text(content)

    yield write
    main_module.modules_of.cache_clear()
    for name in [each for each in sys.modules if each.startswith("more_commands")]:
        del sys.modules[name]


def test_every_command_is_found_and_none_of_the_modules_beside_them() -> None:
    found = names()
    assert {"serve", "check", "push", "story", "kill-matrix", "delete-connection"} <= set(found)
    assert {"main", "console", "target", "baseline"}.isdisjoint(found)
    assert all(
        isinstance(main.get_command(click.Context(main), each), click.Command) for each in found
    )


def test_a_module_that_defines_a_command_of_its_name_is_a_command(
    package: Callable[..., None],
) -> None:
    package("say_hello", COMMAND.format(name="say_hello", text="hello"))
    package("helper", "VALUE = 1\n")
    assert "say-hello" in names()
    assert "helper" not in names()
    assert CliRunner().invoke(main, ["say-hello"]).output == "hello\n"
    assert CliRunner().invoke(main, ["helper"]).exit_code == 2


def test_a_command_imports_no_other(package: Callable[..., None]) -> None:
    package("first", COMMAND.format(name="first", text="1"))
    package("second", "raise RuntimeError('imported')\n")
    assert CliRunner().invoke(main, ["first"]).output == "1\n"


def test_other_distributions_add_commands_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "their_commands.py").write_text(COMMAND.format(name="theirs", text="theirs"))
    info = tmp_path / "theirs-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    entries = (
        "[codat_mock.commands]\ntheirs = their_commands:theirs\nserve = their_commands:theirs\n"
    )
    (info / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(tmp_path)
    assert "theirs" in names()
    assert CliRunner().invoke(main, ["theirs"]).output == "theirs\n"
    assert "--port" in CliRunner().invoke(main, ["serve", "--help"]).output, "ours go first"


@pytest.mark.parametrize("name", ["no-such", "..", "", "__init__", "console", "main"])
def test_an_unknown_command_is_wrong_usage(name: str) -> None:
    ran = CliRunner().invoke(main, [name])
    assert ran.exit_code == 2
    assert f"No such command '{name}'" in ran.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_that_is_documented_completes_commands(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[3] / "docs" / "installation.md"
    assert f"_CODAT_MOCK_COMPLETE={shell}_source codat-mock" in page.read_text(encoding="utf-8")
    monkeypatch.setenv("_CODAT_MOCK_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "codat-mock kill")
    monkeypatch.setenv("COMP_CWORD", "1" if shell != "fish" else "kill")
    with pytest.raises(SystemExit):
        main.main([], prog_name="codat-mock")
    assert "kill-matrix" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "near"), [("sevre", "serve"), ("killmatrix", "kill-matrix")])
def test_an_unknown_command_is_reported_with_the_nearest_name(typed: str, near: str) -> None:
    ran = CliRunner().invoke(main, [typed])
    assert ran.exit_code == 2
    assert f"No such command '{typed}'. Did you mean '{near}'?" in ran.output
    assert ran.output.count("\n") == 1
