"""Verdicts of the http prober on headers and body, and values read out of the body."""

from typing import Any

import orjson

from blackbox.cel import CelError, Program
from blackbox.config import Extract, HeaderMatch
from blackbox.failures import Reason
from blackbox.probe import Probe
from blackbox.wire.http1 import Response


def check_headers(probe: Probe, response: Response) -> None:
    """Fail the probe when a header matches that must not, or does not match that must."""
    options = probe.module.http
    for rule in options.fail_if_header_matches:
        if _header_matches(rule, response):
            _fail(probe, Reason.HEADER, f"header {rule.header} matched {rule.regexp} or is missing")
    for rule in options.fail_if_header_not_matches:
        values = response.all(rule.header)
        if not values and rule.allow_missing:
            continue
        if not any(rule.regexp.search(value) for value in values):
            _fail(probe, Reason.HEADER, f"header {rule.header} did not match {rule.regexp}")


def _header_matches(rule: HeaderMatch, response: Response) -> bool:
    """A missing header counts as a match unless it is allowed to be missing."""
    values = response.all(rule.header)
    if not values:
        return not rule.allow_missing
    return any(rule.regexp.search(value) for value in values)


def check_body(probe: Probe, body: bytes) -> None:
    """Fail the probe when the body matches what it must not, or does not match what it must."""
    options = probe.module.http
    for pattern in options.fail_if_body_matches_regexp:
        if pattern.search(body):
            _fail(probe, Reason.BODY, f"the body matched {pattern}")
            return
    for pattern in options.fail_if_body_not_matches_regexp:
        if not pattern.search(body):
            _fail(probe, Reason.BODY, f"the body did not match {pattern}")
            return


def check_cel(probe: Probe, body: bytes) -> None:
    """Fail the probe when the body as JSON does not fulfil the module's CEL expressions."""
    options = probe.module.http
    rules = ((options.fail_if_body_json_matches_cel, True), (options.fail_if_body_json_not_matches_cel, False))
    for program, bad in rules:
        if program is not None and (problem := _cel_problem(program, body, bad)):
            probe.page.set("probe_failed_due_to_cel", 1)
            probe.fail(Reason.BODY, problem)
            return


def _cel_problem(program: Program, body: bytes, bad: bool) -> str:
    try:
        result = program.evaluate(orjson.loads(body))
    except CelError as error:
        return f"cannot evaluate {program}: {error}"
    except ValueError as error:
        return f"the body is no JSON: {error}"
    if not isinstance(result, bool):
        return f"{program} is no boolean"
    return f"the body {'matched' if bad else 'did not match'} {program}" if result is bad else ""


def _fail(probe: Probe, reason: Reason, message: str) -> None:
    probe.page.set("probe_failed_due_to_regex", 1)
    probe.fail(reason, message)


def extract_values(probe: Probe, body: bytes) -> None:
    """Set `probe_extracted_value` for each extraction that finds a number; a miss is told in the probe's log."""
    document: Any = None
    for wanted in probe.module.http.extract:
        try:
            if wanted.json_path is not None and document is None:
                document = orjson.loads(body)
            probe.page.set("probe_extracted_value", float(_found(wanted, body, document)), name=wanted.name)
        except (ValueError, LookupError, TypeError) as error:
            probe.log("warn", "Nothing to extract", extraction=wanted.name, err=str(error))


def _found(wanted: Extract, body: bytes, document: Any) -> Any:
    if wanted.json_path is not None:
        return wanted.json_path.find(document)
    assert wanted.regexp is not None
    match = wanted.regexp.search(body)
    if match is None:
        raise LookupError("the pattern does not match")
    return match.group(1 if match.re.groups else 0)
