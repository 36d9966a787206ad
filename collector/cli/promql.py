"""`pharos promql {format,label-matchers}`: printing and changing expressions."""

import argparse
from typing import Any

from collector.cli.arguments import Parser, complain
from collector.cli.test import ALL_FEATURES
from collector.promql.errors import ParseError
from collector.promql.parser import pretty, to_text
from collector.promql.parser.ast import Expr, VectorSelector, walk
from collector.queries import parser_for
from pharos.labels import METRIC_NAME
from pharos.matchers import Matcher, MatchOp
from pharos.regex import RegexError


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos promql", "Print and change expressions.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    printer = commands.add_parser("format", help="an expression over several lines, indented")
    printer.add_argument("query", metavar="EXPRESSION")
    printer.set_defaults(run=_format)
    matchers = commands.add_parser("label-matchers", help="set or delete a matcher in all selectors")
    _add_matchers(matchers.add_subparsers(dest="action", metavar="ACTION", required=True))
    options = parser.parse_args(arguments)
    try:
        print(options.run(options))
    except (ParseError, RegexError, ValueError) as error:
        complain(str(error))
        return 1
    return 0


def _add_matchers(actions: Any) -> None:
    setter = actions.add_parser("set", help="set a matcher in all selectors")
    setter.add_argument("-t", "--type", default="=", choices=[op.value for op in MatchOp], help="how it compares")
    setter.add_argument("query", metavar="EXPRESSION")
    setter.add_argument("name", metavar="LABEL")
    setter.add_argument("value", metavar="VALUE")
    setter.set_defaults(run=_set)
    deleter = actions.add_parser("delete", help="delete the matchers of a label in all selectors")
    deleter.add_argument("query", metavar="EXPRESSION")
    deleter.add_argument("name", metavar="LABEL")
    deleter.set_defaults(run=_delete)


def _parsed(text: str) -> Expr:
    return parser_for(frozenset(ALL_FEATURES)).parse(text)


def _format(options: argparse.Namespace) -> str:
    return pretty(_parsed(options.query))


def _set(options: argparse.Namespace) -> str:
    expr = _parsed(options.query)
    fresh = Matcher(options.name, MatchOp(options.type), options.value)
    for selector in _selectors(expr):
        places = [index for index, matcher in enumerate(selector.matchers) if matcher.name == options.name]
        if places:
            selector.matchers[places[0]] = fresh
        else:
            selector.matchers.insert(_before_name(selector), fresh)
    return to_text(expr)


def _before_name(selector: VectorSelector) -> int:
    """New matchers stand before the one for the metric's name, which comes last."""
    last = len(selector.matchers) - 1
    return last if selector.name and selector.matchers[last].name == METRIC_NAME else last + 1


def _delete(options: argparse.Namespace) -> str:
    expr = _parsed(options.query)
    for selector in _selectors(expr):
        selector.matchers[:] = [matcher for matcher in selector.matchers if matcher.name != options.name]
    return to_text(expr)


def _selectors(expr: Expr) -> list[VectorSelector]:
    return [node for node in walk(expr) if isinstance(node, VectorSelector)]
