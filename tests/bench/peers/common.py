"""What every peer does alike: read the same clip, be timed the same way, say what it found."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)

PEOPLE = 10_000
"""In the gallery, besides the one who is enrolled."""


def frames(path: str) -> Iterator[np.ndarray]:
    """The clip's pictures, BGR; decoded outside the time that is measured."""
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    while True:
        there, picture = capture.read()
        if not there:
            return
        yield picture


def gallery(first: np.ndarray) -> np.ndarray:
    """(10001, d) float32: the enrolled person's vector, then random ones."""
    others = np.random.default_rng(0).normal(size=(PEOPLE, first.size)).astype(np.float32)
    return np.vstack([first, others / np.linalg.norm(others, axis=1, keepdims=True)]).astype(np.float32)


def measured(look: Callable[[np.ndarray], str | None]) -> None:
    """Show every frame; print CPU milliseconds a frame, and how often the enrolled person was recognised."""
    spent, recognised, count, slowest = 0, 0, 0, []
    for picture in frames(sys.argv[1]):
        begun = time.process_time_ns()
        found = look(picture)
        took = time.process_time_ns() - begun
        spent, count = spent + took, count + 1
        if found is not None:
            recognised += found == "enrolled"
            slowest.append(took / 1e6)
    told = {
        "ms_per_frame": spent / 1e6 / count,
        "frame_to_decision_ms": float(np.median(slowest)) if slowest else None,
        "recognised": recognised,
        "frames": count,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def portrait() -> np.ndarray:
    """The photograph to enrol, BGR."""
    return cv2.imread(str(Path(sys.argv[2])))
