"""The strike's line, watched through its whole history."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gpiozero import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPin

from edge_gate.devices.gpio import HIGH_AT_POWER_ON, GpioDoor, GpioLines, InputLine, secure_line
from edge_gate.errors import ConfigError, DoorHardwareError

STRIKE = 17


def levels(pin: MockPin) -> list[bool]:
    return [each.state for each in pin.states]


def test_a_daemon_killed_while_the_strike_was_released_is_followed_by_a_secured_strike() -> None:
    factory = MockFactory()
    GpioDoor(GpioLines(STRIKE), factory).assert_strike(released=True)

    secure_line(GpioLines(STRIKE), factory)

    pin = factory.pin(STRIKE)
    assert (pin.function, levels(pin)) == ("output", [False, True, False])


def test_a_daemon_started_again_secures_what_its_forerunner_left_released() -> None:
    factory = MockFactory()
    GpioDoor(GpioLines(STRIKE), factory).assert_strike(released=True)

    GpioDoor(GpioLines(STRIKE), factory)

    assert levels(factory.pin(STRIKE)) == [False, True, False]


def test_closing_leaves_the_line_driven_low_rather_than_floating() -> None:
    factory = MockFactory()
    door = GpioDoor(GpioLines(STRIKE), factory)

    door.close()
    del door

    pin = factory.pin(STRIKE)
    assert (pin.function, pin.state) == ("output", False)


def test_the_strike_is_secured_before_a_miswired_input_stops_the_daemon() -> None:
    factory = MockFactory()
    GpioDoor(GpioLines(STRIKE), factory).assert_strike(released=True)
    fixed_pull_up = InputLine(2, active="high", pull="down")

    with pytest.raises(DoorHardwareError, match="GPIO 2 cannot be claimed"):
        GpioDoor(GpioLines(STRIKE, position=fixed_pull_up), factory)

    assert levels(factory.pin(STRIKE))[-1] is False


def test_a_door_without_contacts_knows_nothing_of_its_leaf_and_hears_no_rex() -> None:
    door = GpioDoor(GpioLines(STRIKE), MockFactory())

    assert door.door_open() is None
    assert not door.exit_requested()


@pytest.mark.parametrize(("active", "pull"), [("low", "up"), ("high", "down")])
def test_a_rex_button_that_nobody_presses_is_at_rest_either_way_it_is_wired(active: Any, pull: Any) -> None:
    factory = MockFactory()
    door = GpioDoor(GpioLines(STRIKE, rex=InputLine(27, active, pull)), factory)
    assert not door.exit_requested()

    pin = factory.pin(27)
    pin.drive_low() if active == "low" else pin.drive_high()
    assert door.exit_requested()


def test_a_cut_wire_to_the_position_switch_reads_as_an_open_door() -> None:
    factory = MockFactory()
    door = GpioDoor(GpioLines(STRIKE, position=InputLine(22, active="high")), factory)

    assert door.door_open()


class LostPin(MockPin):  # type: ignore[misc]
    def _set_state(self, value: object) -> None:
        if value:
            raise GPIOZeroError("line lost")
        super()._set_state(value)


def test_a_lost_line_is_told_as_a_fault_of_the_strike() -> None:
    door = GpioDoor(GpioLines(STRIKE), MockFactory(pin_class=LostPin))

    with pytest.raises(DoorHardwareError, match=r"GPIO 17.*line lost"):
        door.assert_strike(released=True)


@pytest.mark.parametrize("pin", sorted(HIGH_AT_POWER_ON))
def test_a_relay_is_refused_on_a_pin_that_is_high_at_power_on(pin: int) -> None:
    with pytest.raises(ConfigError, match="high at power-on"):
        GpioLines(pin)


def test_pins_off_the_header_or_named_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="GPIO 28 is not on the header"):
        GpioLines(28)
    with pytest.raises(ConfigError, match="a GPIO each"):
        GpioLines(STRIKE, rex=InputLine(STRIKE, active="low"))


class FakeLgpio(ModuleType):
    """The lgpio calls that gpiozero's factory makes; remembers what each line was made to do."""

    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
    SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE = 32, 64, 128

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.done: list[tuple[str, int]] = []
        self.outputs: set[int] = set()

    def gpiochip_open(self, _chip: int) -> int:
        return 1

    def gpio_claim_input(self, _handle: int, gpio: int, flags: int = 0) -> None:
        self.outputs.discard(gpio)
        self.done.append(("input", flags))

    def gpio_free(self, _handle: int, gpio: int) -> None:
        self.outputs.discard(gpio)

    def gpio_claim_output(self, _handle: int, gpio: int, level: int = 0, _flags: int = 0) -> None:
        self.outputs.add(gpio)
        self.done.append(("output", level))

    def gpio_get_mode(self, _handle: int, gpio: int) -> int:
        return 2 if gpio in self.outputs else 0

    def gpio_write(self, _handle: int, _gpio: int, level: int) -> None:
        self.done.append(("write", level))


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch) -> FakeLgpio:
    fake = FakeLgpio()
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    return fake


def test_through_lgpio_the_line_is_pulled_down_claimed_low_and_never_high_before_a_grant(
    lgpio: FakeLgpio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xC03111)
    monkeypatch.setattr("gpiozero.pins.local.LocalPiFactory.pins", {})

    door = GpioDoor(GpioLines(STRIKE))
    door.assert_strike(released=True)
    door.close()
    del door

    claim, grant, close = lgpio.done[:-2], lgpio.done[-2], lgpio.done[-1]
    assert claim[-3:] == [("input", FakeLgpio.SET_PULL_DOWN), ("output", 0), ("write", 0)]
    assert {what for what, _ in claim[:-3]} == {"input"}
    assert (grant, close) == (("write", 1), ("write", 0))


def test_a_computer_that_is_no_raspberry_pi_says_so(lgpio: FakeLgpio) -> None:
    if "Revision" in Path("/proc/cpuinfo").read_text():
        pytest.skip("this is a Raspberry Pi")

    with pytest.raises(DoorHardwareError, match="unable to locate Pi revision"):
        GpioDoor(GpioLines(STRIKE))
    assert lgpio.done == []


def test_a_missing_lgpio_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)

    with pytest.raises(DoorHardwareError, match="apt install python3-lgpio"):
        secure_line(GpioLines(STRIKE))
