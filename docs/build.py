"""Build the documentation site: `python docs/build.py site` (needs `pip install '.[docs]'`).

The pages that come from the code, and llms.txt, are written here, so that they are always current.
The build is strict: a broken link fails it.
"""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import yaml

from codat_mock import pytest_plugin
from codat_mock.cli.limits import rows
from codat_mock.cli.main import main
from codat_mock.cli.option_files import keys_of
from codat_mock.http.limits import limits
from codat_mock.rule_config import COMMANDS
from codat_mock.testing import handles
from codat_mock.testing.codat import Codat

DOCS: Final = Path(__file__).parent
ROOT: Final = DOCS.parent
WIDTH: Final = 80


def commands_page() -> str:
    """The help of every command."""
    parts = [
        "# Commands",
        "What `--help` shows of each command.",
    ]
    context = click.Context(main, info_name="codat-mock", terminal_width=WIDTH)
    for path, command in all_commands(main, context):
        parts += [f"## {path.command_path}", f"```text\n{command.get_help(path).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def all_commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[click.Context, click.Command]]:
    """Each command below one, with its context."""
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is None or below.hidden:
            continue
        here = click.Context(below, parent=context, info_name=name, terminal_width=WIDTH)
        yield here, below
        yield from all_commands(below, here)


def settings_page() -> str:
    """The options of the commands that serve a mock, with their names elsewhere."""
    parts = [
        "# Settings",
        "The options of the commands that serve a mock, with their environment variables and their"
        " names in `codat-mock.toml` or `pyproject.toml` (see"
        " [Install and run it](installation.md#options-in-a-file)). The command line overrides the"
        " environment, and the environment overrides the file.",
    ]
    context = click.Context(main, info_name="codat-mock")
    for path, command in all_commands(main, context):
        if path.info_name not in COMMANDS or path.parent is not context:
            continue
        inner = click.Context(command, path.parent, path.info_name, **command.context_settings)
        lines = ["| option | environment | in a file | default |", "|---|---|---|---|"]
        for option in command.params:
            if isinstance(option, click.Option) and option.name != "help":
                more = option.get_help_extra(inner)
                names = ", ".join(f"`{each}`" for each in option.opts)
                variables = ", ".join(f"`{each}`" for each in more.get("envvars", ()))
                keys = ", ".join(f"`{each}`" for each in keys_of(option))
                lines.append(
                    f"| {names} | {variables} | {keys} | {escape(more.get('default', ''))} |"
                )
        parts += [f"## codat-mock {path.info_name}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def fixtures_page() -> str:
    """The fixtures of the pytest plugin, with what each has."""
    parts = [
        "# Fixtures",
        "The fixtures of the [pytest plugin](pytest.md), and what `codat` has.",
        "| fixture | what it is |\n|---|---|",
    ]
    for name, found in vars(pytest_plugin).items():
        if type(found).__name__ == "FixtureFunctionDefinition":
            parts[-1] += f"\n| `{name}` | {cell(found.__doc__)} |"
    parts.append(f"The marker: `@pytest.mark.{pytest_plugin.MARKER.replace(': ', '`: ', 1)}")
    for title, kind in {
        "codat": Codat,
        "codat.clock": handles.ClockHandle,
        "codat.faults": handles.FaultsHandle,
        "codat.outcomes": handles.OutcomesHandle,
        "codat.alerts": handles.AlertsHandle,
    }.items():
        lines = ["| member | what it does |", "|---|---|"]
        for name, member in vars(kind).items():
            if not name.startswith("_") and inspect.getdoc(member):
                signed = signature_of(name, member)
                lines.append(f"| `{signed}` | {cell(inspect.getdoc(member))} |")
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def signature_of(name: str, member: object) -> str:
    """The name of a member, with the names of its parameters if it is a function."""
    if not inspect.isfunction(member):
        return name
    parameters = [*inspect.signature(member).parameters.values()][1:]
    shown = [
        f"**{each.name}" if each.kind is each.VAR_KEYWORD else each.name for each in parameters
    ]
    return f"{name}({', '.join(shown)})"


def cell(docstring: str | None) -> str:
    """The first paragraph of a docstring as a cell of a table."""
    return " ".join((docstring or "").split("\n\n")[0].split()).replace("|", "\\|")


def exit_codes_page() -> str:
    """The exit codes of every command, as its help shows them."""
    parts = ["# Exit codes", "The exit codes of the commands whose help lists them."]
    context = click.Context(main, info_name="codat-mock", terminal_width=WIDTH)
    for path, command in all_commands(main, context):
        found = re.search(r"^ *Exit codes:.*", command.get_help(path), re.M | re.S)
        if found:
            text = inspect.cleandoc(found[0].rstrip())
            parts += [f"## {path.command_path}", f"```text\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def limits_page() -> str:
    """What is known of the real service, and what is assumed."""
    cells = [[escape(cell) for cell in row] for row in rows(limits())]
    return "\n".join(
        [
            "# Limits",
            "",
            "What is known of the real service, and what is assumed. The mock follows the vendor's"
            " guide; where that is silent, the contract, which sums up the vendor's reference"
            " (contract 1) and its documents of the time (contract 2); where both are silent, an"
            " assumption.",
            "",
            "| operation or behaviour | assumed, or in short | section | contradicted |",
            "|---|---|---|---|",
            *(
                f"| {subject} | {statement} | {section} | {contradicted} |"
                for subject, _, statement, contradicted, section in cells
            ),
            "",
        ]
    )


def escape(text: str) -> str:
    """A text as a cell of a table."""
    return re.sub(r"([|<>*_`])", r"\\\1", text)


def llms_page(docs: Path) -> str:
    """The site's pages in the form of llmstxt.org: a title, a summary, and lists of links."""
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    parts = [f"# {site['site_name']}", f"> {site['site_description']}"]
    for section in site["nav"]:
        [(title, pages)] = section.items()
        if isinstance(pages, str):
            continue
        links = [entry(name, docs / file) for page in pages for name, file in page.items()]
        parts += [f"## {title}", "\n".join(links)]
    return "\n\n".join(parts) + "\n"


def entry(name: str, file: Path) -> str:
    """A link to a page, with the first sentence of its first paragraph."""
    text = re.sub(r"^```.*?^```$", "", file.read_text(encoding="utf-8"), flags=re.M | re.S)
    paragraphs = [part for part in text.split("\n\n") if part and part[0] not in "#|<!`"]
    first = " ".join(paragraphs[0].split()) if paragraphs else ""
    sentence = re.split(r"(?<=[.:])\s", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", first))[0]
    return f"- [{name}]({file.name}): {sentence.rstrip(':')}"


def write_sources(folder: Path) -> None:
    """Write the configuration, the pages and those that are made from the code into a folder."""
    docs = folder / "docs"
    shutil.copytree(DOCS, docs, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", folder)
    for name, page in MADE.items():
        (docs / name).write_text(page(), encoding="utf-8")
    (docs / "llms.txt").write_text(llms_page(docs), encoding="utf-8")


MADE: Final = {  # the pages that come from the code
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "fixtures.md": fixtures_page,
    "limits.md": limits_page,
    "settings.md": settings_page,
}


def build(target: Path) -> int:
    """Build the site into a folder, which is replaced; gives the builder's exit code."""
    with TemporaryDirectory() as folder:
        write_sources(Path(folder))
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        ran = subprocess.run(command, cwd=folder, check=False)  # noqa: S603  (our own command)
        if ran.returncode == 0:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(Path(folder) / "site", target)
    return ran.returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/build.py FOLDER")
    sys.exit(build(Path(sys.argv[1])))
