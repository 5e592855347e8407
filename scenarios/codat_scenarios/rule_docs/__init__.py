"""The rulebook for people: each rule with an example of a breach, and all of them as a page.

`python -m codat_scenarios.rule_docs docs/rules.md` writes the page anew.
"""

from codat_scenarios.rule_docs.example import Example, Sent, example_of
from codat_scenarios.rule_docs.page import page

__all__ = ["Example", "Sent", "example_of", "page"]
