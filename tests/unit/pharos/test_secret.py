from pharos.secret import Secret


def test_never_printed() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert not Secret("")
    assert str(Secret("")) == ""
