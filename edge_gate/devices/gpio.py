"""The door's lines on the Raspberry Pi's header, through gpiozero and lgpio.

Pins rather than gpiozero's devices, for what happens at the end: a device turns its line into a floating
input when it is collected or the interpreter exits. A pin is left as it is, so the last level written, low,
outlives us. The wiring page says why the relay is active-high and pulled down.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from msgspec import Struct

from edge_gate.errors import ConfigError, DoorHardwareError

HIGH_AT_POWER_ON = frozenset({*range(9), 14, 15})
"""Header lines that are pulled up, or driven as a console, before any program runs (BCM2835 ARM Peripherals,
table 6-31; the later chips keep it). A relay there closes at every start."""


class InputLine(Struct, frozen=True):
    """A contact between a line and ground, or between a line and 3.3 V.

    Attributes:
        pin: BCM number, 0..27.
        active: the level that means "open" of a position switch, "pressed" of REX.
        pull: the resistor inside the chip; "none" where there is one outside.

    Raises:
        ConfigError: if there is no such pin.
    """

    pin: int
    active: Literal["high", "low"]
    pull: Literal["up", "down", "none"] = "up"

    def __post_init__(self) -> None:
        _check_pin(self.pin)


class GpioLines(Struct, frozen=True):
    """Which line is what.

    Attributes:
        strike: BCM number of the relay's line; high releases.
        position: the door position switch; None without one.
        rex: the request-to-exit button; None without one.
        chip: number of the gpiochip device; None finds the header's.

    Raises:
        ConfigError: if there is no such pin, one is used twice, or the strike's is not low at power-on.
    """

    strike: int
    position: InputLine | None = None
    rex: InputLine | None = None
    chip: int | None = None

    def __post_init__(self) -> None:
        _check_pin(self.strike)
        if self.strike in HIGH_AT_POWER_ON:
            raise ConfigError(f"The strike is on GPIO {self.strike}, high at power-on: take 9-13 or 16-27")
        pins = [self.strike, *(line.pin for line in (self.position, self.rex) if line)]
        if len(set(pins)) < len(pins):
            raise ConfigError(f"The door's lines need a GPIO each, not {pins}")


class PanelLines(Struct, frozen=True):
    """Which line is what; None is not wired.

    Attributes:
        fire: the fire alarm's contact.
        tamper: the housing's.
        other_door: the position switch of the interlock's other door.
        lamp: BCM number of an output; high lights it.
        buzzer: likewise; high sounds it.
        chip: number of the gpiochip device; None finds the header's.
    """

    fire: InputLine | None = None
    tamper: InputLine | None = None
    other_door: InputLine | None = None
    lamp: int | None = None
    buzzer: int | None = None
    chip: int | None = None


class GpioDoor:
    """A strike relay, and where wired a position switch and a REX button.

    Args:
        lines: which line is what.
        factory: the gpiozero pin factory; None takes lgpio, by name: gpiozero's own choice may fall back
            to one that cannot drive this board.

    Raises:
        DoorHardwareError: if a line cannot be claimed. The strike's is claimed first, secured.
    """

    def __init__(self, lines: GpioLines, factory: Any = None) -> None:
        factory = factory or header(lines.chip)
        self._name = f"GPIO {lines.strike}"
        self._strike: Any = _claim_secured(factory, lines.strike)
        self._position = Contact(factory, lines.position) if lines.position else None
        self._rex = Contact(factory, lines.rex) if lines.rex else None

    def assert_strike(self, *, released: bool) -> None:
        """Set the strike's level: high releases."""
        if self._strike is None:
            raise DoorHardwareError(f"The strike ({self._name}) has been let go")
        try:
            self._strike.state = released
        except Exception as error:
            raise _lost(f"The strike ({self._name}) cannot be set", error) from error

    def door_open(self) -> bool | None:
        """What the position switch says; None without a switch."""
        return self._position.active() if self._position else None

    def exit_requested(self) -> bool:
        """Whether REX is pressed now; never, without a button."""
        return self._rex is not None and self._rex.active()

    def close(self) -> None:
        """Secure the strike for good; the kernel takes the lines back when the process ends."""
        if self._strike is not None:
            self.assert_strike(released=False)
            self._strike = None


def secure_line(lines: GpioLines, factory: Any = None) -> None:
    """Take the strike's line from a daemon that died, secure it, and leave it so: for `ExecStopPost=`.

    Raises:
        DoorHardwareError: if the line cannot be claimed.
    """
    _claim_secured(factory or header(lines.chip), lines.strike)


def at_rest(lines: GpioLines, factory: Any = None) -> bool:
    """The strike's level against the chip's pull-down, nobody driving it; high is a fault.

    The line is secured afterwards, whatever it was.

    Raises:
        DoorHardwareError: if the line cannot be had.
    """
    factory = factory or header(lines.chip)
    with explained(f"The strike (GPIO {lines.strike}) cannot be claimed"):
        pin = factory.pin(lines.strike)
        pin.input_with_pull("down")
        level = bool(pin.state)
    _claim_secured(factory, lines.strike)
    return level


class Contact:
    """An input line.

    Raises:
        DoorHardwareError: here and in `active`, if the line is lost.
    """

    def __init__(self, factory: Any, line: InputLine) -> None:
        self._name = f"GPIO {line.pin}"
        self._active = line.active == "high"
        with explained(f"The input {self._name} cannot be claimed"):
            self._pin: Any = factory.pin(line.pin)
            self._pin.input_with_pull("floating" if line.pull == "none" else line.pull)

    def active(self) -> bool:
        """Whether the line is at the level that means something."""
        try:
            return bool(self._pin.state) is self._active
        except Exception as error:
            raise _lost(f"The input {self._name} cannot be read", error) from error


def _claim_secured(factory: Any, strike: int) -> Any:
    with explained(f"The strike (GPIO {strike}) cannot be claimed"):
        pin = factory.pin(strike)
        # gpiozero has just switched the pull-down off; with it the line falls if the kernel takes it back.
        pin.input_with_pull("down")
        # gpiozero claims an output low and then writes the level: one and the same, for an active-high relay.
        pin.output_with_state(False)
        return pin


def header(chip: int | None) -> Any:
    """The pin factory of the header's lines.

    Raises:
        DoorHardwareError: if lgpio cannot be loaded, or the lines cannot be opened.
    """
    try:
        pins = importlib.import_module("gpiozero.pins.lgpio")
    except ImportError as error:
        raise DoorHardwareError(
            f"lgpio cannot be loaded: {error}",
            "`sudo apt install python3-lgpio`, into an environment made with `--system-site-packages`",
        ) from error
    with explained("The GPIO lines of this computer cannot be opened"):
        return pins.LGPIOFactory(chip)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn whatever the pin library raises into an error that says what was tried.

    Lines that are read or set many times a second do so by themselves: this costs more than the line.
    """
    try:
        yield
    except Exception as error:
        raise _lost(what, error) from error


def _lost(what: str, error: Exception) -> DoorHardwareError:
    # lgpio's errors and gpiozero's have no nearer class in common than Exception.
    return DoorHardwareError(f"{what}: {error}")


def _check_pin(pin: int) -> None:
    if not 0 <= pin <= 27:
        raise ConfigError(f"GPIO {pin} is not on the header: take 0-27")
