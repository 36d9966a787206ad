"""Why a probe failed: the value of `probe_failure_info{reason}` and of the probe's log."""

import enum


class Reason(enum.StrEnum):
    """Reasons in the order in which a probe meets them."""

    TARGET = "bad_target"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    STATUS = "status"
    HEADER = "header"
    BODY = "body"
    VERSION = "http_version"
    SSL = "ssl_policy"
    REDIRECT = "redirect"
    EXPECT = "expect"
    RCODE = "rcode"
    RECORDS = "records"
    LOSS = "packet_loss"
    PERMISSION = "permission"
    INTERNAL = "internal"


class ProbeError(Exception):
    """The target failed, or could not be asked."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        super().__init__(message)
