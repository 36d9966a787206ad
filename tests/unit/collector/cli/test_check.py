from pathlib import Path

import pytest

from collector.cli.check import main

GOOD = "groups:\n- name: g\n  rules:\n  - {record: x, expr: up}\n"


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        (GOOD, [], 0, "SUCCESS: 1 rules found"),
        (GOOD.replace(" up}", " 'sum('}"), [], 1, "could not parse expression"),
        (GOOD + "  - {record: x, expr: up}\n", [], 0, "lint error 1 duplicate rule(s) found."),
        (GOOD + "  - {record: x, expr: up}\n", ["--lint-fatal"], 3, "Metric: x"),
        (GOOD + "  - {record: x, expr: up}\n", ["--lint-fatal", "--lint=none"], 0, "SUCCESS"),
        ("groups:\n- name: g\n  rulez: []\n", [], 1, "did you mean 'rules'"),
        (GOOD.replace("groups:", "note: 1\ngroups:"), ["--ignore-unknown-fields"], 0, "SUCCESS: 1 rules found"),
        (GOOD.replace(" up}", " up, note: {a: b}}"), ["--ignore-unknown-fields"], 0, "SUCCESS: 1 rules found"),
        (GOOD.replace(" up}", " up, note: {a: b}}"), [], 1, "unknown key 'note'"),
    ],
)
def test_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "r.yml").write_text(text)
    assert code == main(["rules", *arguments, str(tmp_path / "r.yml")])
    out = capsys.readouterr()
    assert said in out.out + out.err


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        ("rule_files: [r.yml]\n", [], 0, "is valid prometheus config file syntax"),
        ("rule_files: [none.yml]\n", [], 1, "does not point to an existing file"),
        ("rule_files: [none.yml]\n", ["--syntax-only"], 0, "SUCCESS"),
        ("rule_files: []\n", ["--agent"], 1, "not allowed in agent mode"),
        ("globel: {}\n", [], 1, "did you mean 'global'"),
        (
            "global: {scrape_interval: 10m}\nscrape_configs: [{job_name: a}]\n",
            ["--lint=all", "--lint-fatal"],
            3,
            "too long scrape interval found",
        ),
        ("scrape_configs: [{job_name: a, bearer_token_file: gone}]\n", [], 1, "error checking file"),
    ],
)
def test_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "r.yml").write_text(GOOD)
    (tmp_path / "p.yml").write_text(text)
    assert code == main(["config", *arguments, str(tmp_path / "p.yml")])
    out = capsys.readouterr()
    assert said in out.out + out.err


def test_a_missing_file_and_a_missing_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "nofile.yml"]) == 1
    assert "path 'nofile.yml' does not exist" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 1


def test_service_discovery(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.yml").write_text(
        "scrape_configs:\n- job_name: a\n  static_configs: [{targets: ['x:1', 'y:1']}]\n"
        "  relabel_configs: [{action: drop, source_labels: [__address__], regex: 'y:1'}]\n"
    )
    assert main(["service-discovery", "--timeout", "20ms", str(tmp_path / "p.yml"), "b"]) == 1
    assert "Select one of:\n\ta" in capsys.readouterr().err
