"""The four doors of the rules page, set up from the pages alone on a board on the bench.

The configurations and commands are the page's own words; what is added is what no page of ours can bring:
a camera with somebody before it, and a place for the state.
"""

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import pytest
from boarded import Board, Technician
from supervised import MovedClock

from edge_gate.access.wiegand import KEYS
from edge_gate.config import WAIVER
from edge_gate.simulated.portrait import views

DOCS = Path(__file__).parents[1] / "docs"
RULES, WIRING = ((DOCS / page).read_text() for page in ("rules.md", "wiring.md"))
STRIKE, POSITION, REX, D0, D1, OTHER_DOOR = 17, 22, 27, 5, 6, 16
OPEN, CLOSED, PRESSED, LET_GO = 1, 0, 0, 1
"""As the wiring page has it: contacts to ground."""

BENCH = """
[camera]
source = "scene:{folder}/before.scene"
[liveness]
waiver = "{waiver}"
[control]
socket = "{folder}/control.sock"
[store]
state = "{folder}/state"
"""


def section(heading: str) -> str:
    """What the rules page says under a heading."""
    found = re.search(rf"^### {heading}\n(.*?)(?=^##)", RULES, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def block(text: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found, language
    return found[1]


Bench = Callable[..., Technician]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A board with a door of the rules page, before which something happens."""
    at_work: list[Technician] = []

    def one(heading: str, script: str, name: str = "door", **environment: str) -> Technician:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "before.scene").write_text(script + "\n")
        config = folder / "edge_gate.toml"
        config.write_text(block(section(heading), "toml") + BENCH.format(folder=folder, waiver=WAIVER))
        technician = Technician(Board(folder / "board"), config, environment)
        at_work.append(technician)
        return technician

    yield one
    for technician in at_work:
        technician.leaves()
        technician.board.close()


def enrol_ada(technician: Technician) -> None:
    words = ["enrol", "ada"]
    for number, view in enumerate(views("ada")):
        photograph = technician.config.parent / f"ada{number}.png"
        cv2.imwrite(str(photograph), view)
        words += ["--images", str(photograph)]
    done = technician.types(*words)
    assert done.returncode == 0, done.stderr


def secured_for(technician: Technician, seconds: float) -> bool:
    """Whether the line stays low so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if technician.board.high(STRIKE):
            return False
        time.sleep(0.005)
    return True


def before_leaving(technician: Technician) -> None:
    """The commands at the end of the wiring page."""
    commands = re.search(r"## Before you leave\n\n((?:    .*\n)+)", WIRING)
    assert commands
    lines = [shlex.split(line, comments=True) for line in commands[1].splitlines()]
    assert [words[:3] for words in lines] == [
        ["edge-gate", "check"],
        ["edge-gate", "door", "status"],
        ["edge-gate", "door", "unlock"],
        ["sudo", "systemctl", "kill"],
    ]
    for words in lines[:2]:
        assert technician.types(*words[1:]).returncode == 0
    said = technician.types(*lines[2][1:])
    assert said.stdout.strip() == "the strike is released for the unlock time"
    technician.sees(lambda: technician.board.high(STRIKE))
    technician.kills_the_service()
    assert not technician.board.high(STRIKE)


def test_a_magnet_with_exit_button_and_position_switch(bench: Bench) -> None:
    at = bench("Magnet with REX and position switch", "nobody for 600 s")
    at.board.wire(POSITION, CLOSED)
    assert at.types("check").returncode == 0
    at.starts_the_service()
    assert secured_for(at, 0.3)
    stands = json.loads(at.types("door", "status", "--json").stdout)
    assert (stands["lock"], stands["open"]) == ("fail_safe", False)

    at.board.wire(REX, PRESSED)
    assert at.hears("strike_released")["reason"] == "rex"
    assert at.board.high(STRIKE)
    at.board.wire(REX, LET_GO)
    at.board.wire(POSITION, OPEN)
    time.sleep(0.3)
    assert at.board.high(STRIKE), "it grabs a leaf in motion"
    at.board.wire(POSITION, CLOSED)
    at.hears("strike_secured")
    assert not at.board.high(STRIKE)

    at.board.wire(POSITION, OPEN)
    at.hears("door_forced")
    assert secured_for(at, 0.1)
    at.board.wire(POSITION, CLOSED)
    at.hears("door_closed")
    before_leaving(at)


def test_a_strike_without_a_position_switch(bench: Bench) -> None:
    at = bench("Strike, no position switch", "nobody for 600 s")
    enrol_ada(at)
    at.starts_the_service()
    at.board.wire(REX, PRESSED)
    assert secured_for(at, 0.5), "the inner handle opens by itself"
    at.board.wire(REX, LET_GO)
    before_leaving(at)

    (at.config.parent / "before.scene").write_text("ada stands for 600 s\n")
    at.starts_the_service()
    assert at.hears("access_granted")["subject"] == "ada"
    begun = at.hears("strike_released")["t_ms"]
    assert 4_000 <= at.hears("strike_secured")["t_ms"] - begun < 4_500
    assert {"door_forced", "door_held"}.isdisjoint(at.heard())


def card(facility: int, number: int) -> str:
    """A 26-bit frame."""
    fields = f"{facility:08b}{number:016b}"
    first, second = fields[:12], fields[12:]
    return f"{first.count('1') % 2}{fields}{1 - second.count('1') % 2}"


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    try:
        return MovedClock(tmp_path)
    except FileNotFoundError:
        pytest.skip("needs a C compiler, to give the daemon a clock of its own")


def test_card_and_face_by_day_and_a_pin_besides_by_night(bench: Bench, clock: MovedClock) -> None:
    def strikes(hour: int) -> None:
        wanted = datetime(2027, 3, 1, hour, tzinfo=ZoneInfo("Europe/Berlin"))
        clock.move(round(wanted.timestamp() - time.time()))

    heading = "Card and face by day, a PIN besides by night"
    at = bench(heading, "ada stands for 600 s", **clock.environment)
    strikes(10)
    enrol_ada(at)
    said = at.types("check")
    assert said.returncode == 3
    assert "edge-gate schedules set day" in said.stderr
    for line in block(section(heading), "sh").splitlines():
        done = at.types(*shlex.split(line)[1:], answers="2580\n2580\n")
        assert done.returncode == 0, done.stderr
    assert at.types("check").returncode == 0

    def shows(facility: int, number: int) -> None:
        at.board.pulse(card(facility, number), D0, D1)

    def presses(keys: str) -> None:
        for key in keys:
            at.board.pulse(f"{KEYS.index(key):04b}", D0, D1)

    at.starts_the_service()
    assert secured_for(at, 2), "a face alone opens nothing"
    shows(17, 4712)
    assert at.hears("access_denied")["reason"] == "unknown_card"
    shows(17, 4711)
    assert at.hears("access_pending")["reason"] == "face"
    assert at.hears("access_granted", "access_denied")["subject"] == "ada"
    at.hears("strike_secured")

    strikes(23)
    at.hears("clock_jumped")
    shows(17, 4711)
    assert at.hears("access_pending")["reason"] == "face+pin"
    assert at.hears("access_pending")["reason"] == "pin"
    assert secured_for(at, 1), "card and face are not enough by night"
    presses("1111#")
    assert at.hears("access_granted", "access_denied")["reason"] == "wrong_pin"
    presses("2580#")
    assert at.hears("access_granted", "access_denied")["event"] == "access_granted"
    at.hears("strike_secured")


def test_two_doors_of_a_lock_are_never_both_unlocked(bench: Bench) -> None:
    heading = "Two doors of a lock, never both open"
    outer, inner = (bench(heading, "nobody for 600 s", name) for name in ("outer", "inner"))

    def stands(this: Technician, other: Technician, level: int) -> None:
        """One leaf; its switch has two contacts."""
        this.board.wire(POSITION, level)
        other.board.wire(OTHER_DOOR, level)

    for this, other in ((outer, inner), (inner, outer)):
        stands(this, other, CLOSED)
    for each in (outer, inner):
        assert each.types("check").returncode == 0
        each.starts_the_service()

    for this, other in ((outer, inner), (inner, outer)):
        assert this.types("door", "unlock", "--reason", "visitor").returncode == 0
        this.sees(lambda at=this: at.board.high(STRIKE))  # type: ignore[misc]
        stands(this, other, OPEN)
        this.hears("door_opened")
        said = other.types("door", "unlock")
        assert said.stdout.strip() == "it stays secured: the other door of the interlock is open"
        assert secured_for(other, 0.3)
        stands(this, other, CLOSED)
        this.hears("door_closed")

    assert outer.types("door", "unlock").returncode == 0
    outer.sees(lambda: outer.board.high(STRIKE))
    stands(inner, outer, OPEN)
    outer.sees(lambda: not outer.board.high(STRIKE))
    stands(inner, outer, CLOSED)
    before_leaving(outer)
