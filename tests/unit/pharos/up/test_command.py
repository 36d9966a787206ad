import socket
from pathlib import Path

import pytest

from pharos.config import ConfigError
from pharos.up.command import parse_options, ports_are_free, prepare
from pharos.up.plan import plan


def test_one_data_folder_has_one_stack(tmp_path: Path) -> None:
    options = parse_options(["--data-dir", str(tmp_path)])
    with prepare(options), pytest.raises(ConfigError, match="in use by another pharos up"):
        prepare(options)


def test_a_taken_port_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        offset = server.getsockname()[1] - 9090
        if offset < 0:
            pytest.skip("the system gave a port below 9090")
        parts = plan(parse_options(["--port-offset", str(offset), "--data-dir", str(tmp_path)]), tmp_path)[:1]
        assert not ports_are_free(parts)
    told = capsys.readouterr().err
    assert "is held by pid" in told
    assert "--port-offset" in told


@pytest.mark.parametrize("arguments", [["--port-offset", "60000"], ["--without", "nothing"], ["--port-offset", "-1"]])
def test_bad_options_end_with_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(arguments)
