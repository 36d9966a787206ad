"""JUnit's XML report of rule tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from collector.ruletest import FileOutcome


def junit_xml(outcomes: Sequence[FileOutcome]) -> str:
    """One `testsuite` a file, one `testcase` a test group."""
    root = ElementTree.Element("testsuites")
    stamp = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "")
    for outcome in outcomes:
        failures = sum(len(group.failures) for group in outcome.groups)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=outcome.path,
            tests=str(len(outcome.groups)),
            failures=str(failures),
            errors="1" if outcome.problem else "0",
            skipped="0",
            timestamp=stamp,
        )
        if outcome.problem:
            ElementTree.SubElement(
                ElementTree.SubElement(suite, "testcase", name="file"), "error"
            ).text = outcome.problem
        for group in outcome.groups:
            case = ElementTree.SubElement(suite, "testcase", name=group.name)
            for failure in group.failures:
                ElementTree.SubElement(case, "failure").text = failure
    return ElementTree.tostring(root, encoding="unicode")
