"""The door's other lines on the header: fire alarm, housing, the other door, lamp and buzzer."""

from typing import Any

from edge_gate.access.gate import Contacts
from edge_gate.access.signal import Levels
from edge_gate.devices.gpio import Contact, InputLine, PanelLines, explained, header

_AT_REST = Contacts()


class GpioPanel:
    """The lines of a panel. None of them is the strike's.

    Args:
        lines: which line is what.
        factory: the gpiozero pin factory; None takes lgpio, and only if any line is wired.

    Raises:
        DoorHardwareError: if a line cannot be claimed.
    """

    def __init__(self, lines: PanelLines, factory: Any = None) -> None:
        wired = (lines.fire, lines.tamper, lines.other_door, lines.lamp, lines.buzzer)
        if factory is None and any(line is not None for line in wired):
            factory = header(lines.chip)

        def contact(line: InputLine | None) -> Contact | None:
            return Contact(factory, line) if line else None

        self._fire, self._tamper, self._other = map(contact, (lines.fire, lines.tamper, lines.other_door))
        self._watched = any((self._fire, self._tamper, self._other))
        self._lamp = _output(factory, lines.lamp)
        self._buzzer = _output(factory, lines.buzzer)

    def contacts(self) -> Contacts:
        """What the contacts report."""
        if not self._watched:
            return _AT_REST
        return Contacts(
            *(contact is not None and contact.active() for contact in (self._fire, self._tamper, self._other))
        )

    def show(self, levels: Levels) -> None:
        """Set the lamp and the buzzer."""
        for pin, level in ((self._lamp, levels.lamp), (self._buzzer, levels.buzzer)):
            if pin is not None:
                with explained("The lamp or the buzzer cannot be set"):
                    pin.state = level

    def close(self) -> None:
        """Lamp out, buzzer silent."""
        self.show(Levels())


def _output(factory: Any, number: int | None) -> Any:
    if number is None:
        return None
    with explained(f"The output GPIO {number} cannot be claimed"):
        pin = factory.pin(number)
        pin.output_with_state(False)
        return pin
