"""The real daemon under what its unit does for it: watchdog, last hand, restart; and faults to put to it."""

import ctypes
import mmap
import os
import random
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from edge_gate.simulated.rig import DoorRig
from edge_gate.simulated.scene import SceneCamera

WATCHDOG_S = 6.0
RESTART_S = 1.0
UNLOCK_MS = 400
"""The first two as in `systemd/edge-gate.service`."""

CONFIG = """
[camera]
source = "images:{pictures}"
[liveness]
waiver = "a photograph may open this door"
[decision]
repeat_ms = 500
[door]
hardware = "rig:{rig}"
unlock_ms = {unlock_ms}
[control]
socket = "{state}/control.sock"
[store]
state = "{state}"
"""

CLOCK = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static volatile long long *seconds;
int clock_gettime(clockid_t id, struct timespec *ts) {
  if (!seconds) {
    int fd = open(getenv("CLOCK_OFFSET"), O_RDONLY);
    seconds = mmap(0, 8, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
  }
  int failed = syscall(SYS_clock_gettime, id, ts);
  if (id == CLOCK_REALTIME) ts->tv_sec += *seconds;
  return failed;
}
"""
"""A wall clock that another process moves: nothing else on the machine is touched."""


class MovedClock:
    """The wall clock of the daemons started with `environment`.

    Raises:
        FileNotFoundError: if there is no C compiler.
    """

    def __init__(self, folder: Path) -> None:
        source, library, offset = folder / "clock.c", folder / "clock.so", folder / "clock.offset"
        source.write_text(CLOCK)
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        offset.write_bytes(bytes(8))
        with offset.open("r+b") as file:
            self._seconds = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)}

    def move(self, seconds: int) -> None:
        self._seconds[:] = struct.pack("q", seconds)


def film(folder: Path, stock: Path, kind: str) -> None:
    """Two minutes of pictures: ``ada``, a ``stranger``, or ada until the camera ``freezes`` or ``hangs``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    who = "stranger" if kind == "stranger" else "ada"
    frames = sorted((stock / who).iterdir())
    for number in range(1_200):
        name = folder / f"{number:05}.png"
        if number >= 40 and kind == "hangs":
            os.mkfifo(name)
            return
        os.link(frames[0] if number >= 40 and kind == "freezes" else frames[number % len(frames)], name)


def render(stock: Path) -> None:
    """The pictures that films are made of."""
    for kind, script in (("ada", "ada stands for 3 s"), ("stranger", "kaja stands for 3 s")):
        (stock / kind).mkdir(parents=True)
        camera = SceneCamera(script)
        for number in range(camera.frames):
            cv2.imwrite(str(stock / kind / f"{number:03}.png"), camera.capture(100).full.bgr())


@dataclass
class Life:
    """One run of the daemon: when it was ready, when it died, when the strike was secured after that."""

    kind: str
    started: float
    ready: float | None = None
    fault: str = ""
    died: float | None = None
    secured: float | None = None
    by_watchdog: bool = False
    troubled: bool = False
    """Its journal could not be relied on: full disk, no descriptors, no memory, a broken page."""


@dataclass
class Unit:
    """What systemd does with the service, for a door in this process."""

    folder: Path
    stock: Path
    rig: DoorRig
    environment: dict[str, str]
    kind: str = "ada"
    lives: list[Life] = field(default_factory=list)
    repaired: int = 0
    journal_is_broken: bool = False

    def __post_init__(self) -> None:
        self.state = self.folder / "state"
        self.config = self.folder / "edge_gate.toml"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(self.folder / "notify"))
        self._notify.settimeout(0.05)
        self._last_ping = 0.0
        self._over = False
        self.process: subprocess.Popen[bytes] | None = None
        threading.Thread(target=self._tend, daemon=True).start()

    @property
    def life(self) -> Life:
        return self.lives[-1]

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def pinged_since(self, instant: float) -> bool:
        return self._last_ping > instant

    def stop(self) -> None:
        self._over = True
        if self.process:
            self.process.kill()
            self.process.wait()
        self._notify.close()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "edge_gate", "--config", str(self.config), *words]

    def _start(self) -> None:
        film(self.folder / "pictures", self.stock, self.kind)
        self.config.write_text(
            CONFIG.format(
                pictures=self.folder / "pictures",
                rig=self.folder / "rig.sock",
                state=self.state,
                unlock_ms=UNLOCK_MS,
            )
        )
        self.lives.append(Life(self.kind, time.monotonic()))
        watched = {
            # No reserves of malloc's own: every picture is asked of the kernel, and `exhaust_memory` is felt.
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_MMAP_THRESHOLD_": "65536",
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6)),
        }
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                self._command("run", "--json"),
                stdout=said,
                stderr=said,
                env={**os.environ, **watched, **self.environment},
            )

    def _tend(self) -> None:
        """Start, watch, kill what no longer pings, secure after every death, start again."""
        while not self._over:
            with suppress(OSError):
                self._start()
                self._watch()
                self._bury()

    def _watch(self) -> None:
        process = self.process
        assert process is not None
        self._last_ping = time.monotonic()
        while process.poll() is None:
            with suppress(TimeoutError):
                words = self._notify.recv(4096)
                if b"READY=1" in words:
                    self.life.ready = time.monotonic()
                if b"READY=1" in words or b"WATCHDOG=1" in words:
                    self._last_ping = time.monotonic()
            patience = WATCHDOG_S if self.life.ready else 60.0
            if time.monotonic() - self._last_ping > patience:
                self.life.by_watchdog = True
                process.kill()
        self.life.died = time.monotonic()

    def _bury(self) -> None:
        subprocess.run(self._command("secure"), check=False, capture_output=True, env={**os.environ})
        self.life.secured = time.monotonic()
        assert self.process is not None
        if self.process.returncode == 9 or self.journal_is_broken:
            # The technician: keep the file as evidence, start a new journal.
            self.repaired += 1
            self.journal_is_broken = False
            for file in self.state.glob("journal.sqlite*"):
                shutil.move(file, self.folder / f"evidence-{self.repaired}-{file.name}")
        time.sleep(RESTART_S)


# Faults ------------------------------------------------------------------------------------------

Lift = Callable[[], object]


def nothing() -> None:
    pass


def kill(unit: Unit, _: random.Random) -> Lift:
    _signal(unit, signal.SIGKILL)
    return nothing


def pause(unit: Unit, chance: random.Random) -> Lift:
    """SIGSTOP, and SIGCONT before the watchdog notices."""
    _signal(unit, signal.SIGSTOP)
    time.sleep(chance.uniform(0.05, 2.0))
    _signal(unit, signal.SIGCONT)
    return nothing


def freeze_process(unit: Unit, _: random.Random) -> Lift:
    """SIGSTOP, and nobody continues it."""
    _signal(unit, signal.SIGSTOP)
    return nothing


def exhaust_memory(unit: Unit, _: random.Random) -> Lift:
    return _limit(unit, resource.RLIMIT_AS, 1 << 20)


def exhaust_descriptors(unit: Unit, _: random.Random) -> Lift:
    return _limit(unit, resource.RLIMIT_NOFILE, 3)


def fill_disk(unit: Unit, _: random.Random) -> Lift:
    """A small file system filled to the brim; where none can be mounted, files that may not grow."""
    if not os.path.ismount(unit.state):
        return _limit(unit, resource.RLIMIT_FSIZE, 512)
    ballast = unit.state / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return lambda: ballast.unlink(missing_ok=True)


def corrupt_journal(unit: Unit, chance: random.Random) -> Lift:
    """A page of the journal becomes noise."""
    with suppress(OSError), (unit.state / "journal.sqlite").open("r+b") as file:
        pages = file.seek(0, os.SEEK_END) // 4096
        file.seek(4096 * chance.randrange(max(1, pages)))
        file.write(chance.randbytes(4096))
    unit.journal_is_broken = True
    # Whoever reads `edge-gate journal verify` stops the service to mend it.
    return lambda: _signal(unit, signal.SIGTERM)


def move_clock(clock: MovedClock) -> Callable[[Unit, random.Random], Lift]:
    def jump(_: Unit, chance: random.Random) -> Lift:
        clock.move(chance.choice((-31_536_000, -3_600, 3_600, 31_536_000)))
        return nothing if chance.random() < 0.5 else lambda: clock.move(0)

    return jump


def film_that(kind: str) -> Callable[[Unit, random.Random], Lift]:
    """The camera freezes or hangs a few seconds into the next life."""

    def fault(unit: Unit, _: random.Random) -> Lift:
        unit.kind = kind
        _signal(unit, signal.SIGTERM)
        return nothing

    return fault


def _signal(unit: Unit, number: signal.Signals) -> None:
    if unit.process and unit.alive:
        unit.process.send_signal(number)


def _limit(unit: Unit, which: int, value: int) -> Lift:
    """Lower a limit of the running process, as `prlimit` does."""
    assert unit.process is not None
    pid = unit.process.pid
    with suppress(ProcessLookupError):
        before = resource.prlimit(pid, which, (value, resource.prlimit(pid, which)[1]))
        return lambda: _again(pid, which, before)
    return nothing


def _again(pid: int, which: int, limits: tuple[int, int]) -> None:
    with suppress(ProcessLookupError):
        resource.prlimit(pid, which, limits)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of 8 MiB of its own at `folder`, where this may be mounted."""
    folder.mkdir(mode=0o700)
    libc = ctypes.CDLL(None, use_errno=True)
    mounted = libc.mount(b"edge_gate", os.fsencode(folder), b"tmpfs", 0, b"size=8m,mode=700") == 0
    try:
        yield
    finally:
        if mounted:
            libc.umount2(os.fsencode(folder), 2)
