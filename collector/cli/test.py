"""`pharos test rules FILE...`: unit tests of rules, with promtool's lines and exit codes."""

import re
import time
from pathlib import Path

from collector.cli.arguments import Parser, complain, feature_names
from collector.cli.junit import junit_xml
from collector.ruletest import FileOutcome, run_file

ALL_FEATURES = (
    "promql-experimental-functions",
    "promql-delayed-name-removal",
    "promql-duration-expr",
    "promql-extended-range-selectors",
    "promql-binop-fill-modifiers",
)


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code: 1 when a test failed or a file could not be used."""
    parser = Parser("pharos test", "Unit tests.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    rules = commands.add_parser("rules", help="run unit tests for rules")
    rules.add_argument("files", nargs="+", metavar="FILE", help="test files, in promtool's format")
    rules.add_argument(
        "--run", action="append", default=[], metavar="REGEX", help="only test groups whose name matches"
    )
    rules.add_argument("--debug", action="store_true", help="list all data of each test group")
    rules.add_argument("--diff", action="store_true", help="show expected and found alerts as a coloured difference")
    rules.add_argument("--junit", metavar="FILE", help="write a JUnit XML report")
    rules.add_argument("--ignore-unknown-fields", action="store_true", help="accepted for promtool's sake")
    rules.add_argument(
        "--enable-feature",
        action="append",
        default=[],
        metavar="NAME",
        help=f"PromQL features; none given: all ({', '.join(ALL_FEATURES)})",
    )
    options = parser.parse_args(arguments)
    for file in options.files:
        if not Path(file).exists():
            complain(f"pharos: error: path '{file}' does not exist, try --help")
            return 1
    features = feature_names(options.enable_feature or ALL_FEATURES)
    patterns = [re.compile(text) for text in options.run]
    outcomes: list[tuple[FileOutcome, float]] = []
    for file in options.files:
        started = time.perf_counter()
        outcome = run_file(
            file,
            features,
            lambda name: not patterns or any(p.search(name) for p in patterns),
            debug=options.debug,
            diff=options.diff,
        )
        outcomes.append((outcome, time.perf_counter() - started))
        _report(outcome)
    if options.junit:
        Path(options.junit).write_text(junit_xml([outcome for outcome, _ in outcomes]))
    return 1 if any(outcome.failures for outcome, _ in outcomes) else 0


def _report(outcome: FileOutcome) -> None:
    for group in outcome.groups:
        for line in group.debug:
            print(line)
    failures = outcome.failures
    if not failures:
        print("  SUCCESS")
    else:
        complain("  FAILED:")
        for failure in failures:
            complain(failure)
            print()
    print(flush=True)
