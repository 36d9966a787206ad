import argparse

import pytest

from pharos.durations import Duration
from pharos.flags import Flags, duration, web_options


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="x")
    flags = Flags(parser)
    flags.web(":9100")
    flags.add("query.timeout", "How long, 100 % at most.", type=duration, default=Duration(120))
    flags.switch("collector.cpu", "CPU.", default=True)
    return parser


def test_names_with_dots_become_attributes(parser: argparse.ArgumentParser) -> None:
    options = parser.parse_args(["--query.timeout=1m", "--no-collector.cpu", "--web.listen-address", "127.0.0.1:1"])
    assert (options.query_timeout, options.collector_cpu, web_options(options).address) == (60.0, False, "127.0.0.1:1")
    assert "100 % at most" in parser.format_help()


def test_a_bad_value_says_what_was_expected(
    parser: argparse.ArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["--query.timeout=5 minutes"])
    assert "expected a duration such as 30s" in capsys.readouterr().err
