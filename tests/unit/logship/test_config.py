"""The configuration file: read, and refused with the place."""

from pathlib import Path

import pytest

from logship.config import load
from pharos.config import ConfigError

GOOD = """
inputs:
  files: [{paths: ["${LOG_ROOT:-/var}/x/*.log"], parser: logfmt}]
  containers: [{}]
output: {elasticsearch: {urls: ["http://127.0.0.1:9200"], password: hidden}}
"""


def write(folder: Path, text: str) -> str:
    path = folder / "logship.yml"
    path.write_text(text)
    return str(path)


def test_a_good_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOG_ROOT", raising=False)
    config = load(write(tmp_path, GOOD))
    assert config.inputs.files[0].paths == ("/var/x/*.log",)
    assert config.inputs.containers[0].paths == ("/var/log/pods/*/*/*.log",)
    assert "hidden" not in repr(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("output: {elasticsaerch: {}}", "did you mean 'elasticsearch'"),
        ("output: {}", "exactly one of elasticsearch, file, stdout, forward"),
        (
            "inputs: {files: [{paths: ['${NOT_SET_ANYWHERE}/x']}]}\noutput: {stdout: {}}",
            r"inputs.files\[0\].paths\[0\].*not set",
        ),
        ("inputs: {files: [{paths: [x], parser: xml}]}\noutput: {stdout: {}}", "one of auto, json, logfmt, plain"),
        ("output: {stdout: {}}\nbatching: {max_in_flight: 0}", "expected at least 1"),
        ("inputs: {}", "the key 'output' is missing"),
    ],
)
def test_bad_files_tell_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(write(tmp_path, text))
