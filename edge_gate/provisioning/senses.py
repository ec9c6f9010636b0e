"""Does the door see, hear and know? Camera, lines, models, gallery, key, journal."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct

from edge_gate.config import Settings
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.gpio import GpioDoor, at_rest, header
from edge_gate.devices.panel import GpioPanel
from edge_gate.errors import DaemonUnreachable
from edge_gate.evaluation.budget import Refusal, promise_in_words
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Frame, Picture
from edge_gate.face.freshness import Freshness, observe
from edge_gate.face.motion import grains
from edge_gate.face.probe import Template
from edge_gate.ports import Camera, Clock
from edge_gate.provisioning import view
from edge_gate.provisioning.finding import Finding, fail, ok, warn
from edge_gate.recognition.enrolment import enrollable
from edge_gate.service import wiring
from edge_gate.service.control import ask
from edge_gate.service.lines import door_lines, panel_lines
from edge_gate.service.loops import STALE_AFTER
from edge_gate.service.policy import consensus, policy, unmet
from edge_gate.service.standard import Mode
from edge_gate.simulated.portrait import portrait
from edge_gate.store.key import KeyFile

RARELY = 1e-4
"""How often, in one comparison of two people, the score reaches what the self-check takes for one."""

FRAMES = 20
"""How many pictures are looked at."""

LIGHT = "Add light on the faces, not behind them; see the picture in `edge-gate commission`"


class Senses(Struct, frozen=True):
    """What an examination opens besides the computer; a test gives a camera or a header with a fault."""

    camera: Callable[[Settings, Clock], Camera] = wiring.camera
    header: Callable[[], Any] = lambda: header(None)


def kept(settings: Settings) -> dict[str, object] | None:
    """How the running daemon says it is; None where none runs. It alone holds the camera and the lines."""
    try:
        return ask(Path(settings.control.socket), "status")
    except DaemonUnreachable:
        return None


def camera(settings: Settings, senses: Senses) -> Iterator[Finding]:
    """Does it deliver fresh, sharp, well lit and steady pictures?

    Raises:
        CameraError: if it does not deliver.
    """
    if status := kept(settings):
        fresh = status.get("fresh_ms_ago")
        if isinstance(fresh, int) and fresh < STALE_AFTER:
            yield ok("camera delivers", f"the service has it; the last fresh picture was {fresh} ms ago")
        else:
            yield fail(
                "camera delivers", f"the service has seen nothing fresh for {fresh} ms", "Look at the cable"
            )
        return
    with closing(senses.camera(settings, SystemClock())) as opened:
        frames = [opened.capture(settings.camera.timeout_ms) for _ in range(FRAMES)]
    took = (frames[-1].captured - frames[0].captured) / 1000
    rate = (FRAMES - 1) / took if took > 0 else float("inf")
    said = f"{frames[0].full.width}x{frames[0].full.height}, {rate:.1f} pictures a second"
    if rate < settings.camera.fps / 2:
        yield warn(
            "camera delivers", f"{said}, {settings.camera.fps} asked for", "More light, or a lower camera.fps"
        )
    else:
        yield ok("camera delivers", said)
    yield from seen(frames)


def seen(frames: list[Frame]) -> Iterator[Finding]:
    """What the pictures themselves say."""
    freshness, new = Freshness(), 0
    for frame in frames:
        freshness = observe(freshness, grains(frame.full), frame.captured)
        new += not freshness.repeats
    if new < len(frames) / 2:
        yield fail(
            "camera fresh",
            f"{new} of {len(frames)} pictures are new: it hangs",
            "Unplug it, plug it in again",
        )
    else:
        yield ok("camera fresh", f"{new} of {len(frames)} pictures are new")
    pictures = [view.grey(frame.full.luma()) for frame in frames]
    light, burnt = view.brightness(pictures), view.burnt(pictures)
    if light < view.DARK:
        yield fail("camera exposure", f"too dark: mean brightness {light:.0f} of 255", LIGHT)
    elif light > view.BRIGHT or burnt > view.BURNT:
        yield fail("camera exposure", f"too bright: mean {light:.0f} of 255, {burnt:.0%} white", LIGHT)
    else:
        yield ok("camera exposure", f"mean brightness {light:.0f} of 255")
    sharp = view.focus(pictures)
    if view.contrast(pictures) < view.FLAT:
        yield fail(
            "camera focus", "there is nothing to see in the picture", "Take the cap off, wipe the lens"
        )
    elif sharp < view.UNSHARP:
        yield warn(
            "camera focus",
            f"sharpness {sharp:.2f}, {view.UNSHARP} expected",
            "Turn the lens; wipe it; peel its film off",
        )
    else:
        yield ok("camera focus", f"sharpness {sharp:.2f}")
    flicker = view.flicker(pictures)
    if flicker > view.FLICKER:
        yield warn(
            "camera flicker",
            f"the brightness jumps by {flicker:.0%}",
            "Try camera.locked_exposure = true, or other lamps",
        )
    else:
        yield ok("camera flicker", f"the brightness moves by {flicker:.1%}")


def lines(settings: Settings, senses: Senses) -> Iterator[Finding]:
    """May the relay's line be had, and is it low by itself? It is never driven high here.

    Raises:
        ConfigError: if a pin cannot be what the configuration makes of it.
        DoorHardwareError: if a line cannot be had.
    """
    if settings.door.hardware != "gpio":
        yield warn(
            "strike line",
            f"door.hardware is {settings.door.hardware!r}: no relay is touched",
            "`edge-gate init`",
        )
        return
    pins = door_lines(settings)
    if kept(settings):
        yield ok("strike line", f"the service has GPIO {pins.strike}")
        return
    factory = senses.header()
    if at_rest(pins, factory):
        yield fail(
            "strike line",
            f"GPIO {pins.strike} is pulled high from outside: at every start the door would open",
            "Take an active-high relay board and 10 kΩ to ground: docs/wiring.md",
        )
    else:
        yield ok("strike line", f"GPIO {pins.strike} is free, and low by itself")
    with closing(GpioDoor(pins, factory)) as door:
        leaf, pressed = door.door_open(), door.exit_requested()
    if leaf is None:
        yield warn(
            "position switch",
            "none: no alarm when the door is forced or held open",
            "Wire one: docs/wiring.md",
        )
    else:
        yield ok("position switch", f"says the door is {'open' if leaf else 'closed'}")
    if pressed:
        yield warn(
            "exit button", "says it is pressed", "Let go of it; if nobody presses, look for a short to ground"
        )
    elif pins.rex:
        yield ok("exit button", "at rest")
    with closing(GpioPanel(panel_lines(settings), factory)) as panel:
        contacts = panel.contacts()
    named = (
        ("fire alarm", contacts.fire),
        ("housing", contacts.tampered),
        ("other door", contacts.other_open),
    )
    active = [name for name, level in named if level]
    if active:
        yield warn(
            "panel", f"active: {', '.join(active)}", "If it is not so, look for a cut wire: docs/wiring.md"
        )
    else:
        yield ok("panel", "fire alarm, housing and other door are at rest, or not wired")


def models(settings: Settings) -> Iterator[Finding]:
    """Is every file the manifest's, and do the networks tell two people of the cast apart?

    Raises:
        ModelError: if a file is missing, altered, or cannot be run.
        ConfigError: if a photograph would open the door and nobody has agreed to that.
    """
    eyes = wiring.eyes(settings)
    yield ok("models", f"pack {settings.models.pack}: every file is the one the manifest names")
    rules = consensus(settings)
    ada, again, bela = (
        enrollable(Picture(portrait(name, seed)), eyes, "self-check").probe
        for name, seed in (("ada", 0), ("ada", 1), ("bela", 0))
    )
    roster = Roster.of([Template("ada", ada)])
    same, other = roster.search(again), roster.search(bela)
    threshold = next(level.threshold for level in wiring.calibration(settings).levels if level.fmr <= RARELY)
    if same and other and same.score >= threshold > other.score:
        yield ok(
            "self-check",
            f"same face {same.score:.2f}, another {other.score:.2f}, threshold {threshold:.2f}",
        )
    else:
        yield fail(
            "self-check",
            f"the networks cannot tell faces apart: one {same and same.score}, two {other and other.score}",
            "Run deploy/install.sh again; if it stays so, report it with `edge-gate support-bundle`",
        )
    if rules.live is None:
        yield warn(
            "liveness",
            "waived: a photograph may open this door",
            "Choose a pack with a liveness model, or a second factor",
        )
    else:
        yield ok("liveness", f"required, at least {rules.live}")


def key(settings: Settings) -> Iterator[Finding]:
    """Is the key of the templates there, private, and the gallery's?

    Raises:
        KeyFileError: if it is missing, exposed, not a key, or another one.
        GalleryError: if the gallery cannot be read whole.
    """
    state = Path(settings.store.state)
    path = Path(settings.store.key) if settings.store.key else state / "gallery.key"
    enrolled = (state / "gallery.sqlite").exists()
    if not path.exists() and not enrolled and not settings.store.key:
        yield ok("key", "made with the first enrolment")
        return
    if path.exists():
        KeyFile(path).read()
    elif not enrolled:
        yield fail(
            "key",
            f"the key file {path} is missing",
            "Bring it back, or run deploy/install.sh, which makes one",
        )
        return
    if not enrolled:
        yield ok("key", f"{path} is private; nobody is enrolled yet")
        return
    with closing(wiring.gallery(settings)) as gallery:
        roster = gallery.roster()
    yield ok("key", f"{path} is private, and opens the gallery")
    identity = wiring.eyes(settings).embedder.identity
    if roster.embedder not in {None, identity}:
        yield fail(
            "gallery",
            f"everybody was enrolled with another embedder ({roster.embedder}) than the pack's ({identity})",
            "Choose the pack that was used, or enrol everybody again",
        )
    else:
        yield ok("gallery", f"{len(roster.subjects)} people, {len(roster.matrix)} templates")


def promise(settings: Settings) -> Iterator[Finding]:
    """Can the false-open budget be kept for everybody who is enrolled?

    Raises:
        GalleryError, KeyFileError: if the gallery cannot be read whole.
        ConfigError, ModelError: if the pack has no calibration, or another's.
    """
    standard, expert = wiring.standard(settings), settings.budget.expert_threshold
    if expert:
        yield warn(
            "promise",
            f"EXPERT THRESHOLD {expert:.3f}: set by hand, no promise about strangers holds",
            "Remove budget.expert_threshold",
        )
    if not (Path(settings.store.state) / "gallery.sqlite").exists():
        yield ok("promise", "made once somebody is enrolled")
        return
    with closing(wiring.gallery(settings)) as gallery:
        roster = gallery.roster()
    mode = Mode.SEARCH if policy(settings).verification.face_alone else Mode.ONE_HOLDER
    standard.ruling(roster, mode)
    answer = standard.answers[mode]
    if isinstance(answer, Refusal):
        yield fail("promise", answer.message, answer.remedy[:1].upper() + answer.remedy[1:])
    else:
        yield ok("promise", promise_in_words(answer))


def rules(settings: Settings) -> Iterator[Finding]:
    """Can the owner's rules be read?

    Raises:
        RulesError: if they cannot.
        ConfigError: if ``[access]`` does not make sense.
    """
    if not (Path(settings.store.state) / "gallery.sqlite").exists():
        yield ok("rules", "none yet: everybody enrolled may enter")
        return
    found = wiring.rulebook(settings).rules()
    yield ok("rules", f"version {found.version}: {len(found.people)} people, {len(found.groups)} groups")
    for what, remedy in unmet(settings, found):
        yield warn("rules", what, remedy)
    if found.alike and not settings.readers.inward:
        what = (
            f"{len(found.alike)} people need a card or PIN besides the face, and no reader is before the door"
        )
        yield warn("look-alikes", what, "Name one in readers.inward")
    credentials = wiring.credentials(settings)
    for name, others in found.alike.items():
        cards, pin, _ = credentials.held(name)
        if not (cards or pin):
            yield warn("look-alikes", f"{name} looks like {', '.join(others)}", f"Give {name} a card or PIN")


def journal(settings: Settings) -> Iterator[Finding]:
    """Is the chain whole?

    Raises:
        JournalError: if it is not.
    """
    if not (Path(settings.store.state) / "journal.sqlite").exists():
        yield ok("journal", "made with the first record")
        return
    with closing(wiring.journal(settings)) as opened:
        yield ok("journal", f"{opened.verify()} records, the chain is whole")
