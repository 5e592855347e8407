"""Settings of rules: off, severities, thresholds, from files, flags and over HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from codat_mock.http.app import create_app
from codat_mock.http.operations import OPERATIONS
from codat_mock.rule_config import read_rule_settings
from codat_mock.rules import Rule, rulebook
from codat_mock.rules.registry import describe, nearest
from codat_mock.rules.rule_settings import BadRuleSetting, describe_setting, read_settings
from codat_mock.sandbox import SandboxRegistry, Settings

ORDERS = "commerce-orders"
ORDER = {"id": "o", "totalAmount": 1, "createdDate": "2022-03-21T08:00:00Z"}


def test_a_setting_is_shown_as_written():
    written = {
        "S03": "off",
        "S06": {"severity": "error"},
        "S09": {"severity": "info", "minutes": 30.0},
    }
    assert {each.code: describe_setting(each) for each in read_settings(written)} == written


@pytest.mark.parametrize(
    ("written", "key", "message"),
    [
        ({"S99": "off"}, "S99", "There is no rule 'S99'"),
        ({"s03": "off"}, "s03", "did you mean S03?"),
        ({"S03": "of"}, "S03.severity", "one of off, error, warning, info"),
        ({"S03": None}, "S03.severity", "not None"),
        ({"S03": {"seconds": 1}}, "S03.seconds", "known: severity."),
        ({"T06": {"minutes": 1}}, "T06.minutes", "known: severity, seconds."),
        ({"T06": {"seconds": -1}}, "T06.seconds", "from 0 to"),
        ({"T06": {"seconds": "x"}}, "T06.seconds", "must be a number"),
        ({"T06": {"seconds": True}}, "T06.seconds", "must be a number"),
        ({"T06": {"seconds": float("nan")}}, "T06.seconds", "must be a number"),
        ({"S09": {"minutes": 1e300}}, "S09.minutes", "from 0 to 1000000000"),
        ({"S07": {"records": 10**400}}, "S07.records", "from 0 to 1000000000"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(written, key, message):
    with pytest.raises(BadRuleSetting, match=re.escape(message)) as refused:
        read_settings(written)
    assert refused.value.key == key


class TestFiles:
    @pytest.fixture(autouse=True)
    def here(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

    def test_without_a_file_there_are_no_settings(self):
        assert read_rule_settings(None, []) == {}

    def test_codat_mock_toml_takes_precedence_over_pyproject_toml(self):
        Path("pyproject.toml").write_text('[tool.codat-mock.rules]\nS03 = "off"\n')
        assert read_rule_settings(None, [])["S03"].is_off
        Path("codat-mock.toml").write_text('[rules]\nS03 = "info"\n')
        assert read_rule_settings(None, [])["S03"].severity == "info"

    def test_a_pyproject_without_the_table_has_no_settings(self):
        Path("pyproject.toml").write_text('[project]\nname = "x"\n')
        assert read_rule_settings(None, []) == {}

    def test_a_flag_takes_precedence_over_the_file_for_its_rule_alone(self):
        path = Path("other.toml")
        path.write_text('[rules]\nS03 = "off"\nT06 = { seconds = 5 }\n')
        chosen = read_rule_settings(path, ["S03=warning", "S09.minutes=30", "S09.severity=error"])
        assert chosen["S03"].severity == "warning"
        assert chosen["T06"].thresholds == {"seconds": 5}
        assert (chosen["S09"].thresholds, chosen["S09"].severity) == ({"minutes": 30}, "error")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[rules", "Cannot read codat-mock.toml"),
            ("[rule]\n", "codat-mock.toml: unknown setting 'rule'; known: rules, serve, check"),
            ("rules = 1\n", "codat-mock.toml: rules must be a table"),
            ('[rules]\nS99 = "off"\n', "codat-mock.toml: rules.S99: There is no rule 'S99'"),
            ("[rules]\nT06 = { x = 1 }\n", "codat-mock.toml: rules.T06.x: Rule T06 has no setting"),
        ],
    )
    def test_an_error_in_a_file_names_its_place(self, text, message):
        Path("codat-mock.toml").write_text(text)
        with pytest.raises(click.UsageError, match=re.escape(message)):
            read_rule_settings(None, [])

    @pytest.mark.parametrize("text", ["tool.codat-mock = 1\n", 'tool.codat-mock = "x"\n'])
    def test_a_table_of_the_wrong_type_is_an_error(self, text):
        Path("pyproject.toml").write_text(text)
        with pytest.raises(click.UsageError, match=r"tool\.codat-mock must be a table"):
            read_rule_settings(None, [])

    @pytest.mark.parametrize("flag", ["S03", "S99=off", "T06.seconds=soon"])
    def test_an_error_in_a_flag_names_it(self, flag):
        with pytest.raises(click.UsageError, match=flag.partition("=")[0].partition(".")[0]):
            read_rule_settings(None, [flag])


def codes(driver):
    return {each["code"]: each["severity"] for each in driver.findings()["findings"]}


def test_a_rule_that_is_off_is_neither_found_nor_exercised(driver):
    driver.call("PUT", "/_mock/rules", {"rules": {"S03": "off"}})
    for _ in range(2):
        driver.push(ORDERS, [ORDER])
    seen = driver.findings()
    assert "S03" not in codes(driver)
    assert "S03" not in seen["exercised"] + seen["notExercised"]


def test_a_severity_and_a_threshold_take_effect(driver):
    chosen = {"S03": "info", "S07": {"records": 2}}
    assert driver.call("PUT", "/_mock/rules", {"rules": chosen}) == {
        "rules": {"S03": {"severity": "info"}, "S07": {"records": 2.0}}
    }
    for _ in range(2):
        driver.push(ORDERS, [ORDER, {"id": "p"}])
    assert {"S03": "info", "S07": "warning"}.items() <= codes(driver).items()


def test_a_threshold_may_be_a_fraction(http):
    answer = http.put("/_mock/rules", content='{"rules": {"T06": {"seconds": 0.5}}}')
    assert answer.json() == {"rules": {"T06": {"seconds": 0.5}}}


def test_settings_belong_to_a_sandbox_and_end_with_its_reset(http, driver):
    driver.call("PUT", "/_mock/rules", {"rules": {"S03": "off"}})
    other = {"X-Test-Id": "other"}
    assert http.get("/_mock/rules/chosen", headers=other).json() == {"rules": {}}
    driver.call("POST", "/_mock/reset")
    assert driver.call("GET", "/_mock/rules/chosen") == {"rules": {}}


def test_a_sandbox_s_settings_replace_the_server_s_rule_by_rule():
    settings = Settings(rules={each.code: each for each in read_settings({"S03": "off"})})
    http = create_app(SandboxRegistry(settings)).test_client()
    assert http.get("/_mock/rules/chosen", headers={"X-Test-Id": "a"}).json == {
        "rules": {"S03": "off"}
    }
    body = {"rules": {"S03": "error", "S04": "off"}}
    http.put("/_mock/rules", headers={"X-Test-Id": "a"}, json=body)
    assert http.get("/_mock/rules/chosen", headers={"X-Test-Id": "a"}).json == {
        "rules": {"S03": {"severity": "error"}, "S04": "off"}
    }


def test_a_refused_setting_names_its_path_and_changes_nothing(http, driver):
    body = {"rules": {"S03": "off", "T06": {"minutes": 1}}}
    answer = http.put("/_mock/rules", json=body)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "$.rules.T06.minutes"
    assert driver.call("GET", "/_mock/rules/chosen") == {"rules": {}}


# The call is the finding's own request, sent later or with the key.
SAME_CALL = {"T01", "T03", "T04", "T05"}
NO_CALL = {"U02"}  # the correction is made by hand


@pytest.mark.parametrize("rule", rulebook(), ids=lambda rule: rule.code)
def test_advice_names_the_call_to_make(rule: Rule):
    assert rule.code in SAME_CALL | NO_CALL or re.search("(GET|POST) /", describe(rule).advice)


@pytest.mark.parametrize("rule", rulebook(), ids=lambda rule: rule.code)
def test_advice_names_existing_calls(http, rule: Rule):
    known = {(each.method, each.path) for each in OPERATIONS.values()}
    for data_type in ("commerce-orders", "{dataType}"):
        advice = describe(rule).advice.replace("{dataType}", data_type)
        for method, path in re.findall(r"(GET|POST|PUT|PATCH) (/[^\s,;]+)", advice):
            if path.startswith("/_mock/"):
                assert http.request(method, path).status_code != 404
                continue
            concrete = path.replace("{dataType}", "commerce-orders").rstrip(".")
            assert (method, concrete) in known, rule.code


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("S3", "S03"), ("s-03", "S03"), (" s003 ", "S03"), ("S14", "S14"), ("X03", "S03"),
        ("s03x", "S03"), ("only-new", None), ("", None),
    ],
)  # fmt: skip
def test_the_code_that_is_nearest_to_what_was_given(given: str, expected: str | None) -> None:
    assert nearest(given, ["S03", "S14", "U02"]) == expected
    assert nearest("ONLY-NEW", ["only-new-or-changed", "whole-object"]) == "only-new-or-changed"
