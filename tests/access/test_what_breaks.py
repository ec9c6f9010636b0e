"""The table of degraded modes, row by row, and the lamp and buzzer that show them."""

import pytest
from doorstep import Doorstep, office, policy

from edge_gate.access.door import Free, Lockdown, Unlock
from edge_gate.access.events import CameraRecovered, ClockJumped, FaultBegan, FaultEnded
from edge_gate.access.fault import OUTCOMES, Fault, hindrance
from edge_gate.access.signal import PATTERNS, Levels, Signal, levels

LIT, SOUND, BOTH, NONE = Levels(lamp=True), Levels(buzzer=True), Levels(lamp=True, buzzer=True), Levels()


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_has_its_outcome_and_that_is_what_the_door_does(fault: Fault) -> None:
    outcome = OUTCOMES[fault]
    for shows, opens in ((Doorstep.shows_face, outcome.faces), (Doorstep.shows_card, outcome.readers)):
        door = Doorstep(office(policy=policy("face|card")))
        door.faults = (fault,)
        door.turn()
        assert FaultBegan(fault) in door.journal
        assert door.shows() is Signal.FAULT
        shows(door, "ada")
        assert door.released() is opens
    door = Doorstep()
    door.faults = (fault,)
    door.presses_exit()
    assert door.released(), "no fault keeps anybody in"
    door.faults = ()
    door.wait(60_000)
    assert FaultEnded(fault) in door.journal
    door.shows_face("ada")
    assert door.released()


def test_the_gravest_fault_is_the_one_that_is_named() -> None:
    both = (Fault.TAMPERED, Fault.CAMERA_STALE)
    assert hindrance(both, face=True) is Fault.CAMERA_STALE
    assert hindrance(both, face=False) is Fault.TAMPERED
    assert hindrance((), face=True) is None


def test_a_fault_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    door = Doorstep()
    for faults in (
        (Fault.CAMERA_STALE,),
        (Fault.CAMERA_STALE, Fault.READER_SILENT),
        (Fault.READER_SILENT,),
        (),
    ):
        door.faults = faults
        for _ in range(3):
            door.wait(20)
    assert door.journal == [
        FaultBegan("camera_stale"),
        FaultBegan("reader_silent"),
        FaultEnded("camera_stale"),
        FaultEnded("reader_silent"),
    ]


def test_a_clock_that_is_unset_is_a_fault_until_it_is_set() -> None:
    door = Doorstep(at=None)
    assert FaultBegan("clock_unset") in door.journal
    door.ahead = 1_790_000_000_000
    door.wait(20)
    assert FaultEnded("clock_unset") in door.journal
    assert "clock_jumped" not in door.events


@pytest.mark.parametrize("moved", [-31_536_000_000, -3_600_000, -60_001, 60_001, 3_600_000, 31_536_000_000])
def test_a_jump_of_the_wall_clock_is_told_and_moves_no_deadline(moved: int) -> None:
    door = Doorstep()
    door.shows_face("ada")
    assert door.ahead is not None
    door.ahead += moved
    door.wait(4_999)
    assert ClockJumped(moved) in door.journal
    assert door.released()
    door.wait(1)
    assert not door.released()
    assert door.events.count("clock_jumped") == 1


def test_a_clock_that_is_nudged_has_not_jumped() -> None:
    door = Doorstep()
    assert door.ahead is not None
    for nudge in (60_000, -60_000):
        door.ahead += nudge
        door.wait(20)
    assert "clock_jumped" not in door.events


def test_a_button_held_down_is_stuck_after_two_minutes_and_whole_when_let_go() -> None:
    door = Doorstep()
    door.becomes(exit=True)
    door.wait(120_000 - 31)
    assert door.broken() == ()
    door.wait(1)
    assert door.broken() == (Fault.REX_STUCK,)
    door.becomes(exit=False)
    assert door.events[-1] == "fault_ended"


def test_a_door_held_for_two_minutes_more_may_be_a_stuck_switch() -> None:
    door = Doorstep()
    door.presses_exit()
    door.opens()
    door.wait(30_000)
    door.wait(119_999)
    assert door.broken() == ()
    door.wait(1)
    assert door.broken() == (Fault.POSITION_STUCK,)
    door.closes()
    assert door.broken() == ()


def test_an_open_housing_lets_nobody_in_until_it_is_shut() -> None:
    door = Doorstep()
    door.becomes(tampered=True)
    door.shows_face("ada")
    assert not door.released()
    door.becomes(tampered=False)
    door.shows_face("ada")
    assert door.released()


def test_a_bare_event_is_only_written_down() -> None:
    door = Doorstep()
    before = door.gate
    door.turn(CameraRecovered())
    assert door.journal == [CameraRecovered()]
    assert door.gate == before


# The lamp and the buzzer --------------------------------------------------------------------------


def test_a_grant_lights_the_lamp_while_the_strike_is_released_after_one_short_tone() -> None:
    door = Doorstep()
    door.shows_face("ada")
    shown = [door.gate.levels(door.now + ms) for ms in (0, 199, 200, 4_999)]
    assert shown == [BOTH, BOTH, LIT, LIT]
    door.wait(5_000)
    assert door.gate.levels(door.now) == NONE


def test_an_answer_is_shown_for_two_seconds() -> None:
    door = Doorstep(office(groups={}))
    door.shows_face("ada")
    door.wait(1_999)
    assert door.shows() is Signal.DENIED
    door.wait(1)
    assert door.shows() is Signal.READY


def test_whoever_is_let_in_at_an_open_door_is_told_so() -> None:
    door = Doorstep()
    door.orders(Unlock())
    door.opens()
    door.shows_face("ada")
    door.wait(1_999)
    assert door.shows() is Signal.GRANTED
    door.wait(1)
    assert door.shows() is Signal.READY


def test_a_wait_for_more_is_shown_while_there_is_patience() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_card("ada")
    door.wait(14_999)
    assert door.shows() is Signal.SHOW_MORE
    door.wait(1)
    assert door.shows() is Signal.READY


def test_the_signal_follows_the_door() -> None:
    door = Doorstep()
    door.opens()
    assert door.shows() is Signal.FORCED
    door.closes()
    door.orders(Lockdown())
    assert door.shows() is Signal.LOCKDOWN
    door.opens()
    assert door.shows() is Signal.FORCED
    door.closes()
    door.orders(Free())
    assert door.shows() is Signal.FREE
    door = Doorstep()
    door.orders(Unlock())
    door.opens()
    assert door.shows() is Signal.READY
    door.wait(20_000)
    assert door.shows() is Signal.PRE_ALARM
    door.wait(10_000)
    assert door.shows() is Signal.HELD


def test_an_alarm_goes_before_an_answer_and_an_answer_before_a_fault() -> None:
    door = Doorstep(office(groups={}))
    door.faults = (Fault.READER_SILENT,)
    door.turn()
    door.shows_face("ada")
    assert door.shows() is Signal.DENIED
    door.opens()
    assert door.shows() is Signal.FORCED
    door.closes()
    door.wait(2_000)
    assert door.shows() is Signal.FAULT


def test_a_pattern_begins_when_its_signal_does_and_repeats() -> None:
    door = Doorstep()
    door.opens()
    began = door.now
    door.wait(7_000)
    assert door.gate.since == began
    shown = [levels(Signal.FORCED, began, began + ms) for ms in (0, 199, 200, 399, 400, 599, 600)]
    assert shown == [BOTH, BOTH, NONE, NONE, BOTH, BOTH, NONE]


def test_every_signal_but_rest_can_be_told_from_every_other() -> None:
    assert set(PATTERNS) == set(Signal)
    shown = {
        signal: tuple(levels(signal, 0, ms) for ms in range(0, 4_000, 50))
        for signal in Signal
        if signal is not Signal.READY
    }
    assert len(set(shown.values())) == len(shown)
    assert all(any(level != NONE for level in levels_) for levels_ in shown.values())
