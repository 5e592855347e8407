"""The rulebook as documentation: an example of a violation for each rule, and a page of all.

`python -m codat_scenarios.rule_docs docs/rules.md` writes the page.
"""

from codat_scenarios.rule_docs.example import Example, Sent, example_of
from codat_scenarios.rule_docs.page import page

__all__ = ["Example", "Sent", "example_of", "page"]
