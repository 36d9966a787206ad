"""The `global` section. Keys of receivers that Pharos does not have are read and ignored, so that files work as they are."""

from dataclasses import dataclass

from pharos.config import FieldError
from pharos.durations import Duration
from pharos.http.client_options import HttpClientConfig, TlsConfig
from pharos.secret import Secret

_EMPTY = Secret("")
_RESOLVE_TIMEOUT = Duration(300)


@dataclass(frozen=True, slots=True)
class GlobalConfig:
    """Defaults of all receivers. Source: the `<global>` section of the Alertmanager configuration documentation."""

    resolve_timeout: Duration = _RESOLVE_TIMEOUT
    http_config: HttpClientConfig | None = None
    smtp_from: str = ""
    smtp_hello: str = "localhost"
    smtp_smarthost: str = ""
    smtp_auth_username: str = ""
    smtp_auth_password: Secret = _EMPTY
    smtp_auth_password_file: str = ""
    smtp_auth_secret: Secret = _EMPTY
    smtp_auth_secret_file: str = ""
    smtp_auth_identity: str = ""
    smtp_require_tls: bool = True
    smtp_tls_config: TlsConfig | None = None
    smtp_force_implicit_tls: bool | None = None
    slack_api_url: Secret = _EMPTY
    slack_api_url_file: str = ""
    slack_app_token: Secret = _EMPTY
    slack_app_token_file: str = ""
    slack_app_url: str = "https://slack.com/api/chat.postMessage"
    pagerduty_url: str = "https://events.pagerduty.com/v2/enqueue"
    telegram_api_url: str = "https://api.telegram.org"
    telegram_bot_token: Secret = _EMPTY
    telegram_bot_token_file: str = ""
    jira_api_url: str = ""
    opsgenie_api_url: str = ""
    opsgenie_api_key: Secret = _EMPTY
    opsgenie_api_key_file: str = ""
    wechat_api_url: str = ""
    wechat_api_secret: Secret = _EMPTY
    wechat_api_secret_file: str = ""
    wechat_api_corp_id: str = ""
    victorops_api_url: str = ""
    victorops_api_key: Secret = _EMPTY
    victorops_api_key_file: str = ""
    webex_api_url: str = ""
    rocketchat_api_url: str = ""
    rocketchat_token: Secret = _EMPTY
    rocketchat_token_file: str = ""
    rocketchat_token_id: Secret = _EMPTY
    rocketchat_token_id_file: str = ""
    mattermost_webhook_url: Secret = _EMPTY
    mattermost_webhook_url_file: str = ""

    def __post_init__(self) -> None:
        pairs = ("slack_api_url", "slack_app_token", "smtp_auth_password", "smtp_auth_secret", "telegram_bot_token")
        for key in pairs:
            if getattr(self, key) and getattr(self, f"{key}_file"):
                raise FieldError(f"{key}_file", f"at most one of {key} & {key}_file must be configured")
