"""A panel in memory."""

from edge_gate.access.gate import Contacts
from edge_gate.access.signal import Levels


class SimulatedPanel:
    """Contacts that a test moves, a lamp and a buzzer that it looks at; also a door that has none of them.

    Attributes:
        touched: what the contacts report.
        shown: the outputs as they are now.
    """

    def __init__(self) -> None:
        self.touched = Contacts()
        self.shown = Levels()

    def contacts(self) -> Contacts:
        """What the contacts report."""
        return self.touched

    def show(self, levels: Levels) -> None:
        """Set the outputs."""
        self.shown = levels

    def close(self) -> None:
        """Lamp out, buzzer silent."""
        self.shown = Levels()
