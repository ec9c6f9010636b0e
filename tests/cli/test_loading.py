"""What a verb loads: no more than it uses, and one thread of linear algebra where it watches a door."""

import json
import subprocess
import sys
from inspect import signature
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_gate.cli.at_once import asked
from edge_gate.cli.replay import replay
from edge_gate.cli.show import show
from edge_gate.config import WAIVER

LOAD = """
import json, os, sys
from edge_gate.cli.app import application
application({words!r})
print(json.dumps([sorted(sys.modules), os.environ.get("OPENBLAS_NUM_THREADS")]))
"""
MAIN = """
import atexit, gc, json, os, sys
sys.argv[1:] = {words!r}
def tell():
    assert gc.isenabled() and gc.get_freeze_count() > 10_000
    sys.__stderr__.write(json.dumps([sorted(sys.modules), os.environ.get("OPENBLAS_NUM_THREADS")]))
leave, os._exit = os._exit, lambda code: sys.exit(code)
atexit.register(tell)
from edge_gate.cli import main
main()
"""


def loaded(*words: str, code: str = LOAD) -> tuple[set[str], str | None]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code.format(words=list(words))],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    said = done.stderr if code is MAIN else done.stdout
    modules, threads = json.loads(said.splitlines()[-1])
    return set(modules), threads


LONG = {"typer", "click", "pydantic", "rich", "tomlkit", "edge_gate.simulated.scene", "ai_edge_litert"}
LONG |= {"argparse", "osdp", "argon2", "gpiozero", "edge_gate.devices.picamera", "edge_gate.devices.wiegand"}
"""What takes long to load, and not every door needs."""

LATER = {
    "statistics",
    "random",
    "edge_gate.face.coarse",
    "dataclasses",
    "hashlib",
    "typing_extensions",
    "inspect",
    "numpy._core._add_newdocs",
    "numpy._typing",
    "numpy.typing",
    "zoneinfo",
    "edge_gate.devices.gpio",
    "edge_gate.devices.video",
}
"""What a small gallery before a simulated door decides without."""


def test_the_daemon_loads_no_other_verb_no_colours_and_no_simulated_camera(tmp_path: Path) -> None:
    config = tmp_path / "door.toml"
    config.write_text(
        f'[camera]\nsource = "images:{tmp_path / "none"}"\n[liveness]\nwaiver = "{WAIVER}"\n'
        '[door]\nhardware = "simulated"\n[access]\nzone = "Europe/Berlin"\n'
    )
    modules, threads = loaded("--config", str(config), "--state", str(tmp_path), "run", "--json", code=MAIN)
    verbs = {name for name in modules if name.startswith("edge_gate.cli.")}
    assert verbs == {f"edge_gate.cli.{name}" for name in ("alone", "at_once", "kept", "keep", "site")}
    assert {"onnxruntime", "zoneinfo"} <= modules  # the door loop finds its zone loaded
    assert not modules & (LONG - {"rich"})  # the camera that is not there is told in colours
    assert threads == "1"


def test_a_replay_loads_no_other_verb_and_no_colours(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((480, 640, 3), np.uint8))
    modules, threads = loaded("replay", str(tmp_path), "--enrol", "x", "--enrol", "y", "--json", code=MAIN)
    assert "rich" in modules  # NAME=IMAGE was asked for, and how it is told is in colours
    modules, threads = loaded("--state", str(tmp_path), "replay", str(tmp_path), "--json", code=MAIN)
    assert {name for name in modules if name.startswith("edge_gate.cli.")} == {
        f"edge_gate.cli.{name}" for name in ("alone", "at_once", "kept", "show", "site")
    }
    assert not modules & (LONG | LATER)
    assert threads == "1"


def test_msgspec_may_come_to_need_what_it_is_loaded_without(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("import typing_extensions\n")
    code = f"""
import json, sys
sys.path.insert(0, {str(tmp_path)!r})
from edge_gate.cli import alone
alone.values()
refused = sorted(sys.modules)
import msgspec
print(json.dumps([refused, msgspec.typing_extensions.__name__]))
"""
    modules, found = loaded(code=code.replace("{", "{{").replace("}", "}}"))
    assert not modules & {"msgspec", "typing_extensions"}
    assert found == "typing_extensions"


def test_numpy_s_types_are_there_for_who_asks_later() -> None:
    code = """
import json, sys
from edge_gate.cli import alone
alone.numbers()
import numpy
loaded = sorted(sys.modules)
numpy.linalg.eigh(numpy.eye(2))
import numpy.typing
print(json.dumps([loaded, str(numpy.typing.NDArray[numpy.float32])]))
"""
    modules, said = loaded(code=code)
    assert not modules & {"numpy._typing", "numpy.typing"}
    assert said is not None
    assert "numpy.float32" in said


def test_no_network_s_engine_is_loaded_before_one_is_chosen() -> None:
    wiring = "import json, sys, edge_gate.service.wiring; print(json.dumps([sorted(sys.modules), None]))"
    modules, _ = loaded(code=wiring)
    assert "edge_gate.service.engines" in modules
    assert not modules & {"onnxruntime", "ai_edge_litert"}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["run", "--help"],
        ["replay"],
        ["gallery", "list"],
        ["--config"],
        ["run", "more"],
        ["--version"],
    ],
)
def test_what_is_not_put_plainly_is_left_to_the_other_verbs(words: list[str]) -> None:
    assert asked(words) is None


def test_both_ways_to_ask_for_a_replay_know_the_same_words() -> None:
    plain = {"site", "clip", "pack", "models", "enrol", "waive_liveness", "annotate", "json"}
    assert set(signature(show).parameters) == plain
    assert set(signature(replay).parameters) == plain - {"site"} | {"context"}


def test_help_knows_every_verb() -> None:
    modules, threads = loaded("--help")
    assert {"edge_gate.cli.run", "edge_gate.cli.bench", "edge_gate.cli.people"} <= modules
    assert threads is None
