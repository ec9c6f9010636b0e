"""A real daemon in a process of its own, before a door whose strike, leaf and REX are in this one."""

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_gate.config import WAIVER, load
from edge_gate.face.frame import Picture
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.simulated.portrait import views
from edge_gate.simulated.rig import DoorRig

PATIENCE_S = 60.0
CONFIG = """
[camera]
source = "scene:{scene}"
[liveness]
waiver = "{waiver}"
[decision]
repeat_ms = 500
[door]
hardware = "rig:{rig}"
unlock_ms = 400
[control]
socket = "{state}/control.sock"
[store]
state = "{state}"
"""


@dataclass
class Site:
    """A configured door whose strike, leaf and REX are in this process."""

    config: Path
    rig: DoorRig
    state: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "edge_gate", "--config", str(self.config), *words]


class Daemon:
    """`edge-gate run` in a process of its own; what it acknowledges on its output is remembered."""

    def __init__(self, site: Site) -> None:
        self.process = subprocess.Popen(
            site.command("run", "--json"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.acknowledged: list[dict[str, Any]] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self._lines.put(line)
        self._lines.put(None)

    def hear(self, until: Callable[[dict[str, Any]], bool] = lambda _: False) -> None:
        """Take in what the daemon says until a record fits, or it has said its last."""
        while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
            if not line.startswith("{"):
                continue
            try:
                record = json.loads(line)
            except ValueError:
                continue  # cut off by the kill: not acknowledged
            self.acknowledged.append(record)
            if until(record):
                return

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, by: signal.Signals) -> int:
        """The exit code it leaves with; everything it said is in `acknowledged`."""
        self.process.send_signal(by)
        code = self.process.wait(PATIENCE_S)
        self.hear()
        return code


@contextmanager
def rigged(tmp_path: Path, eyes: Eyes, script: str = "ada stands for 120 s\n") -> Iterator[Site]:
    """A site where ada is enrolled, and where `script` happens before the camera."""
    scene, rig, state = tmp_path / "busy.scene", tmp_path / "rig.sock", tmp_path / "state"
    scene.write_text(script)
    config = tmp_path / "edge_gate.toml"
    config.write_text(CONFIG.format(scene=scene, waiver=WAIVER, rig=rig, state=state))
    with closing(wiring.gallery(load(config))) as gallery:
        gallery.enrol("ada", [enrollable(Picture(view), eyes, "ada").probe for view in views("ada")])
    with DoorRig(rig) as served:
        yield Site(config, served, state)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "the daemon is not getting there"
        time.sleep(0.002)
