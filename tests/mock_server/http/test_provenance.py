"""What is known and what is assumed: the command and the page."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from codat_mock.cli.main import main
from codat_mock.http.app import create_app
from codat_mock.http.operations import OPERATIONS
from codat_mock.http.provenance import BEHAVIOURS


def test_the_command_tells_every_operation_and_behaviour() -> None:
    shown = CliRunner().invoke(main, ["limits"])
    assert shown.exit_code == 0
    lines = [line.split("\t") for line in shown.output.splitlines()]
    assert len(lines) == len(OPERATIONS) + len(BEHAVIOURS)
    assert {source for _, source, _ in lines} == {"guide", "reference", "assumed"}
    push = ["POST /data/companies/{companyId}/sync/commerce-orders", "guide"]
    assert push in [line[:2] for line in lines]


def test_as_json_it_is_what_the_control_api_answers() -> None:
    shown = CliRunner().invoke(main, ["limits", "--json"])
    answered = create_app().test_client().get("/_mock/limits")
    assert json.loads(shown.output) == answered.get_json()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
    ],
)
def test_a_browser_gets_a_page_and_a_program_json(accept: str, content_type: str) -> None:
    answer = create_app().test_client().get("/_mock/limits", headers={"Accept": accept})
    assert answer.mimetype == content_type
    assert "lastSuccessful" in answer.text
