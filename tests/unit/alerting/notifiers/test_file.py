from pathlib import Path

import orjson
import pytest

from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.file import FileConfig, FileNotifier
from pharos.config import ConfigError, loads
from tests.support.notifying import FakeContext, Outside, series, told


async def test_each_alert_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_DATA_DIR", str(tmp_path))
    notifier = FileNotifier(
        loads(FileConfig, "path: ${PHAROS_DATA_DIR}/deep/${NAME:-notifications}.log"), FakeContext(Outside())
    )
    for notification in (told(series(instance="a"), series(instance="b")), told(resolved=(series(instance="a"),))):
        await notifier.send(notifier.compose([notification])[0])
    assert (tmp_path / "deep" / "notifications.log").read_text().splitlines() == [
        "2027-01-15T08:00:00.000Z FIRING Down fires (alertname=Down, instance=a)",
        "2027-01-15T08:00:00.000Z FIRING Down fires (alertname=Down, instance=b)",
        "2027-01-15T08:00:00.000Z RESOLVED Down fires (alertname=Down, instance=a)",
    ]


def test_json_and_templates(tmp_path: Path) -> None:
    (message,) = FileNotifier(FileConfig(path="x", format="json"), FakeContext(Outside())).compose([told()])
    assert orjson.loads(message.body)["status"] == "firing"
    config = FileConfig(path="x", text="{{ .Labels.alertname }}\n!")
    (message,) = FileNotifier(config, FakeContext(Outside())).compose([told()])
    assert message.body.endswith("Z Down !")


async def test_a_file_that_cannot_be_written_is_retried(tmp_path: Path) -> None:
    notifier = FileNotifier(FileConfig(path=str(tmp_path)), FakeContext(Outside()))
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notifier.compose([told()])[0])
    assert caught.value.retryable


def test_an_unset_variable_is_an_error_of_the_file() -> None:
    with pytest.raises(ConfigError, match="NOBODY_SETS_THIS is not set"):
        loads(FileConfig, "path: ${NOBODY_SETS_THIS}/x.log")
