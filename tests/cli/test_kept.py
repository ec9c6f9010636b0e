"""The modules of a start in one file: they are the same, and no start depends on it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

KEEP = "from edge_gate.cli import kept; kept.PLACE = {place!r}; kept.keep()"
START = """
import atexit, json, os, sys
from edge_gate.cli import kept, main
kept.PLACE = {place!r}
sys.argv[1:] = {words!r}
leave, os._exit = os._exit, lambda code: sys.exit(code)
def told(module):
    return type(module.__loader__).__name__, getattr(module, "__file__", None), module.__spec__.cached
found = lambda: {{name: told(each) for name, each in sys.modules.items() if getattr(each, "__spec__", None)}}
atexit.register(lambda: sys.__stderr__.write(json.dumps(found())))
main()
"""
BEFORE = {"edge_gate", "edge_gate.cli", "edge_gate.cli.kept"}
"""What is loaded before the file is looked at."""


def python(code: str, **values: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    code = code.format(**values)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("kept") / "start"
    done = python(KEEP, place=str(place))
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((480, 640, 3), np.uint8))
    return ["--state", str(tmp_path), "replay", str(tmp_path), "--json"]


def start(place: Path, words: list[str]) -> tuple[str, dict[str, tuple[str, str, str]]]:
    """What a replay says, and who found its modules, where."""
    done = python(START, place=str(place), words=words)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(done.stderr.splitlines()[-1])


def from_the_file(modules: dict[str, tuple[str, str, str]]) -> set[str]:
    return {name for name, (loader, *_) in modules.items() if loader == "_Loader"}


def test_a_start_finds_in_the_file_the_modules_that_it_would_have_found(kept: Path, words: list[str]) -> None:
    told, alone = start(kept.with_name("none"), words)
    assert not from_the_file(alone)
    assert len(alone) > 300
    again, modules = start(kept, words)
    cost = re.compile(r'_per_frame":[0-9.]+')
    assert cost.sub("", again) == cost.sub("", told) != told
    assert {name: where for name, (_, *where) in modules.items()} == {
        name: where for name, (_, *where) in alone.items()
    }
    ours = {name for name in modules if name.startswith("edge_gate")}
    assert ours - BEFORE <= from_the_file(modules)
    libraries = {"numpy", "numpy.linalg", "cv2", "msgspec", "cryptography", "ai_edge_litert.interpreter"}
    assert libraries & alone.keys() <= from_the_file(modules)
    assert {"numpy", "cv2", "msgspec"} <= from_the_file(modules)


def test_the_large_libraries_of_a_start_are_linked_before_they_are_asked_for(kept: Path) -> None:
    code = """
import sys, threading
from edge_gate.cli import kept
kept.PLACE = {place!r}
kept.use(ahead=True)
for each in threading.enumerate():
    if each is not threading.current_thread():
        each.join()
print("cv2" in sys.modules, "numpy" in sys.modules, open("/proc/self/maps").read())
"""
    loaded, numpy, maps = python(code, place=str(kept)).stdout.split(" ", 2)
    assert loaded == numpy == "False"
    for library in ("cv2", "_multiarray_umath"):
        assert f"/{library}." in maps


def test_a_module_that_was_changed_since_is_loaded_as_it_is(tmp_path: Path) -> None:
    place, source = tmp_path / "start", tmp_path / "turnstile.py"
    source.write_text("ARMS = 3\n")
    keep = f"import sys; sys.path.append({str(tmp_path)!r}); import turnstile; "
    assert python(keep + KEEP, place=str(place)).returncode == 0
    use = f"""
import sys; sys.path.append({str(tmp_path)!r})
from edge_gate.cli import kept
kept.PLACE = {str(place)!r}
kept.use(ahead=False)
import turnstile
print(turnstile.ARMS, type(turnstile.__loader__).__name__)
"""
    assert python(use).stdout == "3 _Loader\n"
    source.write_text("ARMS = 4\n")
    assert python(use).stdout == "4 SourceFileLoader\n"
    source.unlink()
    assert "No module named 'turnstile'" in python(use).stderr


@pytest.mark.parametrize("length", [0, 7, 8, 500, 100_000, -1])
def test_of_a_torn_file_nothing_is_believed(
    kept: Path, words: list[str], tmp_path: Path, length: int
) -> None:
    torn = tmp_path / "start"
    torn.write_bytes(kept.read_bytes()[:length])
    _, modules = start(torn, words)
    assert not from_the_file(modules)


def test_modules_that_a_card_has_lost_are_loaded_from_their_own_files(
    kept: Path, words: list[str], tmp_path: Path
) -> None:
    whole = kept.read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    lost = tmp_path / "start"
    lost.write_bytes(whole[:head] + bytes(len(whole) - head))
    told, modules = start(lost, words)
    assert '"event"' in told
    assert {"numpy", "cv2", "edge_gate.service.wiring"} <= from_the_file(modules)


def test_to_secure_the_strike_nothing_is_asked_of_the_file(kept: Path, tmp_path: Path) -> None:
    done = python(START, place=str(kept), words=["--state", str(tmp_path), "secure"])
    modules = json.loads(done.stderr.splitlines()[-1])
    assert "edge_gate.service.securing" in modules
    assert not from_the_file(modules)


def test_a_file_made_for_other_paths_is_not_believed(kept: Path, words: list[str]) -> None:
    elsewhere = f"import sys; sys.path.append({str(kept.parent)!r})" + START
    done = python(elsewhere, place=str(kept), words=words)
    assert done.returncode == 0
    assert not from_the_file(json.loads(done.stderr.splitlines()[-1]))


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "none" / "start"
    done = python(KEEP, place=str(place))
    assert done.returncode == 1
    assert f"No such file or directory: '{place.parent}" in done.stderr
