"""The rulebook as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codat_mock.rules import Rule, rulebook
from codat_mock.rules.registry import SECTIONS, filled
from codat_scenarios.stories import STORIES

INTRODUCTION: Final = """\
# The rules

What the mock judges, generated from the rules (`python -m codat_scenarios.rule_docs
docs/rules.md`). *Guide* is the vendor's guide to pushing commerce data, *reference* the vendor's
public reference of that time, *assumed* our reading of both. `codat-mock explain S03` shows one
rule with the requests that break it.

To switch a rule off, or to change its severity or threshold, use `codat-mock.toml`,
`[tool.codat-mock.rules]` in `pyproject.toml`, `--rule S12=off`, or `PUT /_mock/rules`:

```toml
[rules]
S12 = "off"
S06 = "error"
T06 = { seconds = 5 }
```
"""


def page() -> str:
    """All rules, by section, as Markdown."""
    parts = [INTRODUCTION]
    for letter, title in SECTIONS.items():
        rules = [rule for rule in rulebook() if rule.code[0] == letter]
        parts += [f"## {title}\n", "\n".join(table(rules)), ""]
        parts += ["\n".join(entry(rule)) for rule in rules]
    return "\n".join(parts)


def table(rules: list[Rule]) -> Iterator[str]:
    """The rules of a section, a row each."""
    yield "| rule | severity | statement |"
    yield "|---|---|---|"
    for rule in rules:
        statement = rule.statement.partition(". ")[0].removesuffix(".")
        yield f"| [{rule.code}](#{anchor(rule)}) {rule.name} | {rule.severity} | {statement} |"


def anchor(rule: Rule) -> str:
    """The anchor of a rule on the page."""
    return f"{rule.code.lower()}-{rule.name}"


def entry(rule: Rule) -> Iterator[str]:
    """Everything about a rule."""
    yield f"### {rule.code} {rule.name}\n"
    yield f"{rule.statement}\n"
    origin = "assumed" if rule.source == "assumed" else f"from the {rule.source}"
    yield f"- **{rule.severity.capitalize()}**, {origin}."
    yield f"- If broken: {rule.consequence}."
    yield f"- Instead: {filled(rule.advice, '{companyId}', '{dataType}')}."
    for name, value in rule.thresholds.items():
        yield f"- Setting: `{rule.code} = {{ {name} = {value:g} }}`."
    for verb, names in (("kept", rule.keeps), ("broken", rule.breaks)):
        for name in names:
            yield f"- `{name}` ({verb}): {STORIES[name].text}"
    yield ""
