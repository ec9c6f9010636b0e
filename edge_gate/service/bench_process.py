"""Measures the daemon from outside: how soon it decides, what it weighs, how little it works."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import cv2
from msgspec import Struct

from edge_gate.config import WAIVER, Settings
from edge_gate.devices.y4m import FRAME, MAGIC, PlainClip
from edge_gate.errors import DaemonUnreachable, EndOfFootage
from edge_gate.face.frame import Picture
from edge_gate.face.motion import grains
from edge_gate.recognition.enrolment import enrollable
from edge_gate.service import wiring
from edge_gate.service.control import ask
from edge_gate.simulated.portrait import views
from edge_gate.simulated.stage import FPS

SETTLED_S = 3.0
"""A daemon's first seconds of seeing, and its start before them, are not counted as work."""

WATCHED_S = 12.0

MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it

FILM = 200_000_000
"""Bytes: 300 pictures of 640x480 take 138 MB."""

LIBRARIES = """
import gc, os
gc.disable()
os.environ["OPENBLAS_NUM_THREADS"] = "1"
from edge_gate.cli import kept
kept.use(ahead=False)
from edge_gate.cli import alone
alone.values()
alone.numbers()
import cv2, sqlite3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
"""
"""Of every start, beside the engines, and loaded as it loads them, but linked one after the other."""

UNIT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""What `systemd/edge-gate.service` lets the daemon find in its environment."""

ENGINES = ("onnxruntime", "ai_edge_litert.interpreter")
"""Of these, what the networks in use have loaded into this process."""


class Work(Struct, frozen=True):
    """One daemon at real time.

    Attributes:
        cpu_percent: of one processor, reading the pictures from a file included.
        camera_percent: what reading as much of them as a glance needs takes by itself.
        rss_mb: most memory resident at any time.
    """

    cpu_percent: float
    camera_percent: float
    rss_mb: float


def in_memory(place: Path = MEMORY, film: int = FILM) -> Path | None:
    """Where films are best kept: a camera's pictures are in memory, a disk's may have to be read anew.

    None where there is no such place, or no room in it for a film of so many bytes, as in a container.
    """
    return place if os.access(place, os.W_OK) and shutil.disk_usage(place).free > film else None


def filmed(pictures: Sequence[Picture], path: Path, times: int = 1) -> Path:
    """The pictures as a film that costs next to nothing to read: not compressed."""
    width, height = pictures[0].width, pictures[0].height
    frames = [FRAME + cv2.cvtColor(each.bgr(), cv2.COLOR_BGR2YUV_I420).tobytes() for each in pictures]
    with path.open("wb") as file:
        file.write(MAGIC + f" W{width} H{height} F{FPS}:1\n".encode())
        file.writelines(frames * times)
    return path


def prepared(settings: Settings, home: Path, film: Path) -> list[str]:
    """A site of its own with ada enrolled, before that film; how to call `edge-gate` for it."""
    config = home / "bench.toml"
    lines = ["[camera]", f"source = {json.dumps(f'file:{film}')}", "width = 640", "height = 480"]
    lines += ["[door]", 'hardware = "simulated"', "[models]"]
    lines += [f"{name} = {json.dumps(getattr(settings.models, name))}" for name in ("pack", "directory")]
    if settings.liveness.waiver:
        lines += ["[liveness]", f"waiver = {json.dumps(WAIVER)}"]
    config.write_text("\n".join(lines) + "\n")
    with closing(wiring.gallery(settings)) as gallery:
        if "ada" not in gallery.subjects():
            eyes = wiring.eyes(settings)
            gallery.enrol("ada", [enrollable(Picture(view), eyes, "ada").probe for view in views("ada")])
    state = settings.store.state
    return [sys.executable, "-m", "edge_gate", "--config", str(config), "--state", state]


def at_work(command: Sequence[str], film: Path) -> Work:
    """Run the daemon for a while and read its books from the kernel."""
    with subprocess.Popen([*command, "run"], stdout=subprocess.DEVNULL, env=_environment()) as daemon:  # noqa: S603
        try:
            await_sight(Path(command[-1]) / "control.sock", daemon)
            time.sleep(SETTLED_S)
            before, begun = _spent(daemon.pid), time.monotonic()
            time.sleep(WATCHED_S)
            after, ended = _spent(daemon.pid), time.monotonic()
            status = Path(f"/proc/{daemon.pid}/status").read_text()
        finally:
            daemon.terminate()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    cpu = 100 * (after - before) / (ended - begun)
    return Work(round(cpu, 2), round(_reading(film), 2), round(int(peak.split()[1]) / 1024, 1))


def await_sight(control: Path, daemon: subprocess.Popen[bytes], patience_s: float = 60.0) -> None:
    """Wait until the daemon has seen a picture: from a slow disk it starts for seconds.

    Raises:
        DaemonUnreachable: if it ends before, or has seen none by then.
    """
    patient = time.monotonic() + patience_s
    while not _sees(control):
        code = daemon.poll()
        if code is not None or time.monotonic() > patient:
            what = f"has seen no picture in {patience_s:g} s" if code is None else f"ended with code {code}"
            raise DaemonUnreachable(f"The daemon to be measured {what}", "What it said stands above")
        time.sleep(0.1)


def _sees(control: Path) -> bool:
    try:
        return bool(ask(control, "status")["frames"])
    except DaemonUnreachable:
        return False


def installed() -> None:
    """Keep the modules of a start in one file, as who installs does."""
    # Where it cannot be written, what is said stands on the terminal, and starts take longer.
    subprocess.run([sys.executable, "-m", "edge_gate.cli.kept"], check=False, env=_environment())


def start_up(command: Sequence[str], film: Path) -> tuple[float, float]:
    """From nothing to the first decision: milliseconds of wall time, and of processor time."""
    begun = time.monotonic()
    with subprocess.Popen(  # noqa: S603
        [*command, "replay", str(film), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as process:
        assert process.stdout is not None  # noqa: S101
        for line in process.stdout:
            if b"access_" in line:
                break
        wall, cpu = time.monotonic() - begun, _spent(process.pid)
        process.kill()
    return 1000 * wall, 1000 * cpu


def libraries_alone() -> float:
    """What Python takes to load the libraries that a decision needs, and nothing of ours: milliseconds."""
    engines = "".join(f"import {name}\n" for name in ENGINES if name in sys.modules)
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", f"{LIBRARIES}{engines}os._exit(0)"], check=True, env=_environment())  # noqa: S603
    return 1000 * (time.monotonic() - begun)


def _environment() -> dict[str, str]:
    # An installation has its modules compiled; a developer's shell may forbid to keep them so.
    return {**os.environ, **UNIT, "PYTHONDONTWRITEBYTECODE": ""}


def _spent(pid: int) -> float:
    """Seconds of processor time, of user and kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _reading(film: Path) -> float:
    """Percent of a processor that reading this film at its own rate takes."""
    clip, count = PlainClip(film), 0
    begun = time.process_time()
    with suppress(EndOfFootage):
        while True:
            grains(clip.read())
            count += 1
    clip.close()
    return 100 * FPS * (time.process_time() - begun) / max(1, count)
