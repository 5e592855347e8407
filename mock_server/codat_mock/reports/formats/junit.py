"""JUnit XML: a test case for each rule, skipped if it was not exercised.

There is no standard; this is valid for Jenkins's xUnit (junit-10.xsd), and what GitLab and GitHub's
actions read. It has no times, which would differ from run to run.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from codat_mock.reports.run import Run
from codat_mock.reports.verdict import books_line, ending
from codat_mock.reports.wording import detail, legible, names
from codat_mock.rules.judge import Finding

CONTENT_TYPE = "application/xml"
SUFFIX = "xml"


def write(run: Run) -> bytes:
    """Make the report."""
    suite = Element("testsuite", name="codat-mock")
    add_service(suite, run)
    add_command(suite, run)
    add_complaints(suite, run)
    rules = {rule.code: rule.name for rule in run.rules}
    for finding in run.judgement.findings:  # a custom rule may not be installed here
        rules.setdefault(finding.code, finding.name)
    for code, name in rules.items():
        findings = list(run.of_rule(code))
        case = add_case(suite, "codat-mock.rules", f"{code} {name}")
        if findings:
            add_findings(case, run, findings)
        elif code in run.judgement.not_exercised:
            SubElement(
                case,
                "skipped",
                message="Not exercised: the traffic gave no opportunity to check this rule.",
            )
    for each in run.stale:
        case = add_case(suite, "codat-mock.expected", names(each))
        message = "This expected finding was not found: remove it from the file."
        SubElement(case, "failure", message=message, type="stale")
    suites = Element("testsuites", name="codat-mock")
    suites.append(suite)
    for element in (suites, suite):
        count(element, suite)
    del suites.attrib["skipped"]  # which Jenkins's xUnit allows on a suite only
    indent(suites)
    clean(suites)
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def add_service(suite: Element, run: Run) -> None:
    """The case of the mock: an error if it failed, a failure if nothing was pushed."""
    case = add_case(suite, "codat-mock.run", "something was observed")
    SubElement(case, "system-out").text = "\n".join([f"{books_line(run)}.", *run.notes])
    if run.failures:
        error = SubElement(case, "error", message="codat-mock itself failed", type="mock")
        error.text = "\n\n".join(run.failure_reports or run.failures)
    elif run.is_vacuous:
        SubElement(case, "failure", message="Nothing was pushed.", type="nothing-observed")


def add_complaints(suite: Element, run: Run) -> None:
    """The case of the complaints, if there are any."""
    if run.complaints:
        case = add_case(suite, "codat-mock.run", "the integration survived")
        failure = SubElement(case, "failure", message=run.complaints[0], type="complaint")
        failure.text = "\n".join(run.complaints)


def add_command(suite: Element, run: Run) -> None:
    """The case of the command under test."""
    if run.command is None:
        return
    case = add_case(suite, "codat-mock.run", "the command succeeded")
    if not run.command.is_success:
        message = f"The command {ending(run.command)}."
        SubElement(case, "error", message=message, type=run.command.ending).text = run.command.line


def add_findings(case: Element, run: Run, findings: list[Finding]) -> None:
    """The findings of one rule: failures, or output if they do not fail the run.

    Args:
        case: the test case of the rule.
        run: the run.
        findings: those of the rule.
    """
    failing = [finding for finding in findings if run.is_failing(finding)]
    if failing:
        broken = SubElement(case, "failure", message=failing[0].message, type=failing[0].severity)
        broken.text = "\n\n".join(detail(finding) for finding in failing)
    others = [finding for finding in findings if finding not in failing]
    if others:
        SubElement(case, "system-out").text = "\n\n".join(detail(each) for each in others)


def add_case(suite: Element, group: str, name: str) -> Element:
    """Add a test case.

    Args:
        suite: what it becomes a part of.
        group: its `classname`.
        name: its name.
    """
    return SubElement(suite, "testcase", classname=group, name=name)


def count(element: Element, suite: Element) -> None:
    """Set the numbers of cases and of their results on an element."""
    element.set("tests", str(len(suite)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(name, str(len(suite.findall(f"testcase/{kind}"))))


def clean(element: Element) -> None:
    """Replace characters that XML cannot hold, not even escaped."""
    for each in element.iter():
        each.text = legible(each.text) if each.text else each.text
        for name, value in each.items():
            each.set(name, legible(value))
