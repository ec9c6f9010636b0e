import pytest

from edge_gate.errors import DoorHardwareError
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor


def test_the_history_tells_when_the_strike_moved() -> None:
    clock = ManualClock(now=1_000)
    door = SimulatedDoor(clock)
    clock.advance(200)
    door.assert_strike(released=True)
    clock.advance(5_000)
    door.assert_strike(released=True)
    door.assert_strike(released=False)

    assert door.history == [(1_000, False), (1_200, True), (6_200, False)]


def test_a_door_may_have_no_position_switch() -> None:
    assert SimulatedDoor(ManualClock(), leaf_open=None).door_open() is None


def test_cut_lines_are_a_fault_and_leave_the_strike_as_it_was() -> None:
    door = SimulatedDoor(ManualClock())
    door.broken = True

    with pytest.raises(DoorHardwareError):
        door.assert_strike(released=True)
    with pytest.raises(DoorHardwareError):
        door.exit_requested()
    assert not door.released


def test_the_clock_moves_only_when_moved_and_only_forward() -> None:
    clock = ManualClock(now=7, epoch_ms=1_000)
    assert (clock.now(), clock.now()) == (7, 7)

    clock.advance(3)
    assert (clock.now(), clock.utc_ms()) == (10, 1_010)

    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(9)
