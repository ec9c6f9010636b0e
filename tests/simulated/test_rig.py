"""The door in another process, and what a killed daemon leaves behind in it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_gate.errors import DoorHardwareError
from edge_gate.simulated.rig import DoorRig, RigDoor

RELEASES_AND_DIES = """
import os, sys
from pathlib import Path
from edge_gate.simulated.rig import RigDoor
RigDoor(Path(sys.argv[1])).assert_strike(released=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def address(tmp_path: Path) -> Path:
    return tmp_path / "door"


def test_a_daemon_killed_in_the_middle_of_a_grant_leaves_the_strike_released(address: Path) -> None:
    with DoorRig(address) as rig:
        killed = subprocess.run([sys.executable, "-c", RELEASES_AND_DIES, address], check=False)

        assert killed.returncode == -signal.SIGKILL
        assert rig.released


def test_the_next_daemon_secures_with_its_first_word(address: Path) -> None:
    with DoorRig(address) as rig:
        subprocess.run([sys.executable, "-c", RELEASES_AND_DIES, address], check=False)
        RigDoor(address).close()

    assert [(each.client, each.released) for each in rig.history] == [
        (0, False),
        (1, False),
        (1, True),
        (2, False),
    ]
    assert sorted(each.at for each in rig.history) == [each.at for each in rig.history]


def test_saying_the_same_again_is_no_transition(address: Path) -> None:
    with DoorRig(address) as rig:
        door = RigDoor(address)
        for _ in range(5):
            door.assert_strike(released=True)
        door.close()

    assert [each.released for each in rig.history] == [False, False, True, False]


def test_a_lost_rig_is_a_fault_of_the_door(address: Path) -> None:
    with DoorRig(address):
        door = RigDoor(address)

    with pytest.raises(DoorHardwareError, match="is lost"):
        door.assert_strike(released=True)
    with pytest.raises(DoorHardwareError, match="is lost"):
        door.door_open()
    with pytest.raises(DoorHardwareError, match="is lost"):
        door.close()
    door.close()


def test_without_a_rig_there_is_no_door(address: Path) -> None:
    with pytest.raises(DoorHardwareError, match="does not answer"):
        RigDoor(address)


def test_the_rig_alone_prints_each_transition_and_takes_the_world_from_its_input(address: Path) -> None:
    rig = subprocess.Popen(
        [sys.executable, "-m", "edge_gate.simulated.rig", str(address)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert rig.stdin
    assert rig.stdout
    powered_on = json.loads(rig.stdout.readline())
    door = RigDoor(address)
    claimed = json.loads(rig.stdout.readline())
    rig.stdin.write('{"leaf": true, "exit": true}\n')
    rig.stdin.flush()
    while not door.exit_requested():
        pass
    assert door.door_open()
    door.assert_strike(released=True)
    released = json.loads(rig.stdout.readline())
    door.close()
    rest, _ = rig.communicate(timeout=10)
    secured = json.loads(rest)

    assert [each["released"] for each in (powered_on, claimed, released, secured)] == [
        False,
        False,
        True,
        False,
    ]
    assert [each["client"] for each in (powered_on, claimed, released, secured)] == [0, 1, 1, 1]
    assert rig.returncode == 0
    assert not address.exists()
