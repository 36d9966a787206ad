from pathlib import Path

import bcrypt
import pytest

from pharos.config import ConfigError
from pharos.http.access import Access


def test_no_file_lets_everybody_in() -> None:
    access = Access("")
    assert (access.auth, access.headers, access.tls) == (None, {}, None)


def test_a_file_that_turned_bad_leaves_what_was(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    hashed = bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode()
    file.write_text(
        f"basic_auth_users: {{ann: {hashed}}}\nhttp_server_config: {{headers: {{X-Frame-Options: deny}}}}\n"
    )
    access = Access(str(file))
    before = access.auth
    assert before is not None
    file.write_text("basic_auth_users: {ann: plain}\n")
    with pytest.raises(ConfigError, match="expected a bcrypt hash"):
        access.load()
    assert (access.auth, access.headers) == (before, {"X-Frame-Options": "deny"})
    file.write_text("")
    access.load()
    assert (access.auth, access.headers) == (None, {})
