"""The door beside its peers: the same clip, the same processor, in rotation.

    python tests/bench/compare.py --shared ../shared --work build/bench [--rotations 5] [--cpu 0] [--json]

Each peer runs in an environment of its own under WORK, made on first use; all else there is made anew.
Weights that are not ours come from SHARED/models; peers whose weights are missing are left out, and named.
Time is processor time of what happens to a decoded frame; every figure is a median over the rotations.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge_gate.config import WAIVER, Settings, load
from edge_gate.face.frame import Picture
from edge_gate.face.probe import unit
from edge_gate.recognition.enrolment import enrollable
from edge_gate.service import wiring
from edge_gate.service.bench import SCRIPT, STRANGERS
from edge_gate.simulated.portrait import portrait
from edge_gate.simulated.scene import SceneCamera
from edge_gate.simulated.stage import FPS

PEERS = Path(__file__).with_name("peers")
DETECTOR, EMBEDDER = "face_detection_yunet_2023mar.onnx", "mobilefacenet_foamliu_fp32.onnx"
OPENCV = "opencv-python-headless"

EACH = 100

THRESHOLDS = {"builtin": 0.46, "mobilefacenet": 0.463}
"""The first is what one person's gallery derives, the second what the peers use with this network."""

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else's way: a script, its arguments after clip and portrait, its needs, some `alone`."""

    name: str
    environment: str
    needs: tuple[str, ...]
    script: str
    arguments: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


def peers(models: Path) -> list[Peer]:
    """All of them."""
    weights = (str(models / DETECTOR), str(models / EMBEDDER))
    built = ("dlib-bin==20.0.1.post1", "face_recognition_models", "setuptools<81", "click", "Pillow", "numpy")
    dlib = ("dlib", (*built, f"{OPENCV}<5"), "dlib_default.py")
    # It asks for dlib under the name of what compiles for half an hour; what is built already has another.
    alone = ("face_recognition==1.3.0",)
    found = [
        Peer("face_recognition, default", *dlib, ("1",), alone),
        Peer("face_recognition, upsample 0", *dlib, ("0",), alone),
    ]
    for version, wanted in (("4.x", f"{OPENCV}<5"), ("5.x", f"{OPENCV}>=5")):
        home = ("opencv" + version[0], (wanted,))
        found.append(Peer(f"OpenCV {version}, embed every frame", *home, "opencv.py", weights))
        found.append(Peer(f"OpenCV {version}, embed once a track", *home, "opencv.py", (*weights, "track")))
    found.append(Peer("BlazeFace, detection alone", "mediapipe", ("mediapipe==0.10.21",), "blazeface.py"))
    return found


def python(peer: Peer, work: Path) -> Path:
    """The interpreter of a peer's environment, made if need be."""
    home = work / f"venv-{peer.environment}"
    if not (home / "ready").exists():
        console.print(f"making an environment for {peer.name}: {', '.join(peer.needs)}")
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(home / "bin" / "pip"), "install", "-q"]
        subprocess.run([*install, "wheel", *peer.needs], check=True)
        if peer.alone:
            subprocess.run([*install, "--no-deps", *peer.alone], check=True)
        (home / "ready").touch()
    return home / "bin" / "python"


def footage(work: Path) -> tuple[Path, Path]:
    """The clip and the portrait to enrol, made anew: whoever is cast now is not who was cast last time."""
    clip, enrol = work / "clip.mp4", work / "ada.png"
    camera = SceneCamera(SCRIPT)
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (640, 480))
    for _ in track(range(camera.frames), "rendering", console=console):
        writer.write(camera.capture(timeout=0).full.pixels)
    writer.release()
    cv2.imwrite(str(enrol), portrait("ada"))
    return clip, enrol


def site(work: Path, pack: str, models: Path) -> list[str]:
    """A new door with ten thousand templates and this board's tuning; how to call `edge-gate` for it."""
    state, config = work / f"state-{pack}", work / f"{pack}.toml"
    config.write_text(
        f'[camera]\nwidth = 640\nheight = 480\n[models]\npack = "{pack}"\ndirectory = "{models}"\n'
        f'[liveness]\nwaiver = "{WAIVER}"\n[door]\nhardware = "simulated"\n'
        # For so many people no evidence carries a promise: without a threshold by hand nobody would get in.
        f"[budget]\nexpert_threshold = {THRESHOLDS[pack]}\n"
    )
    command = [sys.executable, "-m", "edge_gate", "--config", str(config), "--state", str(state)]
    shutil.rmtree(state, ignore_errors=True)
    subprocess.run([*command, "tune"], check=True, stdout=subprocess.DEVNULL)
    enrol_everybody(load(config, {"store": {"state": str(state)}}))
    return command


def enrol_everybody(settings: Settings) -> None:
    """Ada, and strangers with a hundred templates each, random directions: a commit each takes its time."""
    eyes = wiring.eyes(settings)
    ada = enrollable(Picture(portrait("ada")), eyes, "ada").probe
    others = np.random.default_rng(0).normal(size=(STRANGERS, ada.vector.size)).astype(np.float32)
    with closing(wiring.gallery(settings)) as gallery:
        gallery.enrol("ada", [ada])
        for number in track(range(0, STRANGERS, EACH), "enrolling", console=console):
            probes = [unit(row, ada.embedder) for row in others[number : number + EACH]]
            gallery.enrol(f"n{number:05}", probes)


def told(command: list[str]) -> dict[str, Any]:
    """The last line that a program says, from JSON; empty, and said so, where it fails."""
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **single})
    if done.returncode:
        console.print(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-400:]}", markup=False)
        return {}
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    summary: dict[str, Any] = said.get("summary", said)
    return summary


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--rotations", type=int, default=5)
    parser.add_argument("--cpu", type=int, default=0, help="the processor that everybody is pinned to")
    parser.add_argument("--only", nargs="*", default=(), help="peers' environments; all unless told")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    work, models = options.work.resolve(), (options.shared / "models").resolve()
    work.mkdir(parents=True, exist_ok=True)
    clip, enrol = footage(work)
    ways = {
        f"edge-gate, {whose} networks": [*site(work, pack, models), "replay", str(clip), "--json"]
        for whose, pack in (("its own", "builtin"), ("the peers'", "mobilefacenet"))
    }
    for peer in peers(models):
        if options.only and peer.environment not in options.only:
            continue
        script = [str(python(peer, work)), str(PEERS / peer.script), str(clip), str(enrol), *peer.arguments]
        ways[peer.name] = script
    os.sched_setaffinity(0, {options.cpu})
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in track(range(options.rotations), "rotations", console=console):
        for name, command in ways.items():
            summary = told(command)
            if summary.get("granted") == 0:
                sys.exit(f"{name}: the door let nobody in, and what it saves or costs says nothing")
            if summary:
                took[name].append(summary["ms_per_frame"])
    medians = {name: statistics.median(each) for name, each in took.items() if each}
    best = medians["edge-gate, its own networks"]
    if options.json:
        sys.stdout.write(
            json.dumps({"rotations": options.rotations, "ms_per_frame": medians, "all": took}) + "\n"
        )
        return
    title = "600 frames of 640x480, a person in a quarter, 10k templates"
    table = Table(title, "CPU ms a frame", "times ours")
    for name, each in medians.items():
        table.add_row(name, f"{each:.3f}", f"{each / best:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
