"""Documents as lines."""

import io
from pathlib import Path

from logship.outputs.lines import FileOutlet, StdoutOutlet

ITEMS = [b'{"create":{}}\n{"a":1}\n', b'{"create":{}}\n{"a":2}\n']


def test_file_and_stdout(tmp_path: Path) -> None:
    file = FileOutlet(str(tmp_path / "out"))
    file.send(ITEMS)
    file.send(ITEMS[:1])
    file.close()
    assert (tmp_path / "out").read_bytes() == b'{"a":1}\n{"a":2}\n{"a":1}\n'
    stream = io.BytesIO()
    StdoutOutlet(stream).send(ITEMS)
    assert stream.getvalue() == b'{"a":1}\n{"a":2}\n'
