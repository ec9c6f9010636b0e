"""A clock that stands still until it is moved."""

from edge_gate.access.instant import Instant, Millis


class ManualClock:
    """Time as a test or a replay wants it.

    Args:
        now: where it starts.
        epoch_ms: what the wall clock shows at instant 0; 2026-01-01 00:00 UTC unless told.
    """

    def __init__(self, now: Instant = 0, epoch_ms: int = 1_767_225_600_000) -> None:
        self._now = now
        self._epoch_ms = epoch_ms

    def now(self) -> Instant:
        """The instant it was last moved to."""
        return self._now

    def utc_ms(self) -> int:
        """The wall clock, which runs along exactly."""
        return self._epoch_ms + self._now

    def advance(self, by: Millis) -> None:
        """Let time pass."""
        self.set(self._now + by)

    def set(self, now: Instant) -> None:
        """Move to an instant.

        Raises:
            ValueError: if that lies in the past: monotonic time does not run backward.
        """
        if now < self._now:
            raise ValueError(f"time cannot go back from {self._now} to {now}")
        self._now = now
