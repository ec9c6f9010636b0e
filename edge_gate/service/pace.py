"""How fast pictures come, and how long each takes from the shutter to the decision."""

from collections import deque

from edge_gate.access.instant import Instant, Millis

REMEMBERED = 150
"""Frames: ten seconds at fifteen a second."""


class Pace:
    """Notes of the last frames. One thread writes them; another may read the two figures."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Instant, Millis, bool]] = deque(maxlen=REMEMBERED)

    def note(self, captured: Instant, done: Instant, *, looked: bool) -> None:
        """A frame captured then has been dealt with by `done`; `looked` if it was worth a look."""
        self._frames.append((captured, done - captured, looked))

    @property
    def frames_a_second(self) -> float | None:
        """Over the frames remembered; None before the second."""
        captured = [each for each, _, _ in tuple(self._frames)]
        span = captured[-1] - captured[0] if captured else 0
        return round(1000 * (len(captured) - 1) / span, 1) if span > 0 else None

    @property
    def latency_ms(self) -> Millis | None:
        """Median time from the shutter to the decision, of frames looked at; None without any."""
        from statistics import median  # noqa: PLC0415 - needed when somebody asks, not at every start

        took = [each for _, each, looked in tuple(self._frames) if looked]
        return round(median(took)) if took else None
