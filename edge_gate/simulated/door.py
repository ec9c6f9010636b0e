"""A door in memory."""

from edge_gate.access.instant import Instant
from edge_gate.errors import DoorHardwareError
from edge_gate.ports import Clock


class SimulatedDoor:
    """A strike, a leaf and a REX button that do what they are told.

    Attributes:
        history: every level the strike has had, as (milliseconds, released), from the claim on.
        leaf_open: what the position switch reports; None is a door without one.
        exit_pressed: whether somebody leans on REX.
        broken: the lines are cut: whatever is asked fails.
    """

    def __init__(self, clock: Clock, *, leaf_open: bool | None = False) -> None:
        self._clock = clock
        self._closed = False
        self.history: list[tuple[int, bool]] = [(clock.now(), False)]
        self.leaf_open = leaf_open
        self.exit_pressed = False
        self.broken = False

    @property
    def released(self) -> bool:
        """The strike's level now."""
        return self.history[-1][1]

    def assert_strike(self, *, released: bool) -> None:
        """Set the strike's level."""
        self._check()
        if released != self.released:
            self.history.append((self._clock.now(), released))

    def door_open(self) -> bool | None:
        """What the position switch says."""
        self._check()
        return self.leaf_open

    def exit_requested(self) -> bool:
        """Whether REX is pressed now."""
        self._check()
        return self.exit_pressed

    def close(self) -> None:
        """Secure the strike for good."""
        if not self._closed:
            self.assert_strike(released=False)
            self._closed = True

    def _check(self) -> None:
        if self.broken or self._closed:
            raise DoorHardwareError(f"The simulated door is {'broken' if self.broken else 'closed'}")


class SimulatedFuse:
    """A fuse that a test looks at; nothing ever burns.

    Attributes:
        at: when it would burn; None while it is out.
    """

    def __init__(self) -> None:
        self.at: Instant | None = None

    def burn(self, at: Instant | None) -> None:
        """Light it, or put it out."""
        self.at = at
