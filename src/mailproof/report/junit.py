"""JUnit's XML, as continuous integration reads it: a suite for each endpoint, a case for each answer.

The form is that of Apache Ant's `junitreport` and of the schema that Jenkins, GitLab and GitHub's readers agree on.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from mailproof.model.escape import printable
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Severity
from mailproof.model.report import Judged, Report
from mailproof.report.proof import shown_lines

_SERVER = "server"
"""The suite of what belongs to no single endpoint."""


def render(report: Report, fail_on: Severity = Severity.FAIL) -> str:
    """The report as XML in English, with a final newline; what a server said is escaped, so that any bytes are XML.

    A finding at or above `fail_on` is a failure; one below it, and what passed, is a case with its proof; what could
    not be told is skipped, with the reason.
    """
    suites = _suites(report)
    for item in report.findings:
        for place in item.endpoints or (_SERVER,):
            _finding(_suite(suites, place), item, fail_on)
    for passed in report.passed:
        case = _case(_suite(suites, passed.endpoint or _SERVER), passed.name)
        _text(case, "system-out", _proof(passed.evidence))
    for untold in report.not_tested:
        case = _case(_suite(suites, untold.endpoint or _SERVER), untold.what)
        ET.SubElement(case, "skipped", message=printable(untold.why))
    # The strictest schema in use (junit-10.xsd) knows neither a moment nor skipped cases of the whole.
    root = ET.Element("testsuites", name="mailproof", time=f"{report.seconds:.3f}")
    root.extend(suite for suite in suites.values() if len(suite))
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        element.set("tests", str(len(cases)))
        element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
        element.set("errors", "0")
        if element is not root:
            element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suites(report: Report) -> dict[str, ET.Element]:
    suites: dict[str, ET.Element] = {}
    for place in report.endpoints:
        suite = suites.get(place.url)
        seconds = sum(step.seconds for step in place.steps)
        if suite is None:
            suite = suites[place.url] = _new_suite(place.url, report)
            suite.set("hostname", printable(place.address))
        else:  # another address of the same name
            seconds += float(suite.get("time", "0"))
            suite.set("hostname", f"{suite.get('hostname')} {printable(place.address)}")
        suite.set("time", f"{seconds:.3f}")
    suites[_SERVER] = _new_suite(_SERVER, report)
    return suites


def _suite(suites: dict[str, ET.Element], place: str) -> ET.Element:
    """The suite of an endpoint; one that was never reached has none of its own."""
    return suites.get(place, suites[_SERVER])


def _new_suite(name: str, report: Report) -> ET.Element:
    return ET.Element("testsuite", name=printable(name), time="0.000", timestamp=_moment(report))


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", name=printable(name), classname=suite.get("name", ""), time="0.000")


def _finding(suite: ET.Element, item: Judged, fail_on: Severity) -> None:
    case = _case(suite, item.name)
    told = printable(item.message)
    if item.explained_by:
        told += f" (explained by {', '.join(item.explained_by)})"
    proof = _proof(item.evidence)
    grave = item.severity is Severity.FAIL or (item.severity is Severity.WARN and fail_on is Severity.WARN)
    if grave:
        failure = ET.SubElement(case, "failure", message=told, type=str(item.severity))
        failure.text = f"{proof}\nmailproof explain {item.name}"
    else:
        _text(case, "system-out", f"{item.severity}: {told}\n{proof}")


def _text(case: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(case, tag).text = text


def _proof(evidence: tuple[Evidence, ...]) -> str:
    return "\n".join(map(printable, shown_lines(evidence, verbose=False)))


def _moment(report: Report) -> str:
    """ISO 8601 without a zone, which the schema does not know; it is UTC."""
    return report.started.removesuffix("Z")
