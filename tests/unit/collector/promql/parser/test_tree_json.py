from collector.promql import Parser
from collector.promql.parser import to_json


def test_the_shape_of_parse_query() -> None:
    tree = to_json(Parser().parse('sum by (a) (rate(x{b!="c"}[5m] offset 1m)) > bool 2'))
    assert tree["type"] == "binaryExpr"
    assert (tree["op"], tree["bool"], tree["matching"]) == (">", True, None)
    assert tree["rhs"] == {"type": "numberLiteral", "val": "2"}
    call = tree["lhs"]["expr"]
    assert call["func"] == {"name": "rate", "argTypes": ["matrix"], "variadic": 0, "returnType": "vector"}
    selector = call["args"][0]
    assert (selector["type"], selector["range"], selector["offset"]) == ("matrixSelector", 300_000, 60_000)
    assert selector["matchers"][0] == {"name": "b", "value": "c", "type": "!="}


def test_matching_is_spelled_out() -> None:
    matching = to_json(Parser().parse("a * on (x) group_left (y) b"))["matching"]
    assert (matching["card"], matching["labels"], matching["on"], matching["include"]) == (
        "many-to-one",
        ["x"],
        True,
        ["y"],
    )
