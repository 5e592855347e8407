"""Every command in a terminal of 80 columns: no line is longer, and nothing is cut."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from terminals import COLUMNS, run, shown

from codat_mock.cli.main import main
from codat_mock.http.server import Server, listen
from codat_mock.rules import rulebook
from codat_mock.sandbox import SandboxRegistry
from codat_scenarios.stories import STORIES

ROOT = Path(__file__).parents[1]
PUSHING = [sys.executable, "docs/integrations/push.py", "docs/integrations/sales"]
DAY = ["--start-at", "2022-03-21T18:00:00Z", "--profile", "instant"]
# A word and an ellipsis: the word is cut. Short UUIDs, `[…]` and `FORMAT:FILE,…` are not cut.
CUT = re.compile(r"(?<![0-9a-f]{8})(?<=[\w/{])…")


def check(text: str) -> str:
    """Assert that a text fits the terminal, and is whole."""
    for line in re.split(r"[\n\r]", text):
        assert len(line) <= COLUMNS, line
        assert not CUT.search(line), line
    return text


def every_help() -> list[list[str]]:
    """The arguments that show each command's help."""
    found = []
    commands: list[tuple[list[str], click.Command]] = [([], main)]
    while commands:
        path, command = commands.pop()
        found.append([*path, "--help"])
        if isinstance(command, click.Group):
            context = click.Context(command)
            named = {
                name: command.get_command(context, name) for name in command.list_commands(context)
            }
            commands += [([*path, name], each) for name, each in named.items() if each]
    return found


def test_every_help_fits() -> None:
    code = (
        "import sys; from codat_mock.cli.main import main\n"
        f"for arguments in {every_help()!r}:\n"
        "    try: main(arguments)\n"
        "    except SystemExit: pass\n"
    )
    text, _ = run([sys.executable, "-c", code])
    assert text.count("Usage: ") == len(every_help())
    check(text)


def test_the_rules_fit_a_screen() -> None:
    text = check(shown(["rules"]))
    assert len(text.splitlines()) < 30
    assert all(f"{rule.code} {rule.severity:8}{rule.name}" in text for rule in rulebook())


def test_the_stories_fit_two_screens_and_a_word_selects_some_with_their_texts() -> None:
    text = check(shown(["story", "list"]))
    assert len(text.splitlines()) < 60
    assert set(STORIES) <= set(text.split())
    selected = check(shown(["story", "list", "s14"]))
    for name, story in STORIES.items():
        is_listed = re.search(rf"^{name} ", selected, re.M) is not None
        assert is_listed is ("S14" in story.ending.findings)


@pytest.mark.parametrize(
    "arguments",
    [
        ["limits"],
        ["explain", "S03"],
        ["story", "show", "late-update"],
        ["story", "run", "dataset-permissions-error"],
        ["generate", "--days", "2", "--out", "out"],
        ["check", *DAY, "--rule", "S3=off", "--", "true"],
        ["check", "--fail-onn", "error", "--report", "nothing:at-all", "--", "true"],
        ["health", "--url", "http://127.0.0.1:1/a-long-path/that-is-in-the-message/of-the-error"],
    ],
    ids=" ".join,
)
def test_a_command_s_output_fits(arguments: list[str], tmp_path: Path) -> None:
    assert check(shown(arguments, tmp_path)).strip()


def test_a_verdict_fits_and_its_advice_keeps_the_operation() -> None:
    script = (
        "import runpy, sys\n"
        f"sys.argv = {PUSHING[1:]!r}\n"
        "for _ in range(2): runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    text = check(shown(["check", *DAY, "--", sys.executable, "-c", script], ROOT))
    cells = " ".join(re.findall(r"│ *([^│]+?) *│$", text, re.M))
    advice = re.search(r"leave unchanged ones out of POST (\S+)", cells)
    assert advice
    assert re.fullmatch(r"/data/companies/[0-9a-f]{8}…/sync/commerce-\w+\.", advice[1])


def test_the_lists_of_a_running_server_fit(tmp_path: Path) -> None:
    with Server(SandboxRegistry(), listen("127.0.0.1", 0)) as server:
        at = ["--url", server.address, "--api-key", "k"]
        hook = "http://127.0.0.1:8080/a-hook-with-a-long-path/of-an-integration"
        for arguments in (
            ["alert", "add", "Data sync completed", hook, "--authorization", "Bearer abcdef"],
            ["alert", "list"],
            ["fault", "add", "refuse", "--status", "503", "--operation", "push-orders"],
            [
                "outcome",
                "add",
                "dataset",
                "MapError",
                "--message",
                "No account fits. " * 9,
            ],
        ):
            assert check(shown([*arguments, *at], tmp_path)).strip()


def test_what_is_piped_is_one_line_whatever_its_length() -> None:
    command = str(Path(sys.executable).with_name("codat-mock"))
    ran = subprocess.run([command, "rules"], capture_output=True, text=True, check=True)
    assert [line.split("\t")[0] for line in ran.stdout.splitlines()] == [
        rule.code for rule in rulebook()
    ]
    wrong = subprocess.run(
        [command, "explain", "no-such-rule-" * 9], capture_output=True, text=True, check=False
    )
    assert len(wrong.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "near"),
    [("S3", "S03"), ("s3", "S03"), ("S-03", "S03"), ("only-new", "only-new-or-changed")],
)
def test_an_unknown_rule_gets_the_nearest(given: str, near: str) -> None:
    from codat_scenarios.cli.explain import find

    with pytest.raises(click.BadParameter, match=f"did you mean {near}?"):
        find(given)
