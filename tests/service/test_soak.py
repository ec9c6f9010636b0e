"""A day before the door, as fast as the processor allows: nothing grows but the journal, by what happened."""

import gc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge_gate.access.gate import World
from edge_gate.access.memory import Memory
from edge_gate.config import WAIVER, load
from edge_gate.face.frame import Frame, Picture
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.scribe import Scribe
from edge_gate.service.watcher import Watcher
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor, SimulatedFuse
from edge_gate.simulated.panel import SimulatedPanel
from edge_gate.simulated.portrait import views
from edge_gate.simulated.scene import SceneCamera
from edge_gate.simulated.stage import FPS

HOUR = 3600 * FPS
BYTES_A_RECORD = 4096
VISIT_EVERY = 600 * FPS

VISITS = ("ada walks up for 2 s\nada stands for 2 s\nada leaves for 1 s", "lior stands for 3 s")


def pictures(script: str) -> list[Picture]:
    camera = SceneCamera(script)
    return [camera.capture(timeout=0).full for _ in range(camera.frames)]


def a_day() -> Iterator[Picture]:
    """An empty room, and every ten minutes somebody who is known or somebody who is not."""
    empty, visits = pictures("nobody for 3 s"), [pictures(script) for script in VISITS]
    for number in range(24 * HOUR):
        turn, into = divmod(number, VISIT_EVERY)
        visit = visits[turn % len(visits)]
        yield visit[into] if into < len(visit) else empty[number % len(empty)]


def resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def held() -> tuple[int, int]:
    """Open handles, and threads."""
    handles, threads = (sum(1 for _ in Path("/proc/self", each).iterdir()) for each in ("fd", "task"))
    return handles, threads


@pytest.mark.slow
def test_a_day_passes_and_only_the_journal_has_grown(tmp_path: Path, eyes: Eyes) -> None:
    settings = load(
        None,
        {
            "liveness": {"waiver": WAIVER},
            "door": {"hardware": "simulated"},
            "store": {"state": str(tmp_path)},
        },
    )
    clock = ManualClock()
    with closing(wiring.journal(settings)) as journal, closing(wiring.gallery(settings)) as gallery:
        gallery.enrol("ada", [enrollable(Picture(view), eyes, "ada").probe for view in views("ada")])
        scribe = Scribe(journal, clock)
        keeper = wiring.keeper(
            settings,
            SimulatedDoor(clock, leaf_open=None),
            SimulatedPanel(),
            SimulatedFuse(),
            sink=scribe,
            now=0,
            memory=Memory(),
        )
        watcher = Watcher(eyes, gallery, wiring.standard(settings))
        weight, holding = list[int](), list[tuple[int, int]]()
        for number, picture in enumerate(a_day()):
            clock.set(number * 1000 // FPS)
            watched = watcher.watch(Frame(number, clock.now(), picture))
            if watched.news or not keeper.doze(clock.now()):
                keeper.turn(watched.news, World(clock.now(), clock.utc_ms()))
            if watched.news:
                scribe.drain()
            if number % HOUR == HOUR - 1:
                scribe.drain()
                gc.collect()
                weight.append(resident())
                holding.append(held())
        records = journal.verify()
    size = (tmp_path / "journal.sqlite").stat().st_size
    growth = max(weight) / weight[0] - 1
    print(  # noqa: T201 - the figures of this test, with pytest -s
        f"{24 * HOUR} frames, {records} records in {size} bytes; resident {weight[0]} kB after an hour, "
        f"at most {max(weight)} ({100 * growth:.2f} %); handles and threads {holding[0]}, then {holding[-1]}"
    )
    assert records >= 24 * 3600 * FPS / VISIT_EVERY
    assert set(holding) == {holding[0]}
    assert growth < 0.02
    assert size < BYTES_A_RECORD * records + 100_000
