"""A clip through the same street as the daemon, on the clip's own clock: what `edge-gate replay` does."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import cv2
import msgspec

from edge_gate.cli.site import Site, say, say_json, warn
from edge_gate.config import WAIVER, Settings, Tables
from edge_gate.devices.pictures import read_picture
from edge_gate.errors import ConfigError, UnreadableInput
from edge_gate.face.comparison import Roster
from edge_gate.face.probe import Template
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.replay import FixedGallery, Shown, Told
from edge_gate.store.manifest import read_manifest


def show(
    site: Site,
    clip: Path,
    *,
    pack: str | None = None,
    models: Path | None = None,
    enrol: Sequence[str] = (),
    waive_liveness: bool = False,
    annotate: Path | None = None,
    json: bool = False,
) -> None:
    """Show a clip to the door; the parameters are `edge-gate replay`'s.

    Raises:
        EdgeGateError: if the configuration, a model, the gallery or a picture is not what it should be.
    """
    settings = _settings(site, pack, models, waive_liveness=waive_liveness)
    eyes = wiring.eyes(settings)
    gallery = FixedGallery(_roster(settings, eyes, enrol))
    shown_to = wiring.replay(settings, eyes, gallery, wiring.footage(clip))
    # A gallery of thousands is no garbage: looking through it holds up a frame by 30 ms.
    gc.freeze()
    frames: Iterable[Shown] = shown_to if annotate is None else filmed(shown_to, annotate)
    for shown in frames:
        for told in shown.told:
            _tell(told, json=json)
    summary = msgspec.to_builtins(shown_to.summary())
    if json:
        say_json({"summary": summary})
    else:
        say("  ".join(f"{name} {value}" for name, value in summary.items()))


def _settings(site: Site, pack: str | None, models: Path | None, *, waive_liveness: bool) -> Settings:
    chosen: dict[str, str] = {}
    if pack:
        chosen["pack"] = pack
    if models:
        chosen["directory"] = str(models)
    changes: Tables = {"models": chosen}
    if waive_liveness:
        changes["liveness"] = {"waiver": WAIVER}
    settings = site.settings(changes)
    if not waive_liveness and not read_manifest().chosen(settings.models.pack).liveness:
        warn(f"the pack {settings.models.pack} has no liveness model: here, a photograph is a person")
        waived = msgspec.structs.replace(settings.liveness, waiver=WAIVER)
        settings = msgspec.structs.replace(settings, liveness=waived)
    return settings


def _roster(settings: Settings, eyes: Eyes, enrol: Sequence[str]) -> Roster:
    if not enrol:
        with closing(wiring.gallery(settings)) as gallery:
            return gallery.roster()
    templates = []
    for named in enrol:
        name, equals, path = named.partition("=")
        if not (name and equals and path):
            raise ConfigError(f"--enrol takes NAME=IMAGE, not {named!r}", "Write, say, --enrol ada=ada.jpg")
        templates.append(Template(name, enrollable(read_picture(Path(path)), eyes, path).probe))
    return Roster.of(templates)


def _tell(told: Told, *, json: bool) -> None:
    if json:
        say_json(told.as_json())
        return
    words = [f"{told.t_ms / 1000:8.2f} s", told.event.name]
    words += [str(each) for name in ("subject", "reason") if (each := getattr(told.event, name, None))]
    say(" ".join(words))


def filmed(frames: Iterable[Shown], path: Path) -> Iterator[Shown]:
    """Pass the frames on, and write each, with what was seen in it, to a film.

    Raises:
        UnreadableInput: if the film cannot be written.
    """
    from edge_gate.service.picture import annotated  # noqa: PLC0415 - most replays draw nothing

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
