"""What every door owes its daemon, whatever it is made of."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from edge_gate.devices.gpio import GpioDoor, GpioLines, InputLine
from edge_gate.errors import DoorHardwareError
from edge_gate.ports import DoorHardware
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor
from edge_gate.simulated.rig import DoorRig, RigDoor

STRIKE, POSITION, REX = 17, 22, 27
LINES = GpioLines(STRIKE, InputLine(POSITION, active="high"), InputLine(REX, active="low"))


class Site:
    """A door and the means to look at it from outside."""

    def __init__(
        self,
        hardware: DoorHardware,
        levels: Callable[[], list[bool]],
        set_leaf: Callable[[bool], None],
        press: Callable[[bool], None],
    ) -> None:
        self.hardware = hardware
        self.levels = levels
        self.set_leaf = set_leaf
        self.press = press

    @property
    def released(self) -> bool:
        return self.levels()[-1]


def _simulated(_: Path) -> Iterator[Site]:
    door = SimulatedDoor(ManualClock())
    yield Site(
        door,
        lambda: [released for _, released in door.history],
        lambda is_open: setattr(door, "leaf_open", is_open),
        lambda down: setattr(door, "exit_pressed", down),
    )


def _rig(folder: Path) -> Iterator[Site]:
    with DoorRig(folder / "door") as rig:
        door = RigDoor(folder / "door")
        yield Site(
            door,
            lambda: [each.released for each in rig.history],
            lambda is_open: setattr(rig, "leaf_open", is_open),
            lambda down: setattr(rig, "exit_pressed", down),
        )
        door.close()


def _gpio(_: Path) -> Iterator[Site]:
    factory = MockFactory()
    strike, position, rex = (factory.pin(pin) for pin in (STRIKE, POSITION, REX))
    door = GpioDoor(LINES, factory)
    position.drive_low()
    yield Site(
        door,
        lambda: [each.state for each in strike.states],
        lambda is_open: position.drive_high() if is_open else position.drive_low(),
        lambda down: rex.drive_low() if down else rex.drive_high(),
    )


@pytest.fixture(params=[_simulated, _rig, _gpio], ids=["simulated", "rig", "gpio"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    yield from request.param(tmp_path)


def test_a_door_is_secured_from_the_first_moment(site: Site) -> None:
    assert not any(site.levels())


def test_the_strike_does_as_it_is_told_and_nothing_else(site: Site) -> None:
    for released in (True, True, False, False, True, False):
        site.hardware.assert_strike(released=released)
        assert site.released is released

    changes = [
        level for before, level in zip([None, *site.levels()], site.levels(), strict=False) if level != before
    ]
    assert changes == [False, True, False, True, False]


def test_the_position_switch_tells_open_from_shut(site: Site) -> None:
    assert site.hardware.door_open() is False

    site.set_leaf(True)
    assert site.hardware.door_open() is True

    site.set_leaf(False)
    assert site.hardware.door_open() is False


def test_rex_is_pressed_only_while_somebody_presses_it(site: Site) -> None:
    assert not site.hardware.exit_requested()

    site.press(True)
    assert site.hardware.exit_requested()

    site.press(False)
    assert not site.hardware.exit_requested()


def test_closing_secures_the_strike_for_good(site: Site) -> None:
    site.hardware.assert_strike(released=True)

    site.hardware.close()
    assert not site.released

    site.hardware.close()
    with pytest.raises(DoorHardwareError):
        site.hardware.assert_strike(released=True)
    assert not site.released


@pytest.mark.hardware
def test_a_real_relay_follows_and_is_left_secured() -> None:
    pin = os.environ.get("EDGE_GATE_TEST_STRIKE")
    if pin is None:
        pytest.skip("EDGE_GATE_TEST_STRIKE does not name the GPIO of a relay that may click")
    door = GpioDoor(GpioLines(int(pin)))
    for released in (False, True, False):
        door.assert_strike(released=released)
    door.close()
