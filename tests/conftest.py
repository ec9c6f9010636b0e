"""What every test may ask for."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from house import House
from hypothesis import settings
from msgspec.structs import replace
from technician import CONFIG, Said, Site

from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.door import DoorTimes
from edge_gate.cli import main
from edge_gate.config import WAIVER, Settings, load
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.policy import consensus

# Properties are judged by what they find, never by how busy the machine is.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Other people's weights, photographs and clips: beside the repository, never in it."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the shared weights and photographs at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def waived() -> Settings:
    """The builtin pack before a simulated door, liveness waived in so many words."""
    return load(None, {"liveness": {"waiver": WAIVER}, "door": {"hardware": "simulated"}})


@pytest.fixture(scope="session")
def eyes(waived: Settings) -> Eyes:
    """The builtin pack's real networks."""
    return wiring.eyes(waived)


@pytest.fixture(scope="session")
def rules(waived: Settings) -> ConsensusRules:
    """The builtin pack's rules, at the score that strangers reach once in 100,000 comparisons."""
    return replace(consensus(waived), threshold=0.56)


@pytest.fixture
def house(eyes: Eyes, rules: ConsensusRules) -> House:
    """A door with a position switch, before which nobody stands yet."""
    return House(eyes, rules, DoorTimes())


@pytest.fixture
def house_with(eyes: Eyes, rules: ConsensusRules) -> Callable[[DoorTimes], House]:
    """Such a door with times of the test's choosing."""
    return lambda times: House(eyes, rules, times)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    """A technician's shell at a configured door on this machine."""
    config = tmp_path / "edge_gate.toml"
    config.write_text(CONFIG.format(folder=tmp_path, waiver=WAIVER))

    def run(*words: str) -> Said:
        monkeypatch.setattr(
            sys, "argv", ["edge-gate", "--config", str(config), "--state", str(tmp_path / "state"), *words]
        )
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Said(int(left.value.code or 0), said.out, said.err)

    return Site(tmp_path, run)
