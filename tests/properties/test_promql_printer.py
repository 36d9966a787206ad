"""Printing an expression and parsing it again changes nothing."""

import pytest
from hypothesis import given

from collector.promql import Engine, Parser, QueryError
from collector.promql.parser import pretty, to_json, to_text
from collector.storage.memory import MemoryStorage
from tests.support.promql_expressions import START_MS, STEP_MS, data, expressions

PARSER = Parser()


@given(expressions())
def test_text_is_a_fixed_point(text: str) -> None:
    try:
        tree = PARSER.parse(text)
    except QueryError:
        return
    printed = to_text(tree)
    again = PARSER.parse(printed)
    assert to_text(again) == printed
    assert to_json(PARSER.parse(pretty(again))) == to_json(again)


@pytest.fixture(scope="module")
def engine() -> Engine:
    memory = MemoryStorage()
    for labels, values in data():
        memory.put(labels, [(START_MS + index * STEP_MS, value) for index, value in enumerate(values)])
    return Engine(memory)


@given(expressions(max_leaves=3))
def test_an_instant_query_is_one_step_of_a_range_query(engine: Engine, text: str) -> None:
    at = START_MS + 30 * 60_000
    if "start()" in text or "end()" in text:
        return
    try:
        instant = engine.instant(text, at)
        ranged = engine.range(text, at - 60_000, at, 60_000)
    except QueryError:
        return
    last = [row for row in range(len(ranged)) if ranged.present[row, -1]]
    assert sorted(map(str, (ranged.labels.labels(row) for row in last))) == sorted(
        str(instant.labels.labels(row)) for row in range(len(instant))
    )
