"""A simulated door in a process of its own, to see what a daemon leaves behind when it is killed.

Like a Raspberry Pi's kernel, the rig keeps the strike's level when whoever set it is gone. Each side sends
one JSON object a line: the client what it wants changed (`strike`, `leaf`, `exit`), the rig how all three
then stand. ``python -m edge_gate.simulated.rig SOCKET`` prints every transition as such a line, and takes
`leaf` and `exit` from its standard input until that ends.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

from edge_gate.access.instant import Instant
from edge_gate.errors import DoorHardwareError

PATIENCE_S = 1.0
"""How long a client waits for the rig."""


class Transition(Struct, frozen=True):
    """The strike's level changed, or another client than before had its say about it.

    Attributes:
        at: CLOCK_MONOTONIC milliseconds, comparable between processes.
        released: the level from then on.
        client: counts connections from 1; 0 is the rig itself, powered on.
    """

    at: Instant
    released: bool
    client: int


class DoorRig:
    """The door, served on a Unix socket while entered as a context.

    Attributes:
        history: every transition since power-on.
        leaf_open: what the position switch reports; None is a door without one.
        exit_pressed: whether somebody leans on REX.
    """

    def __init__(self, path: Path, tell: Callable[[Transition], None] = lambda _: None) -> None:
        self._path = path
        self._tell = tell
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._clients: list[socket.socket] = []
        self.leaf_open: bool | None = False
        self.exit_pressed = False
        self.history = [Transition(_now(), released=False, client=0)]

    @property
    def released(self) -> bool:
        """The strike's level now."""
        return self.history[-1].released

    def obey(self, order: dict[str, Any], client: int = 0) -> dict[str, Any]:
        """Change what the order names; how everything then stands."""
        with self._lock:
            self.leaf_open = order.get("leaf", self.leaf_open)
            self.exit_pressed = order.get("exit", self.exit_pressed)
            strike, last = order.get("strike"), self.history[-1]
            if strike is not None and (strike, client) != (last.released, last.client):
                self.history.append(Transition(_now(), strike, client))
                self._tell(self.history[-1])
            return {"strike": self.released, "leaf": self.leaf_open, "exit": self.exit_pressed}

    def __enter__(self) -> Self:
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._clients):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._path.unlink()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                threading.Thread(target=self._serve, args=(client, len(self._clients)), daemon=True).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError), client.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                lines.write(json.dumps(self.obey(json.loads(line), number)) + "\n")
                lines.flush()


class RigDoor:
    """The daemon's end of the rig.

    Raises:
        DoorHardwareError: if no rig answers. Its first word secures the strike.
    """

    def __init__(self, path: Path) -> None:
        self._name = f"The simulated door at {path}"
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.settimeout(PATIENCE_S)
        try:
            self._line.connect(str(path))
            self._answers = self._line.makefile("r", encoding="utf-8")
        except OSError as error:
            self._line.close()
            raise DoorHardwareError(f"{self._name} does not answer: {error}") from error
        self.assert_strike(released=False)

    def assert_strike(self, *, released: bool) -> None:
        """Set the strike's level."""
        self._ask(strike=released)

    def door_open(self) -> bool | None:
        """What the position switch says."""
        leaf: bool | None = self._ask()["leaf"]
        return leaf

    def exit_requested(self) -> bool:
        """Whether REX is pressed now."""
        return bool(self._ask()["exit"])

    def close(self) -> None:
        """Secure the strike and hang up."""
        if self._line.fileno() >= 0:
            try:
                self.assert_strike(released=False)
            finally:
                self._answers.close()
                self._line.close()

    def _ask(self, **order: bool) -> dict[str, Any]:
        try:
            self._line.sendall(json.dumps(order).encode() + b"\n")
            answer: dict[str, Any] = json.loads(self._answers.readline())
        except (OSError, ValueError) as error:
            raise DoorHardwareError(f"{self._name} is lost: {error}") from error
        return answer


def _now() -> Instant:
    return time.monotonic_ns() // 1_000_000


def _print(transition: Transition) -> None:
    sys.stdout.write(json.dumps(msgspec.to_builtins(transition)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with DoorRig(Path(sys.argv[1]), _print) as rig:
        _print(rig.history[0])
        for told in sys.stdin:
            rig.obey(json.loads(told))
