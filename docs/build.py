"""Build the documentation site: `python docs/build.py site` (needs `pip install '.[docs]'`).

commands.md and llms.txt come from the code and the pages, and are written here, so that they are
always current. The build is strict: a broken link fails it.
"""

from __future__ import annotations

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

from codat_mock.cli.main import main

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
    (docs / "commands.md").write_text(commands_page(), encoding="utf-8")
    (docs / "llms.txt").write_text(llms_page(docs), encoding="utf-8")


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
