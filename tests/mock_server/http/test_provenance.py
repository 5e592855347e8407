"""What is known and what is assumed: the command and the page."""

from __future__ import annotations

import json
import re

import pytest
import vendor_schemas
from click.testing import CliRunner

from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.cli.main import main
from codat_mock.http.app import create_app
from codat_mock.http.operations import OPERATIONS
from codat_mock.http.provenance import BEHAVIOURS


def test_the_command_tells_every_operation_and_behaviour() -> None:
    shown = CliRunner().invoke(main, ["limits"])
    assert shown.exit_code == 0
    lines = [line.split("\t") for line in shown.output.splitlines()]
    assert len(lines) == len(OPERATIONS) + len(BEHAVIOURS)
    assert {line[1] for line in lines} == {"guide", "reference", "assumed"}
    assert {len(line) for line in lines} == {5}
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


SECTION = re.compile(
    r"assumed|(guide, (steps? \d( and \d)*|rules for (sending|updating|deleting) data|, | and )+"
    r"|contract 1 (§[1-8](, )?)+|contract 2 (§[A-I]\d*(-[A-I]\d+)?(, )?)+)"
)


def test_each_operation_and_behaviour_names_the_section_it_follows_or_is_assumed() -> None:
    answered = create_app().test_client().get("/_mock/limits").get_json()
    for part in answered.values():
        for each in part:
            for section in each["section"].split("; "):
                assert SECTION.fullmatch(section), each
            first = each["section"].split()[0].rstrip(",")
            assert each["source"] == {"contract": "reference"}.get(first, first)
    # Every operation of the API is known from somewhere; only behaviours are assumed as a whole.
    known = [f"{each['method']} {each['path']}" for each in answered["operations"]]
    assert sorted(known) == sorted(vendor_schemas.ANSWERS)
    assert {each["source"] for each in answered["operations"]} == {"guide", "reference"}


def test_every_contradiction_of_the_documents_is_listed() -> None:
    limits = create_app().test_client().get("/_mock/limits").get_json()
    contradicted = [
        each["contradicted"] for part in limits.values() for each in part if each["contradicted"]
    ]
    # Contract part 2, section I, one word of each line.
    for words in (
        "`end`", "one object", "overlap error", "de-authorise", "need enabled: true",
        "UTC by its name", "camel case", "documentation of the beta shows a platform",
        "other numbers in statusCode", "adjustment",
        # Sections A, B and E.
        "requires page", "has no redirectUrl", "integrationKey", "dataProvidedBy", "dataType",
        "PlatformCommerce", "canBeRetried 'Unknown'", "backdated", "time zone to the start date",
        "Bank Nominal", "prepaidPayment", "PATCH until POST", "plain texts", "partnercommerce/xero",
        "in place of enabled", "on request",
    ):  # fmt: skip
        assert any(words in each for each in contradicted), words


def test_every_sync_code_is_listed_with_what_leads_to_it() -> None:
    stated = [each.statement for each in BEHAVIOURS if each.subject == "Sync status codes"]
    assert [int(each.split()[0]) for each in stated] == list(SYNC_CODES)
    for each in stated:
        assert "planned as" in each or each[:4] in ("1000", "1010", "2040")
