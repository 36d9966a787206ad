"""E-mail over SMTP: HTML and text parts, STARTTLS or implicit TLS, PLAIN, LOGIN and CRAM-MD5."""

import asyncio
import email.utils
import smtplib
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.registry import Message, NotifierConfig, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.http.client_options import TlsConfig, client_tls_context
from pharos.secret import Secret

_EMPTY = Secret("")
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class EmailConfig(NotifierConfig):
    """`email_configs`; what is not given here comes from the global section."""

    send_resolved: bool = False
    to: str = ""
    from_: str = field(default="", metadata={"key": "from"})
    hello: str = ""
    smarthost: str = ""
    auth_username: str = ""
    auth_password: Secret = _EMPTY
    auth_password_file: str = ""
    auth_secret: Secret = _EMPTY
    auth_secret_file: str = ""
    auth_identity: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    html: str = '{{ template "email.default.html" . }}'
    text: str = ""
    require_tls: bool | None = None
    tls_config: TlsConfig | None = None
    force_implicit_tls: bool | None = None
    threading: Any = None

    def __post_init__(self) -> None:
        if not self.to:
            raise FieldError("to", "missing to address in email config")
        names = [name.title() for name in self.headers]
        for name in names:
            if names.count(name) > 1:
                raise FieldError("headers", f"duplicate header {name!r} in email config")


@notifiers.register("email", config=EmailConfig)
class EmailNotifier:
    """Send mail."""

    def __init__(self, config: EmailConfig, context: Context) -> None:
        self._config, self._context = config, context
        shared = context.globals
        self.rate_limit = config.rate_limit or RateLimit()
        self._smarthost = config.smarthost or shared.smtp_smarthost
        self._from = config.from_ or shared.smtp_from
        if not self._smarthost:
            raise ValueError("no global SMTP smarthost set")
        if not self._from:
            raise ValueError("no global SMTP from set")
        self._host, _, port = self._smarthost.rpartition(":")
        if not self._host or not port.isdigit():
            raise ValueError(f"address {self._smarthost!r}: expected host:port")
        self._port = int(port)
        self.robot = f"{self._smarthost} {config.to}"

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        return [self._message(number, one) for number, one in enumerate(notifications)]

    def _message(self, number: int, notification: Notification) -> Message:
        config, render = self._config, self._context.render
        mail = EmailMessage()
        headers = {
            "Subject": '{{ template "email.default.subject" . }}',
            **{k.title(): v for k, v in config.headers.items()},
        }
        for name, text in {"To": config.to, "From": self._from, **headers}.items():
            if name in mail:
                del mail[name]
            mail[name] = " ".join(render(text, notification).split())
        mail["Date"] = email.utils.formatdate(self._context.clock.now(), localtime=True)
        mail["Message-Id"] = email.utils.make_msgid(domain=socket.gethostname())
        if config.text:
            mail.set_content(render(config.text, notification))
        if config.html:
            html = render(config.html, notification, html=True)
            mail.add_alternative(html, subtype="html") if config.text else mail.set_content(html, subtype="html")
        return Message(mail.as_string(), (number,), target=mail["To"])

    async def send(self, message: Message) -> str:
        try:
            return await asyncio.to_thread(self._deliver, message)
        except smtplib.SMTPResponseException as error:
            text = (
                error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
            )
            raise DeliveryError(f"SMTP {error.smtp_code}: {text}", retryable=error.smtp_code < 500) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"cannot send mail through {self._smarthost}: {error}", retryable=True) from error

    def _deliver(self, message: Message) -> str:
        config, shared = self._config, self._context.globals
        hello = config.hello or shared.smtp_hello or None
        context = client_tls_context(config.tls_config or shared.smtp_tls_config or TlsConfig())
        implicit = (
            config.force_implicit_tls if config.force_implicit_tls is not None else shared.smtp_force_implicit_tls
        )
        if implicit or (implicit is None and self._port == 465):
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, hello, timeout=_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, hello, timeout=_TIMEOUT_S)
        with server:
            required = shared.smtp_require_tls if config.require_tls is None else config.require_tls
            if not isinstance(server, smtplib.SMTP_SSL):
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=context)
                    server.ehlo()
                elif required:
                    raise DeliveryError(
                        "'require_tls' is true (default) but the server does not advertise STARTTLS", retryable=False
                    )
            self._login(server)
            recipients = [address for _, address in email.utils.getaddresses([message.target])]
            sender = email.utils.parseaddr(self._from)[1] or self._from
            server.sendmail(sender, recipients, message.body.encode())
        return f"taken by {self._smarthost}"

    def _login(self, server: smtplib.SMTP) -> None:
        config, shared = self._config, self._context.globals
        user = config.auth_username or shared.smtp_auth_username
        if not user:
            return
        password = secret_text(config.auth_password, config.auth_password_file) or secret_text(
            shared.smtp_auth_password, shared.smtp_auth_password_file
        )
        secret = secret_text(config.auth_secret, config.auth_secret_file) or secret_text(
            shared.smtp_auth_secret, shared.smtp_auth_secret_file
        )
        server.login(user, password or secret)
