"""The computer's own clocks."""

from time import monotonic_ns, time_ns

from edge_gate.access.instant import Instant


class SystemClock:
    """CLOCK_MONOTONIC for the door, CLOCK_REALTIME for the journal's readers."""

    def now(self) -> Instant:
        """Milliseconds of CLOCK_MONOTONIC, rounded down: one scale for every process since boot."""
        return monotonic_ns() // 1_000_000

    def utc_ms(self) -> int:
        """Milliseconds since 1970, as the wall clock has it now."""
        return time_ns() // 1_000_000
