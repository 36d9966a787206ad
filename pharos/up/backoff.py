"""When a crashed part is started again."""

from dataclasses import dataclass
from typing import Final

FIRST_DELAY_S: Final = 0.3
LONGEST_DELAY_S: Final = 30.0
STEADY_AFTER_S: Final = 60.0


@dataclass(slots=True)
class Backoff:
    """Doubles the delay with each crash in a row; a run of a minute counts as healthy again."""

    crashes: int = 0

    def next_delay(self, ran_for_s: float) -> float:
        """Seconds to wait before the next start, after a run of `ran_for_s` seconds."""
        self.crashes = 1 if ran_for_s >= STEADY_AFTER_S else self.crashes + 1
        return float(min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** (self.crashes - 1)))
