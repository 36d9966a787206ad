import email
import email.policy

import pytest

from alerting.notifiers.email import EmailConfig, EmailNotifier
from pharos.config import ConfigError, loads
from tests.support.notifying import FakeContext, Outside, series, told


def built(text: str) -> EmailNotifier:
    return EmailNotifier(loads(EmailConfig, text), FakeContext(Outside()))


def test_a_mail_with_both_parts() -> None:
    text = "{to: 'Ops <ops@x>', from: pharos@x, smarthost: 'mail:25', text: '{{ .Status }}', headers: {Reply-To: '{{ .Receiver }}@x'}}"
    (message,) = built(text).compose([told(series(instance="<b>"))])
    mail = email.message_from_string(message.body, policy=email.policy.default)
    assert (mail["To"], mail["From"], mail["Reply-To"]) == ("Ops <ops@x>", "pharos@x", "team@x")
    assert mail["Subject"] == "[FIRING:1] Down"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == "firing"
    assert "instance=&lt;b&gt;" in html.get_content()


@pytest.mark.parametrize("text", ["{from: a@x}", "{to: a@x, headers: {subject: a, Subject: b}}"])
def test_what_cannot_be(text: str) -> None:
    with pytest.raises(ConfigError):
        loads(EmailConfig, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{to: a@x, from: b@x}", "smarthost"),
        ("{to: a@x, smarthost: 'm:25'}", "SMTP from"),
        ("{to: a@x, from: b@x, smarthost: m}", "host:port"),
    ],
)
def test_what_is_missing(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        built(text)
