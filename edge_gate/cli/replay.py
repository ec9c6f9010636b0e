"""`edge-gate replay`: a clip through the same street as the daemon, on the clip's own clock."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import cv2
import typer

from edge_gate.cli import site as speech
from edge_gate.cli.site import Json, say_json, site
from edge_gate.config import WAIVER, Settings, Tables
from edge_gate.devices.pictures import read_picture
from edge_gate.errors import UnreadableInput
from edge_gate.face.comparison import Roster
from edge_gate.face.probe import Template
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.picture import annotated
from edge_gate.service.replay import FixedGallery, Shown, Told
from edge_gate.store.manifest import read_manifest


def replay(
    context: typer.Context,
    clip: Annotated[Path, typer.Argument(help="A video file, or a folder of pictures.")],
    pack: Annotated[str | None, typer.Option(help="Models to use instead of the configuration's.")] = None,
    models: Annotated[Path | None, typer.Option(help="Where weights that are not ours lie.")] = None,
    enrol: Annotated[
        list[str] | None,
        typer.Option(help="NAME=IMAGE, several times: whom the door knows, instead of the gallery."),
    ] = None,
    waive_liveness: Annotated[
        bool, typer.Option("--waive-liveness", help="See what a door without a liveness model would do.")
    ] = False,
    annotate: Annotated[Path | None, typer.Option(help="Write the clip with what was seen, as .mp4.")] = None,
    json: Json = False,
) -> None:
    """Run a clip through the door's decisions: no hardware is touched, no journal written."""
    settings = _settings(context, pack, models, waive_liveness=waive_liveness)
    eyes = wiring.eyes(settings)
    gallery = FixedGallery(_roster(settings, eyes, enrol))
    show = wiring.replay(settings, eyes, gallery, wiring.footage(clip))
    frames: Iterable[Shown] = show if annotate is None else filmed(show, annotate)
    for shown in frames:
        for told in shown.told:
            _tell(told, json=json)
    summary = asdict(show.summary())
    if json:
        say_json({"summary": summary})
    else:
        speech.console.print("  ".join(f"{name} {value}" for name, value in summary.items()))


def _settings(
    context: typer.Context, pack: str | None, models: Path | None, *, waive_liveness: bool
) -> Settings:
    chosen: dict[str, str] = {}
    if pack:
        chosen["pack"] = pack
    if models:
        chosen["directory"] = str(models)
    changes: Tables = {"models": chosen}
    settings = site(context).settings(changes)
    if not waive_liveness and not read_manifest().chosen(settings.models.pack).liveness:
        speech.complaints.print(
            f"the pack {settings.models.pack} has no liveness model: here, a photograph is a person"
        )
        waive_liveness = True
    return site(context).settings({**changes, "liveness": {"waiver": WAIVER}}) if waive_liveness else settings


def _roster(settings: Settings, eyes: Eyes, enrol: list[str] | None) -> Roster:
    if not enrol:
        with closing(wiring.gallery(settings)) as gallery:
            return gallery.roster()
    templates = []
    for named in enrol:
        name, equals, path = named.partition("=")
        if not (name and equals and path):
            raise typer.BadParameter(f"--enrol takes NAME=IMAGE, not {named!r}")
        templates.append(Template(name, enrollable(read_picture(Path(path)), eyes, path).probe))
    return Roster.of(templates)


def _tell(told: Told, *, json: bool) -> None:
    if json:
        say_json(told.as_json())
        return
    words = [f"{told.t_ms / 1000:8.2f} s", told.event.name]
    words += [str(each) for name in ("subject", "reason") if (each := getattr(told.event, name, None))]
    speech.console.print(" ".join(words), markup=False)


def filmed(frames: Iterable[Shown], path: Path) -> Iterator[Shown]:
    """Pass the frames on, and write each, with what was seen in it, to a film.

    Raises:
        UnreadableInput: if the film cannot be written.
    """
    writer: cv2.VideoWriter | None = None
    try:
        for shown in frames:
            picture = annotated(shown)
            if writer is None:
                size = (picture.shape[1], picture.shape[0])
                writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 15, size)
                if not writer.isOpened():
                    raise UnreadableInput(
                        f"{path} cannot be written", "Name an .mp4 file in a folder of yours"
                    )
            writer.write(picture)
            yield shown
    finally:
        if writer is not None:
            writer.release()
