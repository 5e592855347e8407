"""Reports of a run, each read back by a consumer of its kind, whatever the records are called."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import fromstring

import html5lib
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from sample_runs import RULES, finding_with, run_with

from codat_mock.accounting.comparison import Compared
from codat_mock.models.decoding import decoder
from codat_mock.reports.formats import FORMATS
from codat_mock.reports.run import (
    CommandEnd,
    Expected,
    ReportedCompany,
    ReportedComparison,
    ReportedDataset,
    ReportedDocument,
    ReportedSync,
    Run,
    as_expected,
)
from codat_mock.reports.wording import MAX_FINDINGS, detail
from codat_mock.rules.contexts import Request
from codat_mock.rules.judge import Difference, Finding, verdict_on
from codat_mock.sandbox.books_view import MissedRecord

CODES = [rule.code for rule in RULES]
TYPES = ["commerce-orders", "commerce-payments", "commerce-transactions"]
NASTY = [
    "<script>alert(1)</script>", "'\"><svg onload=x>", "a|b", "`x` *y* _z_ [a](b)", "\\|", "]]>",
    "&amp; &lt;", "\x00\x0b\x1b", "\r\n::error::x", "%0A", "{{ 7 * 7 }}", "￾￿", "a,b:c",
    "| # - 1. 2)", "<!-- -->", "</details>", "\x85\u2028",
]  # fmt: skip
DAY = "2022-03-21T"
moments = st.integers(0, 86_399).map(
    lambda s: f"{DAY}{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z"
)
texts = st.text(max_size=12) | st.sampled_from(NASTY)
values = st.none() | st.booleans() | st.integers(-9, 9) | texts | st.lists(texts, max_size=2)
amounts = st.none() | st.decimals(-99, 99, places=2)
callers = st.just("") | texts | st.sampled_from(["src/a b.py:7", "./x.rb:1", "/srv/sync.js:42"])
requests = st.builds(
    Request, st.integers(1, 99), moments, st.just("POST"), texts.map("/data/".__add__), callers
)
differences = st.builds(Difference, record=texts, path=texts, old=values, new=values)
findings = st.builds(
    Finding,
    code=st.sampled_from([*CODES, "X99"]),
    name=texts,
    severity=st.sampled_from(["error", "warning", "info"]),
    company_id=st.sampled_from(["company", ""]),
    data_type=st.sampled_from([*TYPES, ""]),
    count=st.integers(1, 30),
    records=st.lists(texts, max_size=3),
    requests=st.lists(requests, max_size=2),
    differences=st.lists(differences, max_size=2),
    message=texts.map(lambda text: f"Broken: {text}."),
    advice=texts.map(lambda text: f"Mend {text}."),
    source=texts,
)
compared = st.builds(
    Compared,
    data_type=st.sampled_from(TYPES),
    key=texts,
    currency=st.none() | st.just("GBP"),
    declared=amounts,
    booked=amounts,
    times=st.integers(0, 3),
    documents=st.lists(texts, max_size=2),
)
several = st.lists(compared, max_size=2)
companies = st.builds(
    ReportedCompany,
    id=st.just("company"),
    name=texts,
    platform=st.none() | texts,
    datasets=st.lists(
        st.builds(
            ReportedDataset,
            id=st.just("dataset"),
            data_type=st.sampled_from(TYPES),
            requested=moments,
            completed=st.none() | st.just("2022-03-22T03:00:00Z"),
            status=st.sampled_from(["Complete", "MapError", "Queued"]),
            error=texts,
        ),
        max_size=3,
    ),
    syncs=st.lists(
        st.builds(
            ReportedSync,
            id=st.just("sync"),
            at=moments,
            start=moments,
            finish=moments,
            code=st.sampled_from([2000, 4000]),
            status=texts,
            error=texts,
        ),
        max_size=2,
    ),
    documents=st.lists(
        st.builds(
            ReportedDocument,
            number=texts,
            kind=st.just("Invoice"),
            date=st.just("2022-03-21"),
            contact=texts,
            status=st.just("Paid"),
            currency=st.just("GBP"),
            total=st.decimals(0, 99, places=2),
        ),
        max_size=2,
    ),
    missed=st.lists(
        st.builds(
            MissedRecord,
            data_type=st.sampled_from(TYPES),
            key=texts,
            created_date=st.none(),
            date=st.none(),
            amount=st.decimals(-99, 99, places=2),
            currency=st.sampled_from(["GBP", ""]),
            reason=texts,
        ),
        max_size=2,
    ),
    comparison=st.none()
    | st.builds(
        ReportedComparison,
        agreeing=st.integers(0, 9),
        doubled=several,
        missing=several,
        stale=several,
        surplus=several,
    ),
)
commands = st.builds(
    CommandEnd,
    line=texts,
    ending=st.sampled_from(["exited", "killed", "timed-out"]),
    code=st.sampled_from([0, 1, 9]),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    found = draw(st.lists(findings, max_size=4))
    exercised = {*draw(st.sets(st.sampled_from(CODES))), *(each.code for each in found)}
    expected = [as_expected(each) for each in found if draw(st.booleans())]
    if draw(st.booleans()):
        expected.append(Expected("S03", "commerce-orders", ("gone",)))
    return Run(
        now="2022-03-22T04:00:00Z",
        judgement=verdict_on(found, exercised),
        rules=RULES,
        companies=draw(st.lists(companies, max_size=1)),
        failures=draw(st.lists(texts, max_size=2)),
        fail_on=draw(st.sampled_from(["error", "warning", "info", "never"])),
        expected=expected,
        command=draw(st.none() | commands),
        root="/srv",
        complaints=draw(st.lists(texts, max_size=2)),
        notes=draw(st.lists(texts, max_size=2)),
    )


def written(run: Run, form: str) -> str:
    return FORMATS[form].write(run).decode()


def squeezed(text: str) -> str:
    """What is left of a text in any report: letters without controls, spaces joined."""
    return " ".join(re.sub(r"[^\w <>&|]", " ", text).split())


@given(runs())
def test_junit_has_a_case_for_each_rule(run: Run) -> None:
    suites = JUnitXml.fromstring(FORMATS["junit"].write(run))
    [suite] = suites
    cases = {(case.classname, case.name): case.result for case in suite}
    failing = {finding.code for finding in run.failing}
    for rule in RULES:
        result = cases["codat-mock.rules", f"{rule.code} {rule.name}"]
        has_failed = any(isinstance(each, Failure) for each in result)
        assert has_failed is (rule.code in failing)
        is_skipped = any(isinstance(each, Skipped) for each in result)
        assert is_skipped is (rule.code in run.judgement.not_exercised)
    kinds = [type(each) for case in suite for each in case.result]
    rules = {*CODES, *(finding.code for finding in run.judgement.findings)}
    others = 1 + bool(run.command) + bool(run.complaints) + len(run.stale)
    assert suite.tests == len(list(suite)) == len(rules) + others
    assert suite.failures == kinds.count(Failure)
    assert suite.errors == kinds.count(Error)
    assert suite.skipped == kinds.count(Skipped)


@given(runs())
def test_sarif_is_valid_and_every_result_has_a_location(run: Run) -> None:
    Sarif.model_validate_json(FORMATS["sarif"].write(run))
    [sarif_run] = msgspec.json.decode(FORMATS["sarif"].write(run))["runs"]
    known = [rule["id"] for rule in sarif_run["tool"]["driver"]["rules"]]
    found = [*run.judgement.findings, *run.complaints]
    for result, each in zip(sarif_run["results"], found, strict=True):
        [place] = result["locations"]
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert uri
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        assert "ruleIndex" not in result or known[result["ruleIndex"]] == result["ruleId"]
        if isinstance(each, Finding):
            assert result["ruleId"] == each.code
            assert ("suppressions" in result) is run.is_tolerated(each)
        else:
            assert result["message"]["text"] == each


def annotations(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands in a log, by the runner's own rules."""
    found = []
    for line in text.split("\n"):
        if command := re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line, re.S):
            properties = dict(part.split("=", 1) for part in command[2].split(","))
            decoded = {name: decoded_value(value) for name, value in properties.items()}
            found.append((command[1], decoded, decoded_value(command[3])))
    return found


def decoded_value(text: str) -> str:
    for code, letter in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


@given(runs())
def test_github_has_an_annotation_for_each_finding(run: Run) -> None:
    text = written(run, "github")
    read = annotations(text)
    assert len(read) == text.count("\n")
    for (kind, properties, message), finding in zip(read, run.judgement.findings, strict=False):
        severe = {"error": "error", "warning": "warning", "info": "notice"}[finding.severity]
        assert kind == ("notice" if run.is_tolerated(finding) else severe)
        more = f"Read more: codat-mock explain {finding.code}"
        assert message == f"{finding.message}\n{finding.advice}\n{more}"
        assert properties["title"] == f"{finding.code} {finding.name}"
        assert ("file" in properties) is ("line" in properties)
        assert int(properties.get("line", 1)) >= 1


@pytest.mark.parametrize("form", ["junit", "sarif", "html", "markdown", "github"])
@settings(max_examples=20)
@given(run=runs())
def test_each_finding_says_how_to_read_more(form: str, run: Run) -> None:
    text = written(run, form)
    for finding in run.judgement.findings[:MAX_FINDINGS]:
        assert f"codat-mock explain {finding.code}" in text


@pytest.mark.parametrize(
    ("records", "shown"),
    [(["request 4", "request 7"], "Requests: 4, 7"), (["A-1", "request 7"], "Records: A-1, "),
     ([], "Records: ")],
)  # fmt: skip
def test_requests_are_listed_as_requests(records: list[str], shown: str) -> None:
    finding = Finding(
        code="S05", name="", severity="error", company_id="", data_type="", count=len(records),
        records=records, requests=[], differences=[], message="", advice="", source="",
    )  # fmt: skip
    assert shown in detail(finding)


def elements(page: Any) -> set[str]:
    return {each.tag for each in page.iter() if isinstance(each.tag, str)}


@settings(max_examples=50)
@given(runs())
def test_the_page_is_strict_html_with_everything_escaped(run: Run) -> None:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = parser.parse(FORMATS["html"].write(run))
    assert elements(page).isdisjoint({"script", "iframe", "img", "object", "form"})
    for each in page.iter():
        for name, value in each.attrib.items():
            assert not str(name).startswith("on")
            assert name not in ("href", "src") or value == "data:,"
    shown = squeezed("".join(page.itertext()))
    for finding in run.judgement.findings:
        assert squeezed(finding.message) in shown
        assert squeezed(finding.advice) in shown


SUMMARY = MarkdownIt("commonmark").enable("table")
OWN = {
    "html", "head", "body", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary",
}  # fmt: skip


@given(runs())
def test_markdown_has_a_row_for_each_finding_with_everything_escaped(run: Run) -> None:
    rendered = SUMMARY.render(written(run, "markdown"))
    page = html5lib.parse(rendered, namespaceHTMLElements=False)
    assert elements(page) <= OWN
    rows = [list(row) for row in page.iter("tr")][1:]
    assert [len(row) for row in rows] == [5] * len(run.judgement.findings)
    for row, finding in zip(rows, run.judgement.findings, strict=True):
        assert squeezed("".join(row[4].itertext())) == squeezed(finding.message)


@given(runs())
def test_the_json_is_the_run_itself(run: Run) -> None:
    assert decoder(Run)(FORMATS["json"].write(run)) == run


@given(runs(), st.sampled_from(sorted(FORMATS)))
def test_the_same_run_gives_the_same_bytes(run: Run, form: str) -> None:
    run = decoder(Run)(FORMATS["json"].write(run))  # which makes no difference between 5 and 5.0
    again = decoder(Run)(FORMATS["json"].write(run))
    assert FORMATS[form].write(run) == FORMATS[form].write(again)


def test_the_identity_of_a_finding_ignores_time_company_and_order() -> None:
    known = as_expected(finding_with())
    other = finding_with(company_id="other", requests=[], count=40, records=["A-2", "A-1"])
    assert known.matches(other)
    assert as_expected(other) == known
    prints = {fingerprint_of(run_with(each)) for each in (finding_with(), other)}
    assert len(prints) == 1


@pytest.mark.parametrize(
    "changed", [{"code": "S04"}, {"data_type": "commerce-payments"}, {"records": ["A-1"]}]
)
def test_another_rule_type_or_record_is_another_finding(changed: dict[str, Any]) -> None:
    assert not as_expected(finding_with()).matches(finding_with(**changed))
    assert fingerprint_of(run_with(finding_with())) != fingerprint_of(
        run_with(finding_with(**changed))
    )


def test_an_entry_without_records_matches_any_records() -> None:
    loose = Expected("S03", "commerce-orders")
    assert loose.matches(finding_with())
    assert loose.matches(finding_with(records=["Z-9"]))
    assert not loose.matches(finding_with(code="S04"))


def fingerprint_of(run: Run) -> str:
    [sarif_run] = msgspec.json.decode(FORMATS["sarif"].write(run))["runs"]
    return str(sarif_run["results"][0]["partialFingerprints"]["codatMock/v1"])


@pytest.mark.parametrize(
    ("caller", "file", "line"),
    [
        ("src/sync.py:42", "src/sync.py", 42),
        ("./sync.py:1", "sync.py", 1),
        ("{root}/src/sync.py:7", "src/sync.py", 7),
        ("src\\sync.cs:7", "src/sync.cs", 7),
        ("src/sync.py:42:5", "src/sync.py", 42),
        ("at push (file://{root}/src/sync.py:42:5)", "src/sync.py", 42),
        ("at Shop.push ({root}/src/sync.py:42:5)", "src/sync.py", 42),
        ("C:\\build\\src\\sync.cs:7:1", "src/sync.cs", 7),
        ("c:\\src\\sync.cs:7:1", "src/sync.cs", 7),
        ("/{root}/src/sync.py:9", "src/sync.py", 9),
        ("/app/in/a/container/src/sync.py:9", "src/sync.py", 9),
        ("", "codat-mock.toml", 1),
        ("sync.py", "codat-mock.toml", 1),
        ("sync.py:0", "codat-mock.toml", 1),
        ("src/gone.py:3", "codat-mock.toml", 1),
        ("../../etc/passwd:1", "codat-mock.toml", 1),
        ("a\0b:1", "codat-mock.toml", 1),
        ("x" * 290 + ":1", "codat-mock.toml", 1),
    ],
)
def test_a_finding_points_at_the_code_that_sent_the_request(
    caller: str, file: str, line: int, tmp_path: Path
) -> None:
    # Where the folder `c:` is there, the path of Windows is, as it would be on Windows.
    there = ("src/sync.py", "src/sync.cs", "c:/src/sync.cs", "sync.py", "codat-mock.toml")
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    caller = caller.replace("{root}", tmp_path.as_posix())
    sent = [
        Request(3, "2022-03-21T09:00:00Z", "POST", "/data"),
        Request(2, "2022-03-21T09:00:00Z", "POST", "/data", caller),
    ]
    run = run_with(finding_with(requests=sent), root=tmp_path.as_posix())
    [sarif_run] = msgspec.json.decode(FORMATS["sarif"].write(run))["runs"]
    place = sarif_run["results"][0]["locations"][0]["physicalLocation"]
    column = [5] if caller.rstrip(")").endswith(":42:5") else [1] if caller.endswith(":7:1") else []
    assert place["artifactLocation"] == {"uri": file}
    assert [*place["region"].values()] == [line, *column]
    assert not PurePosixPath(file).is_absolute()
    [(_, properties, _), _] = annotations(written(run, "github"))
    assert (properties["file"], properties["line"]) == (file, str(line))
    assert properties.get("col") == next(map(str, column), None)


def test_an_annotation_names_no_file_that_the_project_lacks(tmp_path: Path) -> None:
    sent = [Request(2, "2022-03-21T09:00:00Z", "POST", "/data", "src/gone.py:3")]
    run = run_with(finding_with(requests=sent), root=tmp_path.as_posix())
    [(_, properties, _), _] = annotations(written(run, "github"))
    assert properties.keys() == {"title"}


# Jenkins's xUnit, junit-10.xsd: children and attributes of each element, required ones with a "!".
XUNIT = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"!name", "!tests", "!failures", "!errors", "group", "time", "skipped", "timestamp",
         "hostname", "id", "package", "file", "log", "url"},
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"!name", "time", "classname", "group"},
    ),
    "skipped": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "failure": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}  # fmt: skip


@given(runs())
def test_junit_is_valid_for_jenkins_and_has_no_case_twice_for_gitlab(run: Run) -> None:
    root = fromstring(FORMATS["junit"].write(run))  # noqa: S314  (our own)
    assert root.tag == "testsuites"
    for element in root.iter():
        children, attributes = XUNIT[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.keys()) <= {name.removeprefix("!") for name in attributes}
        assert {name[1:] for name in attributes if name[0] == "!"} <= set(element.keys())
    cases = [(each.get("classname"), each.get("name")) for each in root.iter("testcase")]
    assert len(set(cases)) == len(cases), "GitLab reads only the first of a name"


def test_reports_for_people_limit_the_number_of_findings() -> None:
    run = run_with(*(finding_with(records=[f"A-{number}"]) for number in range(53)))
    assert written(run, "markdown").count("| ❌ |") == 50
    assert "There are 3 more findings" in written(run, "markdown")
    assert written(run, "html").count('<article class="finding">') == 53
    assert "There are" not in written(run_with(finding_with()), "markdown")


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_states_the_books(form: str) -> None:
    run = run_with()
    run.judgement.books.booked, run.judgement.books.missed = 7, 3
    text = FORMATS[form].write(run).decode()
    if form == "json":
        assert msgspec.json.decode(text)["judgement"]["books"]["missed"] == 3
    else:
        assert "7 records booked, 3 missed, 0 unreconciled, 0 surplus, 0 syncs failed" in text
