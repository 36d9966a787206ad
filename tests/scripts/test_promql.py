"""PromQL by readable scripts: one test per expression of the files in `promql/`."""

from pathlib import Path

import pytest

from tests.support.promql_script import Case, check, parse_script

SCRIPTS = sorted((Path(__file__).parent / "promql").glob("*.test"))
CASES = [(path.stem, case) for path in SCRIPTS for case in parse_script(path.read_text())]


@pytest.mark.parametrize(
    ("script", "case"), CASES, ids=lambda value: f"{value.line}" if isinstance(value, Case) else value
)
def test_expression(script: str, case: Case) -> None:
    check(case)
