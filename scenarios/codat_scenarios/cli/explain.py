"""`codat-mock explain`: a rule, an example of its violation with the requests, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click
import msgspec

if TYPE_CHECKING:
    from codat_mock.rules import Rule
    from codat_scenarios.rule_docs import Example

EXAMPLES = """Examples:

\b
  codat-mock explain S03
  codat-mock explain only-new-or-changed
  codat-mock explain S03 --json
"""
COLOURS: Final = {"error": "bold red", "warning": "yellow", "info": "cyan"}
WIDTH: Final = 100  # wider lines are hard to read
MAX_DIFFERENCES: Final = 5

Part = tuple[str, str]
"""A paragraph with its style: `title`, `head`, `text`, `request` or `body`."""


@click.command(epilog=EXAMPLES, short_help="Explain a rule, with an example.")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(code: str, as_json: bool) -> None:
    """Explain a rule: what it requires, why, how it is broken, and what to do instead.

    CODE is a rule's code or name. The example is played on a mock, and shows the requests sent.
    """
    from codat_mock.rules.registry import describe, load_user_rules
    from codat_scenarios.cli.story import own_mock
    from codat_scenarios.rule_docs import example_of

    load_user_rules()
    rule = find(code)
    with own_mock() as http:
        example = example_of(rule, http)
    if as_json:
        explained = {"rule": describe(rule), "example": example}
        click.echo(msgspec.json.format(msgspec.json.encode(explained)))
    elif sys.stdout.isatty():
        show([*parts(rule, example)])
    else:
        for style, text in parts(rule, example):
            click.echo(f"\n{text}" if style == "head" else text)


def find(code: str) -> Rule:
    """The rule of that code or name.

    Raises:
        click.BadParameter: there is none; the text names the nearest.
    """
    from codat_mock.rules import rulebook
    from codat_mock.rules.registry import nearest

    known = {name: rule for rule in rulebook() for name in (rule.code, rule.name)}
    spelling = code.upper() if code.upper() in known else code.lower()
    if spelling in known:
        return known[spelling]
    near = nearest(code, known)
    hint = f"did you mean {near}?" if near else "'codat-mock rules' lists them all."
    raise click.BadParameter(f"there is no rule '{code}'; {hint}", param_hint="CODE")


def parts(rule: Rule, example: Example | None) -> Iterator[Part]:
    """Everything about a rule, paragraph by paragraph."""
    from codat_mock.rules.registry import filled
    from codat_scenarios.stories import STORIES

    yield "title", f"{rule.code} {rule.name} ({rule.severity})"
    yield "text", rule.statement
    yield "head", "Why"
    yield "text", sentence(f"if broken: {rule.consequence}")
    yield "text", sentence(f"source: {rule.source}")
    if example:
        yield from example_parts(example)
    yield "head", "Instead"
    yield "text", sentence(filled(rule.advice, "{companyId}", "{dataType}"))
    for name in rule.keeps:
        if name in STORIES:
            yield "text", f"As in the story {name}: {STORIES[name].text}"
    yield "head", "Settings"
    for threshold, value in rule.thresholds.items():
        yield "text", f"--rule '{rule.code}={{ {threshold} = {value:g} }}' sets it"
    yield "text", f"--rule {rule.code}=off switches it off"


def example_parts(example: Example) -> Iterator[Part]:
    """A violation, its requests and what was found."""
    from codat_mock.reports.wording import short
    from codat_scenarios.rule_docs.example import compact

    yield "head", f"Broken in the story {example.story}"
    yield "text", example.text
    before: list[str] = []
    for sent in example.requests:
        yield "request", f"{sent.at}  {sent.method} {short(sent.path)} → {sent.status}"
        is_repeat = sent.body and sent.body == before
        before = sent.body
        for line in ["the same again"] if is_repeat else sent.body:
            yield "body", f"    {line}"
    yield "head", "What was found"
    yield "text", short(example.finding["message"])
    differences = example.finding["differences"]
    for each in differences[:MAX_DIFFERENCES]:
        was, now = compact(each["old"]), compact(each["new"])
        yield "body", f"    {each['record']} {each['path']}: {was} → {now}"
    if len(differences) > MAX_DIFFERENCES:
        yield "body", f"    … {len(differences) - MAX_DIFFERENCES} more differences"


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def show(parts: list[Part]) -> None:
    """Print for a person, in colours."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    console.width = min(console.width, WIDTH)
    for style, text in parts:
        if style == "title":
            severity = text.rpartition("(")[2].rstrip(")")
            console.print(Text(text, COLOURS[severity]))
        elif style == "head":
            console.print(Text(f"\n{text}", "bold blue"))
        elif style == "request":
            console.print(Padding.indent(Text(text, "cyan"), 2))
        elif style == "body":
            indent = len(text) - len(text.lstrip())
            console.print(Padding.indent(Text(text.lstrip()), indent + 2))
        else:
            console.print(Padding.indent(Text(text), 2))
