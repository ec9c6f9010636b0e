"""Nobody is told who stands before the door."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.pretty import pretty_repr

from edge_gate.evaluation.looking import Seen
from edge_gate.face.coarse import Coarse
from edge_gate.face.comparison import LARGE, Roster
from edge_gate.face.probe import Template, unit
from edge_gate.provisioning.commissioning import Item, Mark
from edge_gate.store.key import KEY_BYTES, Key
from edge_gate.store.sealed import SealedTemplate

LOOK = """
from edge_gate.config import WAIVER, load
from edge_gate.service import wiring
wiring.eyes(load(None, {"liveness": {"waiver": WAIVER}}))
"""


KEEP = """
import sys
from edge_gate.cli import kept
kept.PLACE = sys.argv[1]
kept.keep()
"""


@pytest.mark.parametrize("code", [LOOK, KEEP], ids=["the door's start", "keeping the modules of a start"])
def test_loading_the_networks_leaves_no_trace_for_their_maker(tmp_path: Path, code: str) -> None:
    home, place = tmp_path / "home", tmp_path / "start"
    home.mkdir()
    # Nothing by which ONNX Runtime could tell that it is only tried.
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(sys.path), "HOME": str(home)}

    subprocess.run([sys.executable, "-c", code, str(place)], env=bare, check=True, timeout=120)

    assert list(home.rglob("*")) == []


SECRET = bytes(range(97, 97 + KEY_BYTES))
PROBE = unit(np.arange(1, 9, dtype=np.float32), "a network")
MANY = PROBE.vector[None].repeat(LARGE, 0)
SHOWN = {
    "a key": Key(SECRET),
    "a template": Template("ada", PROBE),
    "a sealed template": SealedTemplate(1, "ada", "a network", SECRET[:12], SECRET),
    "a gallery": Roster.filed(["ada"] * 3, MANY[:3], "a network"),
    "a gallery of thousands": Roster.filed(["ada"] * LARGE, MANY, "a network"),
    "a rounded gallery": Coarse.of(MANY[:3]),
    "a picture of a data set": Seen("", PROBE.vector),
    "a line of the commissioning report": Item("face", Mark.PASSED, "ada", SECRET),
}


@pytest.mark.parametrize("value", SHOWN.values(), ids=SHOWN)
def test_nothing_that_is_made_of_a_face_shows_it(value: object) -> None:
    for told in (repr(value), str(value), pretty_repr(value)):
        assert SECRET[:8].decode() not in told
        assert "array" not in told
        assert str(PROBE.vector[0])[:6] not in told
