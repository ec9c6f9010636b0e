"""Nobody is told who stands before the door."""

import os
import subprocess
import sys
from pathlib import Path

LOOK = """
from edge_gate.config import WAIVER, load
from edge_gate.service import wiring
wiring.eyes(load(None, {"liveness": {"waiver": WAIVER}}))
"""


def test_loading_the_networks_leaves_no_trace_for_their_maker(tmp_path: Path) -> None:
    quiet = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}

    subprocess.run(
        [sys.executable, "-c", LOOK], env={**quiet, "HOME": str(tmp_path)}, check=True, timeout=120
    )

    assert list(tmp_path.rglob("*")) == []
