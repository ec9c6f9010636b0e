"""The last hand on the strike, which must be quick."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge_gate.config import load
from edge_gate.errors import ConfigError, DoorHardwareError
from edge_gate.service.securing import asked, secure
from edge_gate.simulated.rig import DoorRig, RigDoor


def test_a_strike_left_released_is_secured(tmp_path: Path) -> None:
    with DoorRig(tmp_path / "rig.sock") as rig:
        dead = RigDoor(tmp_path / "rig.sock")
        dead.assert_strike(released=True)
        secure(load(None, {"door": {"hardware": f"rig:{tmp_path / 'rig.sock'}"}}))
        assert not rig.released
        dead.close()


def test_a_door_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DoorHardwareError, match="does not answer"):
        secure(load(None, {"door": {"hardware": f"rig:{tmp_path / 'none'}"}}))
    secure(load(None, {"door": {"hardware": "simulated"}}))


@pytest.mark.parametrize(
    "words",
    [["door", "secure"], ["run"], [], ["--help"], ["secure", "--help"], ["--config"], ["--version"]],
)
def test_every_other_command_is_left_to_its_verb(words: list[str]) -> None:
    assert asked(words) is None


def test_the_configuration_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    config = tmp_path / "door.toml"
    config.write_text("[door]\nstrike_pin = 22\n")
    settings = asked(["--config", str(config), "secure"])
    assert settings is not None
    assert settings.door.strike_pin == 22
    assert asked(["--state", str(tmp_path), "secure"]) is not None
    with pytest.raises(ConfigError):
        asked(["--config", str(tmp_path / "none"), "secure"])


def test_securing_imports_nothing_that_takes_long() -> None:
    heavy = ["cv2", "onnxruntime", "typer", "rich", "sqlite3", "cryptography", "edge_gate.access.door"]
    heavy += ["importlib.resources", "socket"]
    code = f"import sys, edge_gate.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_says_what_it_did_or_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edge_gate", "--config"]
    config = tmp_path / "door.toml"
    config.write_text('[door]\nhardware = "simulated"\n')
    done = subprocess.run([*command, str(config), "secure"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "the strike is secured\n")
    done = subprocess.run(
        [*command, str(config) + "x", "secure"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "next:" in done.stderr
