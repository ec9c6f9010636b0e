"""A Raspberry Pi on the bench: real daemon, real command line, and the header's lines in a test's hands."""

import json
import mmap
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DRIVEN, OUTSIDE, SIZE, NOTHING = 0, 32, 96, 255
"""As in `board/lgpio.py`."""

PATIENCE_S = 90.0


class Board:
    """The header of one board, and what is wired to it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "lines").write_bytes(bytes([NOTHING]) * 64 + bytes(SIZE - 64))
        with (folder / "lines").open("r+b") as file:
            self._lines = mmap.mmap(file.fileno(), SIZE)
        os.mkfifo(folder / "pulses")
        # Read and write: a pipe that this end alone holds open waits for nobody.
        self._pulses = os.open(folder / "pulses", os.O_RDWR)
        self.environment = {
            "PYTHONPATH": os.pathsep.join((str(ROOT / "tests" / "board"), str(ROOT))),
            "EDGE_GATE_BOARD": str(folder),
        }

    def high(self, pin: int) -> bool:
        """Whether the program drives the line high."""
        return self._lines[DRIVEN + pin] == 1

    def wire(self, pin: int, level: int) -> None:
        """Put a line at a level from outside."""
        self._lines[OUTSIDE + pin] = level

    def pulse(self, bits: str, d0: int, d1: int) -> None:
        """What a Wiegand reader sends for these bits; frames lie 100 ms apart."""
        os.write(self._pulses, bytes((d0, d1)[int(bit)] for bit in bits))
        time.sleep(0.1)

    def close(self) -> None:
        os.close(self._pulses)


class Technician:
    """A shell on that board, whose configuration is `config`."""

    def __init__(self, board: Board, config: Path, environment: Mapping[str, str]) -> None:
        self.board = board
        self.config = config
        self._environment = {**os.environ, **board.environment, **environment}
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()

    def types(self, *words: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        """Run `edge-gate` with these words."""
        return subprocess.run(
            [sys.executable, "-m", "edge_gate", "--config", str(self.config), *words],
            input=answers,
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=PATIENCE_S,
            check=False,
        )

    def starts_the_service(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge_gate", "--config", str(self.config), "run", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        self.hears("service_started")

    def kills_the_service(self) -> None:
        """`systemctl kill --signal=SIGKILL`, and what the unit does after it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_S)
        self._process = None
        assert self.types("secure").returncode == 0

    def hears(self, *events: str) -> dict[str, Any]:
        """The next record of one of these kinds; whatever comes before it is passed over."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            record = self._said.get(timeout=max(0.0, deadline - time.monotonic()))
            if record["event"] in events:
                return record

    def heard(self) -> list[str]:
        """The events that came since."""
        events = []
        while not self._said.empty():
            events.append(self._said.get()["event"])
        return events

    def sees(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "it does not come"
            time.sleep(0.005)

    def leaves(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE_S)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                if line.startswith("{"):
                    self._said.put(json.loads(line))
                else:
                    sys.stderr.write(line)
