"""`pharos check {config,rules,metrics,web-config,service-discovery,healthy,ready}`: promtool's lines and exit codes.

0: fine; 1: unusable; 3: usable, but a lint says it should not be so (`--lint-fatal`, and always for metrics).
"""

import argparse
import glob
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from collector.cli.arguments import Parser, complain, feature_names
from collector.cli.rule_problems import is_about_values, problems
from collector.config import PrometheusConfig, Rule, load_config
from collector.config.rules import RuleFile, bind_rules, without_unknown_keys
from collector.discovery.payload import parse_groups
from collector.queries import parser_for
from collector.rules.loader import GroupLoader
from pharos.config import ConfigError
from pharos.config.document import parse_document, read_document
from pharos.labels import label_set

LINT_EXIT: Final = 3
ReadDocument: TypeAlias = Callable[[str], yaml.Node | None]
_LINTS: Final = ("all", "duplicate-rules", "none", "too-long-scrape-interval")


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos check", "Check files and servers.")
    parser.add_argument("--enable-feature", action="append", default=[], metavar="NAME", help="PromQL features")
    parser.add_argument("--query.lookback-delta", dest="lookback", default="5m", metavar="DURATION")
    commands = parser.add_subparsers(dest="command", metavar="WHAT", required=True)
    for add in (_add_config, _add_rules, _add_metrics, _add_web, _add_discovery, _add_server):
        add(commands)
    options = parser.parse_args(arguments)
    return int(options.run(options))


def _lint_flags(parser: Any) -> None:
    parser.add_argument(
        "--lint",
        default="duplicate-rules",
        metavar="NAMES",
        help=f"lints to apply, comma-separated: {', '.join(_LINTS)}",
    )
    parser.add_argument("--lint-fatal", action="store_true", help="exit with code 3 when a lint complains")
    parser.add_argument(
        "--ignore-unknown-fields", action="store_true", help="leave out keys of rule files that are not known"
    )
    parser.add_argument("--enable-feature", action="append", default=[], metavar="NAME", help="PromQL features")


def _add_config(commands: Any) -> None:
    parser = commands.add_parser("config", help="a configuration and the files it names")
    parser.add_argument("--syntax-only", action="store_true", help="only the file itself")
    parser.add_argument("--agent", action="store_true", help="as an agent's configuration")
    _lint_flags(parser)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.set_defaults(run=check_config)


def _add_rules(commands: Any) -> None:
    parser = commands.add_parser("rules", help="rule files, or standard input")
    _lint_flags(parser)
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.set_defaults(run=check_rules)


def _add_metrics(commands: Any) -> None:
    parser = commands.add_parser("metrics", help="a page of metrics on standard input")
    parser.add_argument("--extended", action="store_true", help="also print how many series each metric has")
    parser.set_defaults(run=check_metrics)


def _add_web(commands: Any) -> None:
    parser = commands.add_parser("web-config", help="files with TLS and basic authentication")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.set_defaults(run=check_web)


def _add_discovery(commands: Any) -> None:
    parser = commands.add_parser("service-discovery", help="what a job finds and what relabelling makes of it")
    parser.add_argument("--timeout", default="30s", metavar="DURATION", help="how long to look")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("job", metavar="JOB")
    parser.set_defaults(run=check_discovery)


def _add_server(commands: Any) -> None:
    for name in ("healthy", "ready"):
        parser = commands.add_parser(name, help=f"whether a server is {name}")
        parser.add_argument("--url", default="http://localhost:9090", metavar="URL")
        parser.add_argument("--http.config.file", dest="http_config", metavar="FILE")
        parser.set_defaults(run=check_server)


def _lints(options: argparse.Namespace) -> frozenset[str]:
    """The lints that are wanted; a warning for each that there is not."""
    names = frozenset(options.lint.split(","))
    for name in sorted(names - set(_LINTS)):
        print(f'WARNING: unknown lint option: "{name}"')
    if "none" in names:
        return frozenset()
    return frozenset(_LINTS) if "all" in names else names


def check_config(options: argparse.Namespace) -> int:
    """`check config`"""
    options.lint = _lints(options)
    failed = linted = False
    for file in options.files:
        if not Path(file).exists():
            complain(f"pharos: error: path '{file}' does not exist, try --help")
            return 1
        print(f"Checking {file}")
        try:
            config = load_config(file, agent=options.agent)
            rule_files = [] if options.syntax_only else _rule_files(config)
            if not options.syntax_only:
                _check_references(config)
        except (ConfigError, OSError) as error:
            complain(f"  FAILED: {error}")
            print()
            failed = True
            continue
        if rule_files:
            print(f"  SUCCESS: {len(rule_files)} rule files found")
        print(f" SUCCESS: {file} is valid prometheus config file syntax")
        linted |= _lint_intervals(config, options)
        print()
        for rule_file in rule_files:
            good, clean = _check_rule_file(rule_file, options, read_document)
            failed |= not good
            linted |= not clean
    return 1 if failed else LINT_EXIT if linted and options.lint_fatal else 0


def _rule_files(config: PrometheusConfig) -> list[str]:
    out = []
    for pattern in config.rule_files:
        found = sorted(glob.glob(pattern))
        if not found and not glob.has_magic(pattern):
            raise ConfigError(f'"{pattern}" does not point to an existing file')
        out += found
    return out


def _check_references(config: PrometheusConfig) -> None:
    """Certificates, secrets and target files that a job or Alertmanager names."""
    for job in (*config.scrape_configs, *config.alerting.alertmanagers):
        tls, authorization = job.tls_config, job.authorization
        paths = [tls.cert_file, tls.key_file, job.bearer_token_file]
        paths.append(authorization.credentials_file if authorization else "")
        for path in paths:
            if path and not Path(path).exists():
                raise ConfigError(f'error checking file "{path}": no such file')
        for pattern in (str(file) for discovery in job.file_sd_configs for file in discovery.files):
            _check_target_files(pattern)


def _check_target_files(pattern: str) -> None:
    found = sorted(glob.glob(pattern))
    if not found:
        complain(f'  WARNING: file "{pattern}" for file_sd in scrape job does not exist')
    for file in found:
        try:
            parse_groups(Path(file).read_text(), file)
        except (ConfigError, ValueError) as error:
            raise ConfigError(f'checking SD file "{pattern}": {error}') from error


def _lint_intervals(config: PrometheusConfig, options: argparse.Namespace) -> bool:
    """Jobs whose interval is as long as the lookback: their series would have gaps. Returns whether there is one."""
    if "too-long-scrape-interval" not in options.lint:
        return False
    long = [job for job in config.scrape_configs if job.scrape_interval >= 300]
    for job in long:
        complain(
            "  FAILED: too long scrape interval found, data point will be marked as stale - "
            f"job: {job.job_name}, interval: {job.scrape_interval}"
        )
    return bool(long)


def check_rules(options: argparse.Namespace) -> int:
    """`check rules`"""
    options.lint = _lints(options)
    failed = linted = False
    for file in options.files:
        if not Path(file).exists():
            complain(f"pharos: error: path '{file}' does not exist, try --help")
            return 1
    sources: Sequence[str] = options.files or ["standard input"]
    for file in sources:
        good, clean = _check_rule_file(file, options, read_document if options.files else _from_stdin)
        failed |= not good
        linted |= not clean
    return 1 if failed else LINT_EXIT if linted and options.lint_fatal else 0


def _from_stdin(file: str) -> yaml.Node | None:
    return parse_document(sys.stdin.read(), file)


def _check_rule_file(file: str, options: argparse.Namespace, read: ReadDocument) -> tuple[bool, bool]:
    """Whether a rule file is usable, and whether no lint complains."""
    print(f"Checking {file}")
    clean = True
    try:
        rules = _rules(file, options, read)
    except (_ManyProblemsError, ConfigError, OSError) as error:
        complain("  FAILED:")
        complain(str(error))
        return False, True
    twice = _duplicates(rules) if "duplicate-rules" in options.lint else []
    if twice:
        clean = False
        complain(f"  FAILED:\nlint error {len(twice)} duplicate rule(s) found.")
        for rule in twice:
            shown = "".join(f"\n\t{name}: {value}" for name, value in sorted(rule.labels.items()))
            complain(f"Metric: {rule.name}\nLabel(s):{shown}")
        complain("Might cause inconsistency while recording expressions")
    else:
        print(f"  SUCCESS: {sum(len(group.rules) for group in rules.groups)} rules found")
    print()
    return True, clean


class _ManyProblemsError(Exception):
    """All that is wrong with a rule file, a line each."""


def _rules(file: str, options: argparse.Namespace, read: ReadDocument) -> RuleFile:
    """Raises `_ManyProblemsError`, `ConfigError` or `OSError`."""
    root = read(file)
    if options.ignore_unknown_fields:
        root = without_unknown_keys(root)
    parse = parser_for(feature_names(options.enable_feature)).parse
    try:
        rules = bind_rules(root, file)
        GroupLoader(parse).groups(rules, file)
    except ConfigError as error:
        found = problems(root, parse) if is_about_values(error) else []
        if found:
            raise _ManyProblemsError("\n".join(f"{file}: {problem}" for problem in found)) from error
        raise
    return rules


def _duplicates(rules: RuleFile) -> list[Rule]:
    """Rules that write the same series as another, one of each kind."""
    found: dict[Any, list[Rule]] = {}
    for group in rules.groups:
        for rule in group.rules:
            key = rule.name, label_set({**group.labels, **rule.labels})
            found.setdefault(key, []).append(rule)
    return [found[key][1] for key in sorted(found) if len(found[key]) > 1]


def check_metrics(options: argparse.Namespace) -> int:
    """`check metrics`"""
    from collector.cli.metric_lint import cardinality, families, lint
    from collector.scrape.page import ScrapeError

    try:
        found = families(sys.stdin.buffer.read())
    except ScrapeError as error:
        complain(f"error while linting: {error}")
        return 1
    problems = lint(found)
    for problem in problems:
        complain(problem)
    if options.extended and not problems:
        print("\n".join(cardinality(found)))
    return LINT_EXIT if problems else 0


def check_web(options: argparse.Namespace) -> int:
    """`check web-config`"""
    from pharos.http.webconfig import load_web_config

    failed = False
    for file in options.files:
        if not Path(file).exists():
            complain(f"pharos: error: path '{file}' does not exist, try --help")
            return 1
        try:
            load_web_config(file)
            complain(f"{file} SUCCESS")
        except ConfigError as error:
            complain(f"{file} FAILED: {error}")
            failed = True
    return int(failed)


def check_discovery(options: argparse.Namespace) -> int:
    """`check service-discovery`"""
    from collector.cli.discover import discover

    try:
        return discover(options.file, options.job, options.timeout)
    except (ConfigError, OSError, ValueError) as error:
        complain(str(error))
        return 1


def check_server(options: argparse.Namespace) -> int:
    """`check healthy` and `check ready`"""
    import httpx

    from collector.cli.query import client

    url = f"{options.url.rstrip('/')}/-/{options.command}"
    word = "Healthy" if options.command == "healthy" else "Ready"
    try:
        with client(options.http_config) as http:
            answer = http.get(url)
    except httpx.HTTPError as error:
        complain(f"Get {url}: {error}")
        return 1
    if answer.status_code != 200:
        complain(f"check failed: URL={options.url}, status={answer.status_code}")
        return 1
    complain(f"  SUCCESS:  Prometheus Server is {word}.\n")
    return 0
