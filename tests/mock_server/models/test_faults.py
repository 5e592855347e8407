"""Kinds of faults: what each declares reaches the documentation, the command and the middleware."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from codat_mock.cli.main import main
from codat_mock.models.faults import KINDS, kinds_table, properties_of, summary_of

PAGE = Path(__file__).parents[3] / "docs/faults.md"


def test_the_page_shows_every_kind_as_it_is_declared():
    assert kinds_table() in PAGE.read_text(), f"put this into {PAGE.name}:\n\n{kinds_table()}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_property_is_described_and_in_the_command_s_help(kind):
    described = properties_of(KINDS[kind])
    assert summary_of(KINDS[kind]).endswith(".")
    shown = CliRunner().invoke(main, ["fault", "add", "--help"], env={"COLUMNS": "400"}).output
    for each in described:
        assert f"{kind}: {each.description.replace('`', '')}." in " ".join(shown.split())


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"elapse"}))
def test_every_kind_but_passing_time_does_something_to_the_request(kind):
    fault = KINDS[kind]()
    nothing = type(fault.effect(timedelta(0), Random(0)))()  # noqa: S311  (a delay)
    assert fault.effect(timedelta(seconds=5), Random(0)) != nothing  # noqa: S311


def test_time_passes_only_by_the_kind_that_says_so():
    assert [kind for kind, made in KINDS.items() if made().elapsed_seconds] == ["elapse"]
