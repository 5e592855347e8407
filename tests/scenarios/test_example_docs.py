from __future__ import annotations

from pathlib import Path

from codat_scenarios.example_docs import page

PAGE = Path(__file__).parents[2] / "docs" / "examples.md"


def test_the_page_of_examples_is_current():
    """Write it with `python -m codat_scenarios.example_docs docs/examples.md`."""
    assert PAGE.read_text(encoding="utf-8") == page()
