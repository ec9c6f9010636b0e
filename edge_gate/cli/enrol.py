"""`edge-gate enrol`: a person makes a person known to the door."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from edge_gate.access.events import SubjectEnrolled
from edge_gate.access.instant import Millis
from edge_gate.cli.site import complaints, console, site
from edge_gate.config import Settings
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.pictures import read_picture
from edge_gate.errors import EnrolmentRefused
from edge_gate.evaluation.budget import Refusal, promise_in_words
from edge_gate.evaluation.lookalikes import alike_in_words
from edge_gate.face.probe import Probe
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.standard import Mode, audited
from edge_gate.store.record import Entry

APART: Millis = 500
"""Views taken from the camera lie at least this far apart, so that they differ."""


def enrol(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name under which the door will know the person.")],
    images: Annotated[
        list[Path] | None, typer.Option("--images", help="A photograph; may be given several times.")
    ] = None,
    camera: Annotated[bool, typer.Option("--camera", help="Take views with the door's camera.")] = False,
    views: Annotated[int, typer.Option(min=1, max=10, help="How many views the camera takes.")] = 3,
    patience: Annotated[int, typer.Option(min=1, help="Seconds the camera may take for it.")] = 60,
) -> None:
    """Enrol a person from photographs or from the camera: all of the views, or none."""
    if bool(images) == camera:
        raise typer.BadParameter("give photographs with --images, or --camera, and not both")
    settings = site(context).settings()
    eyes = wiring.eyes(settings)
    if images:
        taken = [(path.name, read_picture(path)) for path in images]
        probes = [enrollable(picture, eyes, title).probe for title, picture in taken]
    else:
        probes = list(islice(_from_camera(settings, eyes, patience * 1000), views))
        if len(probes) < views:
            raise EnrolmentRefused(f"{name}: {len(probes)} good views in {patience} s, {views} wanted")
    with closing(wiring.gallery(settings)) as gallery, closing(wiring.journal(settings)) as journal:
        templates = gallery.enrol(name, probes)
        clock = SystemClock()
        journal.append(Entry(SubjectEnrolled(name, len(probes)), clock.now(), clock.utc_ms()))
        roster = gallery.roster()
    console.print(f"{name}: enrolled, {templates} templates", markup=False)
    standard = wiring.standard(settings)
    standard.ruling(roster, Mode.SEARCH)
    answer = standard.answers[Mode.SEARCH]
    for pair in audited(roster, answer, wiring.calibration(settings), about=name):
        complaints.print(alike_in_words(pair), markup=False)
    if isinstance(answer, Refusal):
        complaints.print(promise_in_words(answer), markup=False)


def _from_camera(settings: Settings, eyes: Eyes, patience: Millis) -> Iterator[Probe]:
    """Probes of good views; says what is wrong with the others."""
    clock = SystemClock()
    until, not_before, said = clock.now() + patience, clock.now(), ""
    with closing(wiring.camera(settings, clock)) as camera:
        while clock.now() < until:
            picture = camera.capture(settings.camera.timeout_ms).full
            try:
                view = enrollable(picture, eyes, "camera")
            except EnrolmentRefused as refusal:
                if refusal.what != said:
                    complaints.print(refusal.what, markup=False)
                said = refusal.what
                continue
            if clock.now() >= not_before:
                console.print("good: a view is taken")
                not_before = clock.now() + APART
                yield view.probe
