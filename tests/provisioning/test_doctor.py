"""Each thing that goes wrong with a door on a wall, done to a sound one: doctor names it, and what next."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPin
from technician import Site

from edge_gate.access.events import ServiceStarted
from edge_gate.config import WAIVER, Settings, load
from edge_gate.devices.gpio import GpioLines, at_rest
from edge_gate.errors import CameraError, CameraTimeout, DoorHardwareError
from edge_gate.face.frame import Frame, Picture
from edge_gate.face.probe import unit
from edge_gate.ports import Camera
from edge_gate.provisioning.doctor import examine
from edge_gate.provisioning.finding import Finding, Level
from edge_gate.provisioning.machine import Machine, Ran
from edge_gate.provisioning.senses import Senses
from edge_gate.service import wiring
from edge_gate.service.control import ControlServer
from edge_gate.service.loops import Inbox
from edge_gate.simulated.scene import SceneCamera
from edge_gate.store.manifest import models_directory
from edge_gate.store.record import Entry

CONFIG = """
[camera]
source = "picamera2"
[liveness]
waiver = "{waiver}"
[door]
strike_pin = 17
position_pin = 22
rex_pin = 27
[store]
state = "{state}"
[control]
socket = "{state}/control.sock"
"""
UNIT = {
    "LoadState": "loaded",
    "UnitFileState": "enabled",
    "ActiveState": "inactive",
    "Result": "success",
    "NRestarts": "0",
    "WatchdogUSec": "6s",
}


@dataclass
class Board:
    """A Raspberry Pi with a sound door on it, until a test does something to it."""

    folder: Path
    settings: Settings
    factory: Any = field(default_factory=MockFactory)
    unit: dict[str, str] = field(default_factory=lambda: dict(UNIT))
    groups: str = "edge_gate gpio video"
    synchronised: str = "yes"
    throttled: int = 0
    libraries: Ran = field(default_factory=lambda: Ran(0, ""))
    free: int = 8_000_000_000
    now: datetime = datetime(2026, 11, 22, tzinfo=UTC)
    camera: Camera = field(default_factory=lambda: SceneCamera("ada walks up for 5 s"))

    @property
    def config(self) -> Path:
        return self.folder / "edge_gate.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def configure(self, **changes: dict[str, Any]) -> None:
        self.settings = load(self.config, changes)

    def file(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def enrol(self) -> None:
        with (
            closing(wiring.gallery(self.settings)) as gallery,
            closing(wiring.journal(self.settings)) as journal,
        ):
            embedder = wiring.eyes(self.settings).embedder.identity
            gallery.enrol("ada", [unit(np.ones(128, np.float32), embedder)])
            journal.append_many([Entry(ServiceStarted("0", "builtin"), 0, 0)] * 3)

    def findings(self) -> dict[str, Finding]:
        machine = Machine(self._run, self.folder, lambda _: self.free, lambda: self.now)
        senses = Senses(lambda _settings, _clock: self.camera, self._header)
        return {finding.about: finding for finding in self._examined(machine, senses)}

    def _examined(self, machine: Machine, senses: Senses) -> Iterator[Finding]:
        # What is found first about a thing is what a technician reads first; a later OK hides nothing.
        found = list(examine(self.config, self.settings, machine, senses))
        yield from sorted(found, key=lambda finding: finding.level is not Level.OK)

    def _header(self) -> Any:
        if isinstance(self.factory, Exception):
            raise self.factory
        return self.factory

    def _run(self, words: Sequence[str]) -> Ran:
        match words[0]:
            case "timedatectl":
                return Ran(0, self.synchronised)
            case "id":
                return Ran(0, self.groups) if self.groups else Ran(1, "id: no such user")
            case "systemctl":
                return Ran(0, "".join(f"{name}={value}\n" for name, value in self.unit.items()))
            case "vcgencmd":
                return Ran(0, f"throttled={self.throttled:#x}\n")
            case _:
                return self.libraries


@pytest.fixture
def board(tmp_path: Path) -> Board:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    config = tmp_path / "edge_gate.toml"
    config.write_text(CONFIG.format(waiver=WAIVER, state=state))
    board = Board(tmp_path, load(config))
    board.file("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    board.file("proc/cmdline", "console=tty1 pinctrl_rp1.persist_gpio_outputs=n rootwait\n")
    board.file("boot/firmware/config.txt", "[all]\ngpio=17=op,pd,dl\ndtparam=watchdog=on\n")
    board.file("sys/class/watchdog/watchdog0/state", "active\n")
    board.file("sys/class/watchdog/watchdog0/timeout", "14\n")
    board.file("sys/class/thermal/thermal_zone0/temp", "48312\n")
    return board


class HeldLine(MockPin):  # type: ignore[misc]
    """A line that another program has."""

    def input_with_pull(self, pull: str) -> None:
        raise OSError(f"'GPIO busy', no pull {pull}")


class PulledUp(MockPin):  # type: ignore[misc]
    """A line that a relay board pulls up harder than the chip pulls down."""

    def _get_state(self) -> bool:
        return True


class Shorted(MockPin):  # type: ignore[misc]
    """A line that touches ground."""

    def _get_state(self) -> bool:
        return False


class Lens:
    """A camera that shows what a test gives it, fifteen pictures a second."""

    def __init__(self, pictures: Callable[[int], np.ndarray[Any, Any]], ms: int = 66) -> None:
        self._pictures, self._ms, self._sequence = pictures, ms, -1

    def capture(self, timeout: int, since: int = 0) -> Frame:
        del timeout, since
        self._sequence += 1
        return Frame(self._sequence, self._sequence * self._ms, Picture(self._pictures(self._sequence)))

    def close(self) -> None:
        pass


class Broken:
    """A camera that fails."""

    def __init__(self, error: CameraError) -> None:
        self._error = error

    def capture(self, timeout: int, since: int = 0) -> Frame:
        del timeout, since
        raise self._error

    def close(self) -> None:
        pass


def scene() -> list[np.ndarray[Any, Any]]:
    camera = SceneCamera("nobody for 3 s")
    return [camera.capture(100).full.pixels for _ in range(20)]


def unplugged(board: Board) -> None:
    board.camera = Broken(CameraError("/dev/video0 cannot be opened"))


def silent(board: Board) -> None:
    board.camera = Broken(CameraTimeout("no frame within 2000 ms"))


def frozen(board: Board) -> None:
    board.camera = SceneCamera("nobody for 0.1 s\nthe camera freezes for 5 s")


def slow(board: Board) -> None:
    pictures = scene()
    board.camera = Lens(pictures.__getitem__, ms=400)


def dark(board: Board) -> None:
    board.camera = SceneCamera("darkness while nobody for 5 s")


def against_the_sun(board: Board) -> None:
    pictures = scene()
    for picture in pictures:
        picture.setflags(write=True)
        picture[:, :320] = 255
    board.camera = Lens(pictures.__getitem__)


def out_of_focus(board: Board) -> None:
    noise = np.random.default_rng(0)
    pictures = [
        np.clip(cv2.GaussianBlur(each, (0, 0), 5) + noise.normal(0, 1.5, each.shape), 0, 255).astype(np.uint8)
        for each in scene()
    ]
    board.camera = Lens(pictures.__getitem__)


def capped(board: Board) -> None:
    board.camera = Lens(lambda number: np.full((480, 640, 3), 90 + number % 2, np.uint8))


def flickering(board: Board) -> None:
    pictures = scene()
    board.camera = Lens(lambda number: (pictures[number] * (0.8 if number % 2 else 1.0)).astype(np.uint8))


def line_busy(board: Board) -> None:
    board.factory = MockFactory(pin_class=HeldLine)


def active_low_board(board: Board) -> None:
    board.factory = MockFactory(pin_class=PulledUp)


def no_lgpio(board: Board) -> None:
    board.factory = DoorHardwareError("lgpio cannot be loaded: No module named 'lgpio'")


def rex_shorted(board: Board) -> None:
    board.factory = MockFactory(pin_class=Shorted)


def wrong_pin(board: Board) -> None:
    board.configure(door={"strike_pin": 14})


def lines_outlive(board: Board) -> None:
    board.file("proc/cmdline", "console=tty1 rootwait\n")


def pin_moved(board: Board) -> None:
    board.file("boot/firmware/config.txt", "[all]\ngpio=23=op,pd,dl\n")


def board_watchdog_off(board: Board) -> None:
    board.file("sys/class/watchdog/watchdog0/state", "inactive\n")


def hot(board: Board) -> None:
    board.file("sys/class/thermal/thermal_zone0/temp", "83100\n")


def weak_supply(board: Board) -> None:
    board.throttled = 0x50005


def weak_supply_once(board: Board) -> None:
    board.throttled = 0x10000


def clock_unset(board: Board) -> None:
    board.now = datetime(1970, 1, 1, 0, 3, tzinfo=UTC)


def clock_alone(board: Board) -> None:
    board.synchronised = "no"


def disk_full(board: Board) -> None:
    board.free = 3_000_000


def disk_filling(board: Board) -> None:
    board.free = 300_000_000


def no_state(board: Board) -> None:
    shutil.rmtree(board.state)


def open_state(board: Board) -> None:
    board.state.chmod(0o755)


def wrong_group(board: Board) -> None:
    board.groups = "edge_gate video"


def no_user(board: Board) -> None:
    board.groups = ""


def unreadable_config(board: Board) -> None:
    board.config.chmod(0o600)


def apt_numpy(board: Board) -> None:
    board.libraries = Ran(1, "numpy does not load: numpy.core.multiarray failed to import\n")


def library_crashes(board: Board) -> None:
    board.libraries = Ran(-11, "")


def masked(board: Board) -> None:
    board.unit |= {"LoadState": "masked"}


def not_installed(board: Board) -> None:
    board.unit |= {"LoadState": "not-found"}


def disabled(board: Board) -> None:
    board.unit |= {"UnitFileState": "disabled"}


def crashed(board: Board) -> None:
    board.unit |= {"ActiveState": "failed", "Result": "watchdog"}


def restarting(board: Board) -> None:
    board.unit |= {"NRestarts": "12"}


def unwatched(board: Board) -> None:
    board.unit |= {"WatchdogUSec": "0"}


def model_flipped(board: Board) -> None:
    weights = models_directory() / "weights"
    for file in ("yunet_n_dynamic.onnx", "mobilefacenet_foamliu_fp32.onnx"):
        content = bytearray((weights / "detector_int8.onnx").read_bytes())
        content[1000] ^= 1
        (board.folder / file).write_bytes(content)
    board.configure(models={"pack": "mobilefacenet", "directory": str(board.folder)})


def model_missing(board: Board) -> None:
    board.configure(models={"pack": "mobilefacenet"})


def no_liveness(board: Board) -> None:
    board.configure(liveness={"waiver": ""})


def key_missing(board: Board) -> None:
    board.enrol()
    (board.state / "gallery.key").unlink()


def key_named_and_missing(board: Board) -> None:
    board.configure(store={"key": str(board.folder / "gallery.key")})


def key_exposed(board: Board) -> None:
    board.enrol()
    (board.state / "gallery.key").chmod(0o644)


def key_of_another_door(board: Board) -> None:
    board.enrol()
    (board.state / "gallery.key").write_bytes(os.urandom(32))


def gallery_torn(board: Board) -> None:
    board.enrol()
    path = board.state / "gallery.sqlite"
    path.write_bytes(path.read_bytes()[:3000])


def other_embedder(board: Board) -> None:
    with closing(wiring.gallery(board.settings)) as gallery:
        gallery.enrol("ada", [unit(np.ones(128, np.float32), "another/1")])


def rules_lost(board: Board) -> None:
    board.enrol()
    (board.state / "rules.sqlite").unlink()


def schedule_never_made(board: Board) -> None:
    board.enrol()
    board.configure(access={"timed": ["night: face"]})


def fire_wire_cut(board: Board) -> None:
    board.configure(panel={"fire_pin": 24})
    board.factory = MockFactory()


def journal_edited(board: Board) -> None:
    board.enrol()
    with closing(wiring.journal(board.settings)) as journal:
        journal._db.executescript(
            "DROP TRIGGER record_is_not_edited; UPDATE record SET reason = 'x' WHERE seq = 2"
        )


FAULTS = [
    (unplugged, "camera delivers", Level.FAIL, "cannot be opened"),
    (silent, "camera delivers", Level.FAIL, "no frame within"),
    (slow, "camera delivers", Level.WARN, "2.5 pictures a second, 15 asked for"),
    (frozen, "camera fresh", Level.FAIL, "it hangs"),
    (dark, "camera exposure", Level.FAIL, "too dark"),
    (against_the_sun, "camera exposure", Level.FAIL, "too bright"),
    (out_of_focus, "camera focus", Level.WARN, "sharpness 0."),
    (capped, "camera focus", Level.FAIL, "nothing to see"),
    (flickering, "camera flicker", Level.WARN, "jumps by"),
    (line_busy, "strike line", Level.FAIL, "GPIO busy"),
    (active_low_board, "strike line", Level.FAIL, "pulled high from outside"),
    (no_lgpio, "strike line", Level.FAIL, "lgpio cannot be loaded"),
    (wrong_pin, "strike line", Level.FAIL, "GPIO 14, high at power-on"),
    (rex_shorted, "exit button", Level.WARN, "pressed"),
    (lines_outlive, "kernel parameter", Level.FAIL, "persist_gpio_outputs"),
    (pin_moved, "boot configuration", Level.FAIL, "does not say gpio=17"),
    (board_watchdog_off, "watchdog", Level.FAIL, "not armed"),
    (hot, "temperature", Level.FAIL, "83 °C"),
    (weak_supply, "power", Level.FAIL, "too weak now"),
    (weak_supply_once, "power", Level.WARN, "too weak since the start"),
    (clock_unset, "clock", Level.FAIL, "1970-01-01"),
    (clock_alone, "clock", Level.WARN, "not synchronised"),
    (disk_full, "disk", Level.FAIL, "3 MB free"),
    (disk_filling, "disk", Level.WARN, "300 MB free"),
    (no_state, "disk", Level.FAIL, "is not there"),
    (open_state, "permissions", Level.FAIL, "mode 0755"),
    (wrong_group, "permissions", Level.FAIL, "not in the group gpio"),
    (no_user, "permissions", Level.FAIL, "no user edge_gate"),
    (unreadable_config, "permissions", Level.FAIL, "may not read"),
    (apt_numpy, "libraries", Level.FAIL, "numpy does not load"),
    (library_crashes, "libraries", Level.FAIL, "code -11"),
    (masked, "service", Level.FAIL, "masked"),
    (not_installed, "service", Level.FAIL, "not-found"),
    (disabled, "service", Level.FAIL, "will not start with the board"),
    (crashed, "service", Level.FAIL, "watchdog"),
    (restarting, "service", Level.WARN, "12 times"),
    (unwatched, "service", Level.FAIL, "WatchdogSec="),
    (model_flipped, "models", Level.FAIL, "has sha256"),
    (model_missing, "models", Level.FAIL, "yunet_n_dynamic.onnx"),
    (no_liveness, "models", Level.FAIL, "takes a photograph for the person"),
    (key_missing, "key", Level.FAIL, "is missing"),
    (key_named_and_missing, "key", Level.FAIL, "is missing"),
    (key_exposed, "key", Level.FAIL, "other users can reach it"),
    (key_of_another_door, "key", Level.FAIL, "not the key that the gallery"),
    (gallery_torn, "key", Level.FAIL, "gallery.sqlite"),
    (other_embedder, "gallery", Level.FAIL, "another embedder"),
    (rules_lost, "rules", Level.FAIL, "rules.sqlite"),
    (schedule_never_made, "rules", Level.WARN, "the schedule 'night', which does not exist"),
    (fire_wire_cut, "panel", Level.WARN, "fire alarm"),
    (journal_edited, "journal", Level.FAIL, "record 2"),
]


def test_a_sound_door_has_not_one_failure(board: Board) -> None:
    board.enrol()

    found = board.findings()

    worse = [finding for finding in found.values() if finding.level is not Level.OK]
    assert [finding.about for finding in worse] == ["liveness"], worse
    assert {about for _, about, _, _ in FAULTS} <= found.keys(), (
        "what no fault is named after is not looked at"
    )


def test_a_real_time_clock_that_agrees_keeps_the_time_without_a_network(board: Board) -> None:
    clock_alone(board)
    board.file("sys/class/rtc/rtc0/hctosys", "1\n")
    board.file("sys/class/rtc/rtc0/since_epoch", f"{board.now.timestamp() + 2:.0f}\n")
    assert board.findings()["clock"].level is Level.OK

    # Its battery is flat: it begins anew at each start, and the system goes on from its last time.
    board.file("sys/class/rtc/rtc0/since_epoch", "1767225600\n")
    assert board.findings()["clock"].level is Level.WARN


def test_a_door_that_nobody_is_enrolled_at_yet_is_sound(board: Board) -> None:
    assert Level.FAIL not in {finding.level for finding in board.findings().values()}
    assert list(board.state.iterdir()) == [], "looking makes nothing"


@pytest.mark.parametrize(
    ("fault", "about", "level", "told"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS]
)
def test_an_injected_fault_is_named_with_what_to_do(
    board: Board, fault: Callable[[Board], None], about: str, level: Level, told: str
) -> None:
    fault(board)

    finding = board.findings()[about]

    assert finding.level is level, finding
    assert told in finding.what
    assert finding.next


def test_the_strike_is_never_released_by_looking(board: Board) -> None:
    board.findings()

    strike = board.factory.pin(17)
    assert not any(state.state for state in strike.states)
    assert (strike.function, strike.state) == ("output", False)


def test_a_line_that_was_found_pulled_up_is_left_driven_low() -> None:
    factory = MockFactory()
    factory.pin(17).drive_high()

    at_rest(GpioLines(17), factory)

    assert (factory.pin(17).function, factory.pin(17).state) == ("output", False)


@pytest.mark.parametrize(("age", "level"), [(40, Level.OK), (9_000, Level.FAIL)])
def test_a_running_service_is_asked_instead_of_having_its_camera_taken(
    board: Board, age: int, level: Level
) -> None:
    unplugged(board)
    line_busy(board)
    daemon = ControlServer(Path(board.settings.control.socket), "", Inbox(), lambda: {"fresh_ms_ago": age})
    daemon.start()
    try:
        found = board.findings()
    finally:
        daemon.close()

    assert found["camera delivers"].level is level
    assert found["strike line"].level is Level.OK


def test_the_verb_answers_scripts_with_a_line_each_and_its_exit_code(site: Site) -> None:
    said = site.run("doctor", "--json")

    told = {line["about"]: line for line in map(json.loads, said.out.splitlines())}
    assert told["configuration"]["level"] == "OK"
    assert told["camera delivers"]["level"] == "FAIL", "there is no picture in the folder"
    assert told["camera delivers"]["next"]
    assert said.code == 16


def test_a_configuration_that_cannot_be_read_is_the_finding(site: Site) -> None:
    site.config.write_text("[door]\nunlock_ms = 0\n")

    said = site.run("doctor")

    assert said.code == 16
    assert "FAIL  configuration" in said.out
    assert "door.unlock_ms = 0" in said.out


def run_with_a_broken_numpy(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "numpy").mkdir()
    (folder / "numpy" / "__init__.py").write_text("raise ImportError('multiarray failed to import')\n")
    config = folder / "edge_gate.toml"
    config.write_text(f'[door]\nhardware = "simulated"\n[store]\nstate = "{folder}"\n')
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "edge_gate", "--config", config, *words],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_numpy_that_apt_and_pip_have_mixed_is_a_finding_like_others(tmp_path: Path) -> None:
    ran = run_with_a_broken_numpy(tmp_path, "doctor", "--json")

    assert ran.returncode == 16, ran.stderr
    told = {line["about"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert "numpy does not load: multiarray" in told["libraries"]["what"]
    assert {"clock", "disk", "board"} <= told.keys()


def test_every_other_verb_names_a_broken_library_too(tmp_path: Path) -> None:
    ran = run_with_a_broken_numpy(tmp_path, "check")

    assert ran.returncode == 17, ran.stderr
    assert "does not load: multiarray" in ran.stderr
    assert "deploy/install.sh" in ran.stderr
