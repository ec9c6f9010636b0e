"""The strike, the leaf, the button, the fire alarm and the other door."""

import pytest
from doorstep import Doorstep, office, policy
from msgspec.structs import replace

from edge_gate.access.door import (
    Door,
    DoorTimes,
    Fire,
    Free,
    Lockdown,
    Position,
    RequestToExit,
    Secure,
    State,
    Stay,
    Tick,
    Unlock,
    path,
    pre_alarm,
    step,
)
from edge_gate.access.rules import OpenHours
from edge_gate.access.signal import Signal

TIMES = DoorTimes()


def test_an_unlocking_ends_with_its_time_to_the_millisecond() -> None:
    door = Doorstep()
    door.shows_face("ada")
    door.wait(4_999)
    assert door.released()
    door.wait(1)
    assert not door.released()
    assert door.events[-3:] == ["access_granted", "strike_released", "strike_secured"]


def test_a_deadline_goes_before_the_input_that_comes_after_it() -> None:
    door = step(Door(), Unlock(), 0, TIMES)
    door = step(door, Position(open=False), 1, TIMES)
    reached = list(path(door, Position(open=True), 5_000, TIMES))
    assert [each.state for each in reached] == [State.SECURED, State.FORCED_OPEN]
    assert [each.since for each in reached] == [5_000, 5_000]


def test_time_does_not_run_backward_for_a_door() -> None:
    door = step(Door(since=1_000), Unlock(), 10, TIMES)
    assert (door.since, door.deadline) == (1_000, 6_000)


def test_an_unlocking_again_starts_its_time_afresh() -> None:
    door = Doorstep()
    door.shows_face("ada")
    door.wait(4_000)
    door.shows_face("bob")
    door.wait(4_999)
    assert door.released()
    assert door.events.count("strike_released") == 1


@pytest.mark.parametrize("switch", [True, False])
def test_whoever_stands_before_an_unlocked_door_and_is_found_anew_does_not_keep_it_unlocked(
    switch: bool,
) -> None:
    door = Doorstep(switch=switch)
    door.shows_face("ada")
    door.wait(1_000)
    door.shows_face("bob")
    for subject in ("ada", "bob", "ada", "bob"):
        door.wait(1_000)
        assert door.released()
        door.shows_face(subject)
    door.wait(999)
    assert door.released()
    door.wait(1)
    assert not door.released()
    door.shows_face("ada")
    assert door.released(), "a visit of its own"


def test_a_strike_relocks_when_the_door_opens_and_a_magnet_when_it_closes() -> None:
    for relock, released in (("open", False), ("close", True)):
        door = Doorstep(times=DoorTimes(relock=relock))  # type: ignore[arg-type]
        door.shows_face("ada")
        door.opens()
        assert door.released() is released
        door.closes()
        assert door.state() is State.SECURED
        assert door.events[-1] == ("strike_secured" if released else "door_closed")


def test_a_magnet_relocks_at_the_deadline_even_on_an_open_leaf() -> None:
    door = Doorstep(times=DoorTimes(relock="close"))
    door.shows_face("ada")
    door.opens()
    door.wait(5_000)
    assert not door.released()
    assert door.state() is State.OPEN


def test_a_door_left_open_is_reported_held_once() -> None:
    door = Doorstep()
    door.shows_face("ada")
    door.opens()
    for _ in range(5):
        door.wait(29_999)
    assert door.events.count("door_held") == 1
    assert door.state() is State.HELD_OPEN
    door.closes()
    door.wait(60_000)
    assert door.events.count("door_held") == 1
    assert door.state() is State.SECURED


def test_the_pre_alarm_comes_so_long_before() -> None:
    door = Door(State.OPEN, since=0, deadline=30_000, open=True)
    assert not pre_alarm(door, 19_999, TIMES)
    assert pre_alarm(door, 20_000, TIMES)
    assert not pre_alarm(replace(door, state=State.UNLOCKED), 20_000, TIMES)
    assert not pre_alarm(replace(door, deadline=None), 20_000, TIMES)


def test_an_opening_without_leave_is_reported_forced_once() -> None:
    door = Doorstep()
    door.opens()
    door.wait(600_000)
    assert door.events.count("door_forced") == 1
    assert not door.released()
    door.closes()
    assert door.state() is State.SECURED
    door.opens()
    assert door.events.count("door_forced") == 2


def test_booting_with_the_door_open_is_no_alarm() -> None:
    door = Doorstep()
    door.gate = replace(
        door.gate, door=Door(since=door.now), position=replace(door.gate.position, level=None)
    )
    door.opens()
    assert door.state() is State.OPEN
    assert "door_forced" not in door.events


def test_a_grant_before_the_first_report_of_the_switch_stands() -> None:
    door = step(step(Door(), Unlock(), 0, TIMES), Position(open=False), 1, TIMES)
    assert door.state is State.UNLOCKED


def test_exit_unlocks_or_only_keeps_the_alarm_quiet() -> None:
    door = Doorstep()
    door.presses_exit()
    assert door.released()
    assert door.events[-1] == "strike_released"
    door = Doorstep(times=DoorTimes(rex="shunt"))
    door.presses_exit()
    assert not door.released()
    door.opens()
    assert door.state() is State.OPEN
    assert "door_forced" not in door.events


def test_a_shunt_lasts_its_time_and_no_longer() -> None:
    times = DoorTimes(rex="shunt")
    shunted = step(Door(open=False), RequestToExit(), 0, times)
    assert step(shunted, Position(open=True), 4_999, times).state is State.OPEN
    assert step(shunted, Position(open=True), 5_000, times).state is State.FORCED_OPEN


def test_exit_is_heard_when_pressed_and_not_while_held_down() -> None:
    door = Doorstep()
    door.becomes(exit=True)
    door.wait(5_000)
    assert not door.released()
    door.wait(600_000)
    assert not door.released()


def test_a_shunt_is_used_up_by_one_opening() -> None:
    door = Doorstep(times=DoorTimes(rex="shunt"))
    door.presses_exit()
    door.walks_through()
    door.opens()
    assert door.state() is State.FORCED_OPEN


def test_a_switch_that_falls_silent_leaves_the_door_as_it_was_last_seen() -> None:
    door = Doorstep()
    door.readings = replace(door.readings, open=None)
    door.wait(60_000)
    assert door.gate.door.open is False
    assert door.journal == []


# Operators ---------------------------------------------------------------------------------------


def test_an_operator_unlocks_secures_and_frees() -> None:
    door = Doorstep()
    door.orders(Unlock())
    assert door.events[-2:] == ["operator_command", "strike_released"]
    door.orders(Secure())
    assert not door.released()
    door.orders(Free())
    door.wait(seconds=86_400)
    assert door.state() is State.FREE
    door.orders(Unlock())
    door.orders(Secure())
    assert door.state() is State.SECURED


def test_a_free_door_is_secured_at_its_end_open_or_shut() -> None:
    for leaf, state in ((False, State.SECURED), (True, State.OPEN)):
        door = Doorstep()
        door.orders(Free(door.now + 60_000))
        door.becomes(open=leaf)
        door.wait(60_000 - 31)
        assert door.state() is State.FREE
        door.wait(31)
        assert door.state() is state


def test_a_free_time_that_is_over_already_ends_at_once() -> None:
    door = step(Door(since=100), Free(until=50), 100, TIMES)
    assert door.deadline == 100
    assert step(door, Tick(), 100, TIMES).state is State.SECURED


def test_securing_an_open_door_starts_its_time() -> None:
    door = Doorstep()
    door.orders(Free())
    door.opens()
    door.orders(Secure())
    assert door.state() is State.OPEN
    door.wait(30_000)
    assert door.state() is State.HELD_OPEN
    door.orders(Secure())
    assert door.state() is State.HELD_OPEN


def test_in_lockdown_nothing_but_an_operator_or_fire_releases() -> None:
    door = Doorstep()
    door.shows_face("ada")
    door.orders(Lockdown())
    assert not door.released()
    assert door.events[-2:] == ["lockdown_began", "strike_secured"]
    door.presses_exit()
    door.orders(Unlock())
    door.orders(Lockdown())
    assert door.state() is State.LOCKDOWN
    assert door.events.count("lockdown_began") == 1
    door.orders(Secure())
    assert door.gate.door == Door(since=door.now, open=False)
    assert door.events[-1] == "lockdown_lifted"


def test_an_operator_may_free_a_locked_down_door() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.orders(Free())
    assert door.gate.door == Door(State.FREE, since=door.now, open=False)
    assert "lockdown_lifted" in door.events
    door.orders(Secure())
    assert door.state() is State.SECURED


def test_a_door_forced_in_lockdown_is_reported_once_and_stays_locked_down() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.opens()
    door.wait(600_000)
    assert door.state() is State.LOCKDOWN
    assert door.events.count("door_forced") == 1
    door.closes()
    assert not door.gate.door.breached
    door.opens()
    assert door.events.count("door_forced") == 2


def test_a_breach_ends_with_the_lockdown() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.opens()
    assert door.shows() is Signal.FORCED
    door.orders(Secure())
    assert door.state() is State.OPEN
    assert door.shows() is Signal.READY


def test_whoever_leaves_by_the_handle_in_lockdown_raises_no_alarm() -> None:
    door = Doorstep(times=DoorTimes(rex="shunt"))
    door.orders(Lockdown())
    door.presses_exit()
    door.opens()
    assert "door_forced" not in door.events
    assert door.state() is State.LOCKDOWN


def test_a_switch_heard_for_the_first_time_in_lockdown_raises_no_alarm() -> None:
    door = step(step(Door(), Lockdown(), 0, TIMES), Position(open=True), 1, TIMES)
    assert not door.breached


# Fire --------------------------------------------------------------------------------------------


def test_fire_frees_the_door_until_the_panel_is_at_rest() -> None:
    door = Doorstep()
    door.becomes(fire=True)
    assert door.state() is State.FREE
    assert set(door.events) >= {"fire_began", "free_began", "strike_released"}
    for asks in (Secure(), Lockdown(), Secure(), Unlock(), Free(door.now), Stay(door.now), RequestToExit()):
        door.orders(asks)
        door.wait(3_600_000)
        assert door.released()
    door.becomes(fire=False)
    assert door.state() is State.SECURED
    assert door.events[-2:] == ["fire_ended", "strike_secured"]


def test_a_lockdown_holds_again_after_the_fire() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.becomes(fire=True)
    assert door.released()
    door.becomes(fire=False)
    assert door.gate.door == Door(State.LOCKDOWN, since=door.now, open=False, locked_down=True)


def test_a_lockdown_ordered_or_lifted_during_fire_counts_afterwards() -> None:
    for orders, state in (
        ((Lockdown(),), State.LOCKDOWN),
        ((Lockdown(), Secure()), State.SECURED),
    ):
        door = Doorstep()
        door.becomes(fire=True)
        for asks in orders:
            door.orders(asks)
        door.becomes(fire=False)
        assert door.state() is state


def test_a_door_open_when_the_fire_ends_is_open_and_timed() -> None:
    door = Doorstep()
    door.becomes(fire=True)
    door.opens()
    assert "door_forced" not in door.events
    door.becomes(fire=False)
    assert door.state() is State.OPEN


def test_the_same_word_from_the_panel_again_changes_nothing() -> None:
    burning = step(Door(), Fire(active=True), 0, TIMES)
    assert step(burning, Fire(active=True), 5, TIMES) == burning
    assert step(Door(), Fire(active=False), 5, TIMES) == Door()


# Interlock ---------------------------------------------------------------------------------------


def test_while_the_other_door_is_open_neither_exit_nor_operator_unlocks_this_one() -> None:
    door = Doorstep()
    door.becomes(other_open=True)
    door.presses_exit()
    door.orders(Unlock())
    assert not door.released()
    door.becomes(other_open=False)
    door.orders(Unlock())
    assert door.released()


@pytest.mark.parametrize(("leaf", "state"), [(False, State.SECURED), (True, State.OPEN)])
def test_an_unlocking_ends_when_the_other_door_opens_first(leaf: bool, state: State) -> None:
    door = Doorstep(times=DoorTimes(relock="close"))
    door.shows_face("ada")
    door.becomes(open=leaf)
    door.becomes(other_open=True)
    assert door.state() is state


def test_fire_and_an_operators_free_go_before_the_interlock() -> None:
    def burn(door: Doorstep) -> None:
        door.becomes(fire=True)

    def free(door: Doorstep) -> None:
        door.orders(Free())

    for act in (burn, free):
        door = Doorstep()
        act(door)
        door.becomes(other_open=True)
        assert door.released()
        door = Doorstep()
        door.becomes(other_open=True)
        act(door)
        assert door.released()


def test_open_hours_neither_begin_nor_toggle_behind_an_open_door_or_in_lockdown() -> None:
    for door in (Door(barred=True), Door(State.LOCKDOWN, locked_down=True)):
        assert step(door, Stay(until=10_000), 0, TIMES) == door
    free = Door(State.FREE, barred=True)
    assert step(free, Stay(until=10_000, toggle=True), 0, TIMES) == free


def test_open_hours_begun_at_an_open_door_leave_it_free() -> None:
    hours = OpenHours("always", ("everyone",))
    door = Doorstep(office(policy=policy(open_hours=hours)))
    door.presses_exit()
    door.opens()
    door.shows_face("ada")
    assert door.state() is State.FREE


def test_lines_settle_before_they_count() -> None:
    for line in ("open", "exit", "fire", "tampered", "other_open"):
        door = Doorstep()
        before = door.gate.door
        door.touches(**{line: True})
        door.wait(29)
        assert door.gate.door == before
        assert door.gate.faults == ()
        door.wait(1)
        assert (door.gate.door, door.gate.faults) != (before, ())
