"""`edge-gate demo`: an evening at a simulated door, through the real networks."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    CameraFault,
    DoorEvent,
    QualityRejected,
    StrikeReleased,
    StrikeSecured,
    SubjectEnrolled,
    ThresholdDerived,
)
from edge_gate.cli.show import filmed
from edge_gate.cli.site import console
from edge_gate.config import WAIVER, load
from edge_gate.devices.clock import SystemClock
from edge_gate.face.frame import Picture, Pixels
from edge_gate.ports import Clock
from edge_gate.recognition.enrolment import enrollable
from edge_gate.service import wiring
from edge_gate.service.picture import annotated
from edge_gate.service.replay import Shown
from edge_gate.simulated.portrait import views
from edge_gate.simulated.scene import SceneCamera
from edge_gate.simulated.script import parse
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry

ENROLLED = ("ada", "bela", "chidi", "dara")
ACROSS, SHOWN_EVERY = 5, 22
"""Pictures in one row of the sheet, and frames from one picture to the next."""


def demo(
    out: Annotated[Path, typer.Option(help="Where the film, the picture and the journal go.")] = Path("demo"),
) -> None:
    """Show the whole street: rendered camera, real detector and embedder, simulated door."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "journal.sqlite").unlink(missing_ok=True)
    settings = load(
        None,
        {
            "liveness": {"waiver": WAIVER},
            "door": {"hardware": "simulated", "unlock_ms": 3000},
            "store": {"state": str(out)},
        },
    )
    eyes = wiring.eyes(settings)
    clock = SystemClock()
    console.print("[bold]edge_gate: an evening at a simulated door[/]")
    console.print(f"[yellow]waived: the builtin pack has no liveness model, so {WAIVER}[/]", soft_wrap=True)
    with closing(wiring.gallery(settings)) as gallery, closing(wiring.journal(settings)) as journal:
        for name in ENROLLED:
            probes = [enrollable(Picture(view), eyes, name).probe for view in views(name)]
            if name not in gallery.subjects():
                gallery.enrol(name, probes)
            journal.append(Entry(SubjectEnrolled(name, len(probes)), clock.now(), clock.utc_ms()))
        console.print(f"enrolled, encrypted at rest: {', '.join(ENROLLED)}\n")
        script = (files("edge_gate.simulated") / "evening.scene").read_text()
        show = wiring.replay(settings, eyes, gallery, SceneCamera(script))
        film = filmed(_narrated(show, script, journal, clock), out / "evening.mp4")
        sheet = [annotated(shown) for shown in film if shown.frame.sequence % SHOWN_EVERY == 0]
        summary = show.summary()
        console.print(
            f"\n{summary.frames} frames at {summary.ms_per_frame} ms of processor time each: "
            f"{summary.granted} granted, {summary.denied} denied, "
            f"the strike released {summary.strike_releases} times",
            soft_wrap=True,
        )
        console.print(f"journal: {journal.verify()} records, the chain is whole")
    cv2.imwrite(str(out / "evening.png"), _sheet(sheet))
    console.print(f"to look at: {out / 'evening.png'} and {out / 'evening.mp4'}", soft_wrap=True)


def _narrated(frames: Iterable[Shown], script: str, journal: Journal, clock: Clock) -> Iterator[Shown]:
    """Pass the frames on; tell what the script shows, and what the door made of it."""
    lines = [line for line in script.splitlines() if line and not line.startswith("#")]
    begins = accumulate((shot.lasts for shot in parse(script)), initial=0)
    shots = deque(zip(begins, lines, strict=False))
    line = ""
    for shown in frames:
        while shots and shots[0][0] <= shown.frame.captured:
            begun, line = shots.popleft()
            console.print(f"[dim]{begun / 1000:6.2f} s[/]  {line}")
        for told in shown.told:
            journal.append(Entry(told.event, told.t_ms, clock.utc_ms()))
            console.print(f"[dim]{told.t_ms / 1000:6.2f} s[/]      {_words(told.event)}", soft_wrap=True)
            if "print" in line and isinstance(told.event, AccessGranted):
                console.print("[yellow]              a photograph was let in: this is what was waived[/]")
        yield shown


def _words(event: DoorEvent) -> str:
    match event:
        case AccessGranted(subject=subject, score=score, lead=lead, frames=frames):
            agreed = f"{len(frames)} sightings agree, score {score:.2f}, {lead:.2f} ahead of the next"
            return f"[bold green]granted[/] {subject}: {agreed}"
        case AccessDenied(reason=reason, score=score):
            return f"[bold red]denied[/]: {reason}, best score {score:.2f}"
        case QualityRejected(advice=advice):
            return f"[yellow]not compared[/]: {advice}"
        case StrikeReleased():
            return "[bold green]relay 1: the strike is released[/]"
        case StrikeSecured():
            return "[bold]relay 0: the strike is secured[/]"
        case ThresholdDerived(threshold=threshold, people=people, fpir_bound=bound):
            promise = f"a stranger's attempt succeeds with chance {bound:.2g} at most, as measured on LFW"
            return f"threshold {threshold:.2f} for {people} people: {promise}"
        case CameraFault(reason=reason):
            return f"[bold red]camera fault[/]: {reason}; nobody is let in on an old picture"
        case _:
            return event.name.replace("_", " ")


def _sheet(pictures: Sequence[Pixels]) -> Pixels:
    small = [cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for picture in pictures]
    small += [np.zeros_like(small[0])] * (-len(small) % ACROSS)
    rows = [np.hstack(small[first : first + ACROSS]) for first in range(0, len(small), ACROSS)]
    return np.asarray(np.vstack(rows), dtype=np.uint8)
