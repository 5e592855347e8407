"""`codat-mock alert`, against a running server."""

from __future__ import annotations

import shlex

import pytest
from click.testing import CliRunner
from webhook_receiver import add_rule, push, settle

from codat_mock.cli.alert import EXAMPLES
from codat_mock.cli.main import main


@pytest.fixture
def run(live):
    """Run the command in the sandbox that `live` has; gives its code and what it prints."""

    def run(*arguments):
        options = ["--url", str(live.base_url), "--api-key", "test-key"]
        ran = CliRunner().invoke(main, ["alert", *arguments, *options])
        return ran.exit_code, ran.output

    return run


def test_rules_are_added_listed_and_removed(run, receiver):
    assert run("list") == (0, "No alert rules.\n")
    code, added = run("add", "data sync COMPLETED", receiver.url, "--copies", "2")
    assert code == 0
    rule_id, *rest = added.split()
    assert " ".join(rest) == f"Data sync completed -> {receiver.url} copies=2"
    assert run("list") == (0, added)
    assert run("remove", rule_id[:5]) == (0, "No alert rules.\n")


def test_the_log_shows_every_delivery_and_an_alert_can_be_resent(run, live, company, receiver):
    assert run("log") == (0, "No alerts yet.\n")
    receiver.answers = [(503, {}), (404, {}), (200, {})]
    add_rule(live, receiver)
    push(live, company)
    [alert] = settle(live, seconds=8)
    line = (
        f"{alert['alertId']} {{}}:"
        f" Data sync of type commerce-orders completed for company {company}\n"
    )
    first = "  2022-03-21T08:00:07.7788Z 503\n"
    assert run("log")[1] == (
        f"{line.format('pending')}{first}  2022-03-21T08:00:22.7788Z next attempt\n"
    )
    settle(live, minutes=2)
    second = "  2022-03-21T08:00:22.7788Z 404\n"
    assert run("log")[1] == f"{line.format('failed')}{first}{second}"
    assert run("resend", alert["alertId"][:5])[0] == 0
    settle(live)
    assert run("log")[1].endswith(f"{second}  2022-03-21T08:02:08Z 200\n")


def test_wrong_usage_is_reported_in_one_line(run, live, receiver):
    assert run("add", "Data sync complete", receiver.url)[0] == 2
    code, output = run("add", "Data sync completed", "http://example.com/")
    assert (code, "allows by --alert-host" in output) == (2, True)
    code, output = run("remove", "none")
    assert (code, output) == (2, "main alert remove: No id starts with 'none'.\n")
    add_rule(live, receiver)
    add_rule(live, receiver)
    assert run("remove", "")[1] == "main alert remove: '' is ambiguous: 2 ids start with it.\n"


@pytest.mark.parametrize(
    "line",
    [line for line in EXAMPLES.replace("\\\n", " ").splitlines() if " alert add " in line],
)
def test_every_example_of_adding_works(run, line):
    code, output = run(*shlex.split(line)[2:])
    assert code == 0, output
