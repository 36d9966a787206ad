"""Who may ask a server, over what, as `--web.config.file` says; the file can be read again while the server runs."""

import ssl
from pathlib import Path

from pharos.http.webconfig import BasicAuth, load_web_config, server_tls_context


class Access:
    """What a web configuration file makes of a server. Raises `ConfigError` for a bad file."""

    def __init__(self, config_file: str) -> None:
        self._file = config_file
        self.auth: BasicAuth | None = None
        self.headers: dict[str, str] = {}
        self.tls: ssl.SSLContext | None = None
        self.load()

    def load(self) -> None:
        """Read the file (again): users, headers and certificates. Raises `ConfigError`."""
        config = load_web_config(self._file)
        tls = config.tls_server_config
        if tls is not None:
            folder = Path(self._file).parent
            context = server_tls_context(tls, folder)
            if self.tls is None:
                self.tls = context
            else:  # the listening socket keeps its context: give that one the new certificate
                self.tls.load_cert_chain(folder / tls.cert_file, folder / tls.key_file)
        self.auth = BasicAuth(config.basic_auth_users) if config.basic_auth_users else None
        self.headers = config.http_server_config.headers
