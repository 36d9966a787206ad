"""One alert's life: pending, firing, resolved. Pure; times are milliseconds, 0 means never."""

from dataclasses import dataclass
from typing import Final, Literal

from pharos.labels import Labels

AlertState = Literal["inactive", "pending", "firing"]
RESOLVED_RETENTION_MS: Final = 15 * 60_000  # a resolved alert is told about this long, in case a message got lost


@dataclass(slots=True)
class Alert:
    """An alert of one rule."""

    labels: Labels
    annotations: Labels
    value: float
    active_at_ms: int
    state: AlertState = "pending"
    fired_at_ms: int = 0
    resolved_at_ms: int = 0
    last_sent_ms: int = 0
    keep_firing_since_ms: int = 0
    valid_until_ms: int = 0

    def advance(self, at_ms: int, hold_ms: int) -> None:
        """The condition holds: a pending alert fires when it has for long enough."""
        self.keep_firing_since_ms = 0
        if self.state == "pending" and at_ms - self.active_at_ms >= hold_ms:
            self.state = "firing"
            self.fired_at_ms = at_ms

    def recede(self, at_ms: int, keep_firing_ms: int) -> bool:
        """The condition no longer holds. Returns whether the alert is to be remembered."""
        if self.state == "firing" and keep_firing_ms:
            self.keep_firing_since_ms = self.keep_firing_since_ms or at_ms
            if at_ms - self.keep_firing_since_ms < keep_firing_ms:
                return True
        if self.state == "pending" or (self.resolved_at_ms and at_ms - self.resolved_at_ms > RESOLVED_RETENTION_MS):
            return False
        if self.state != "inactive":
            self.state = "inactive"
            self.resolved_at_ms = at_ms
        return True

    def needs_sending(self, at_ms: int, resend_ms: int) -> bool:
        """Whether an Alertmanager should hear of it now."""
        if self.state == "pending":
            return False
        if self.resolved_at_ms > self.last_sent_ms:
            return True
        return self.last_sent_ms + resend_ms < at_ms
