"""The units that keep a door, before any machine runs them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_gate.service import bench_process

SYSTEMD = Path(__file__).parents[1] / "systemd"
UNIT = SYSTEMD / "edge-gate.service"
SERVICES = ["edge-gate.service", "edge-gate-retention.service", "edge-gate-backup.service"]
TIMERS = ["edge-gate-retention.timer", "edge-gate-backup.timer"]
INSTALLED = "/opt/edge_gate/current/bin/edge-gate"

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


def analyzed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it is, but for the program, which is not installed here."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(INSTALLED, "/bin/true"))
    return copy


@pytest.mark.parametrize("name", [*SERVICES, *TIMERS])
def test_systemd_understands_every_line(tmp_path: Path, name: str) -> None:
    for each in [*SERVICES, *TIMERS]:
        (tmp_path / each).write_text((SYSTEMD / each).read_text().replace(INSTALLED, "/bin/true"))

    told = analyzed("verify", tmp_path / name)

    # An unknown key is not an error to systemd: it is only said. Other units of this machine are not ours.
    ours = [line for line in told.stderr.splitlines() if str(tmp_path) in line or "edge-gate" in line]
    assert (told.returncode, ours) == (0, [])


def test_the_bench_gives_the_daemon_the_environment_of_its_unit() -> None:
    lines = [
        line.removeprefix("Environment=") for line in UNIT.read_text().splitlines() if "Environment" in line
    ]
    assert lines == [f"{name}={value}" for name, value in bench_process.UNIT.items()]


@pytest.mark.parametrize("name", TIMERS)
def test_a_timer_asks_for_what_was_missed_while_the_board_was_off(name: str) -> None:
    lines = (SYSTEMD / name).read_text().splitlines()
    (calendar,) = [line.removeprefix("OnCalendar=") for line in lines if line.startswith("OnCalendar=")]

    assert "Next elapse" in analyzed("calendar", calendar).stdout
    assert "Persistent=yes" in lines
    assert (SYSTEMD / name).with_suffix(".service").exists()


def test_the_installer_puts_every_file_into_its_place() -> None:
    installer = (SYSTEMD.parent / "deploy" / "install.sh").read_text()

    placed = set(re.findall(r"^systemd/(\S+) ", installer, re.MULTILINE))

    assert placed == {path.name for path in SYSTEMD.iterdir()} - {"README.md", "network.conf"}


def test_a_misspelt_line_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))

    assert "WatchdogSecs" in analyzed("verify", unit).stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_exposed_to_2_at_most(name: str) -> None:
    told = analyzed("security", "--offline=true", "--threshold=20", "--no-pager", SYSTEMD / name)

    assert told.returncode == 0, told.stdout


def test_the_service_with_a_network_camera_is_still_exposed_to_2_at_most(unit: Path) -> None:
    opened = (SYSTEMD / "network.conf").read_text().partition("[Service]\n")[2]
    unit.write_text(unit.read_text().replace("[Install]", opened + "\n[Install]"))

    told = analyzed("security", "--offline=true", "--threshold=20", "--no-pager", unit)
    exposure = re.search(r"exposure level for \S+ ([0-9.]+)", told.stdout)

    assert told.returncode == 0, told.stdout
    assert exposure is not None
    assert exposure[1] > "0.8", "the drop-in opens nothing: has it been read?"
