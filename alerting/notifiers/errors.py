"""How a delivery fails."""


class DeliveryError(Exception):
    """A message that was not taken. `retryable`: trying again may help. `reason` becomes a metric label."""

    def __init__(self, message: str, *, retryable: bool, reason: str = "other", wait_s: float = 0.0) -> None:
        self.retryable, self.reason, self.wait_s = retryable, reason, wait_s
        super().__init__(message)
