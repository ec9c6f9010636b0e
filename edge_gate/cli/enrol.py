"""`edge-gate enrol`: a person makes a person known to the door."""

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge_gate.access.events import SubjectEnrolled
from edge_gate.cli.enrol_many import enrol_many
from edge_gate.cli.site import Json, complaints, console, site
from edge_gate.config import Settings
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.pictures import read_picture
from edge_gate.errors import EnrolmentRefused
from edge_gate.evaluation.budget import Refusal, promise_in_words
from edge_gate.evaluation.lookalikes import alike_in_words
from edge_gate.face.probe import Probe
from edge_gate.provisioning.guidance import TAKEN, Guidance
from edge_gate.provisioning.ledger import ledger
from edge_gate.provisioning.lookalikes import audit
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring


def enrol(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The name under which the door will know the person.")
    ] = None,
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[PHOTOGRAPH]...", help="The rest, after --images.")
    ] = None,
    images: Annotated[
        list[Path] | None, typer.Option("--images", help="Photographs: `--images a.jpg b.jpg`.")
    ] = None,
    camera: Annotated[bool, typer.Option("--camera", help="Take views with the door's camera.")] = False,
    views: Annotated[int, typer.Option(min=1, max=10, help="How many views the camera takes.")] = 3,
    patience: Annotated[int, typer.Option(min=1, help="Seconds the camera may take for it.")] = 60,
    table: Annotated[
        Path | None, typer.Option("--from", help="Many people: a CSV file with the columns name and photo.")
    ] = None,
    photos: Annotated[Path | None, typer.Option(help="The folder that the table's photos lie in.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --from: change nothing, say all.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="With --from: write everybody's outcome as CSV.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="With --from: photographs looked at side by side.")
    ] = max(1, (os.cpu_count() or 2) - 1),
    json: Json = False,
) -> None:
    """Enrol a person from photographs or the camera, or many people from a table.

    One person: all of the views, or none. The camera asks for views that differ: straight, a little to the
    left, a little to the right; it says what is wrong meanwhile. Stop the service first: it has the camera.

    Many people: each by itself. Begun again after a stop, it goes on where it was, since whoever is enrolled
    is passed over. Rejected photographs, people under two names and look-alikes are reported, with reasons.
    """
    ways = [bool(images), camera, table is not None]
    if sum(ways) != 1 or (table is None) == (name is None) or (more and not images):
        raise typer.BadParameter("give NAME with --images or --camera, or else --from TABLE")
    if name and Path(name).is_file():
        raise typer.BadParameter(f"{name} is a file: the person's NAME comes first")
    settings = site(context).settings()
    if table is not None:
        enrol_many(settings, table, photos or table.parent, workers, report, dry_run=dry_run, json=json)
        return
    eyes = wiring.eyes(settings)
    if images:
        probes = [enrollable(read_picture(path), eyes, path.name).probe for path in [*images, *(more or [])]]
    else:
        probes = _from_camera(settings, eyes, views, patience)
        if len(probes) < views:
            raise EnrolmentRefused(f"{name}: {len(probes)} good views in {patience} s, {views} wanted")
    _keep(settings, str(name), probes)


def _keep(settings: Settings, name: str, probes: list[Probe]) -> None:
    with closing(wiring.gallery(settings)) as gallery, ledger(settings) as book:
        templates = gallery.enrol(name, probes, lambda count: book.note(SubjectEnrolled(name, count)))
        roster = gallery.roster()
    console.print(f"{name}: enrolled, {templates} templates", markup=False)
    found = audit(settings, roster, about=name)
    for pair in found.pairs:
        complaints.print(alike_in_words(pair), markup=False, soft_wrap=True)
    if isinstance(found.answer, Refusal):
        complaints.print(promise_in_words(found.answer), markup=False, soft_wrap=True)


def _from_camera(settings: Settings, eyes: Eyes, views: int, patience: int) -> list[Probe]:
    """Probes of good views that differ; tells the person what to do."""
    clock = SystemClock()
    guidance = Guidance(eyes, views)
    until, said = clock.now() + patience * 1000, ""
    with closing(wiring.camera(settings, clock)) as camera:
        while not guidance.done and clock.now() < until:
            frame = camera.capture(settings.camera.timeout_ms)
            advice = guidance.see(frame)
            if advice != said:
                (console if advice == TAKEN else complaints).print(advice, markup=False)
            said = advice
    return guidance.probes
