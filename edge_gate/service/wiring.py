"""The composition root: which adapter stands behind which port, as the configuration says."""

import time
from pathlib import Path

from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.door import DoorTimes
from edge_gate.access.instant import Instant
from edge_gate.config import WAIVER, Settings
from edge_gate.devices.cameras import open_camera
from edge_gate.devices.footage import Clip, Footage, Stills
from edge_gate.devices.gpio import GpioDoor, GpioLines, InputLine
from edge_gate.devices.mode import Mode
from edge_gate.devices.onnx import OnnxEngine
from edge_gate.errors import ConfigError
from edge_gate.face.quality import QualityGates
from edge_gate.ports import Camera, Clock, DoorHardware, Engine, EventSink, Gallery
from edge_gate.recognition.detector import YuNetDetector
from edge_gate.recognition.embedder import ChipEmbedder
from edge_gate.recognition.liveness import MiniFasNet
from edge_gate.recognition.recognise import Eyes
from edge_gate.service.keeper import Keeper
from edge_gate.service.replay import Replay, Transcript
from edge_gate.service.watcher import Watcher
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor
from edge_gate.simulated.rig import RigDoor
from edge_gate.simulated.scene import SceneCamera
from edge_gate.store.gallery import EncryptedGallery
from edge_gate.store.journal import Journal
from edge_gate.store.key import KeyFile
from edge_gate.store.manifest import Model, located, read_manifest


def eyes(settings: Settings, pack_name: str = "") -> Eyes:
    """The networks of the configured pack, or of another; every file proven by its hash.

    Raises:
        ModelError: if the pack or one of its files is not what the manifest says.
    """
    manifest = read_manifest()
    pack = manifest.chosen(pack_name or settings.models.pack, settings.models.liveness)
    extra = model_directories(settings)

    def engine(model: Model) -> Engine:
        return OnnxEngine(located(model, extra), model.sha256)

    found, chips = manifest.detector(pack), manifest.embedder(pack)
    detector = YuNetDetector(engine(found), found.side, found.least_score, found.fixed)
    embedder = ChipEmbedder(engine(chips), chips.channels, chips.mean, chips.std)
    networks = [(engine(model), model.scale) for model in manifest.liveness(pack)]
    face = settings.face
    return Eyes(
        detector,
        embedder,
        MiniFasNet(networks) if networks and not settings.liveness.waiver else None,
        QualityGates(face.width_px, face.inside, face.turn, face.sharpness, face.darkest, face.brightest),
    )


def model_directories(settings: Settings) -> list[Path]:
    """Where models that are not ours may lie: the configured directory, and what `models pull` installed."""
    configured = [Path(settings.models.directory)] if settings.models.directory else []
    return [*configured, Path(settings.store.state) / "models"]


def rules(settings: Settings) -> ConsensusRules:
    """What a decision needs: the pack's calibration, and the configuration.

    Raises:
        ConfigError: if the pack has no liveness model and the configuration does not waive it.
        ModelError: if there is no such pack.
    """
    manifest = read_manifest()
    pack = manifest.chosen(settings.models.pack, settings.models.liveness)
    calibration = manifest.embedder(pack).calibration
    if calibration is None:
        raise ConfigError(
            f"the pack {settings.models.pack!r} has no calibration: nobody has measured what its scores mean",
            "Measure it with `edge-gate calibrate`, or choose another pack",
        )
    if not pack.liveness and not settings.liveness.waiver:
        raise ConfigError(
            f"the pack {settings.models.pack!r} has no liveness model: it takes a photograph for the person",
            f'Choose another pack, or write [liveness] waiver = "{WAIVER}"',
        )
    decision = settings.decision
    return ConsensusRules(
        threshold=calibration.threshold,
        lead=decision.lead,
        live=None if settings.liveness.waiver else pack.least_live,
        agreeing=decision.agreeing,
        window_ms=decision.window_ms,
        flawed_ms=decision.flawed_ms,
        repeat_ms=decision.repeat_ms,
    )


def camera(settings: Settings, clock: Clock) -> Camera:
    """The camera that ``camera.source`` names, in real time.

    Raises:
        CameraError: if it cannot be opened.
        ConfigError: if a scene's script has a mistake, or a mode is not to be had.
    """
    chosen = settings.camera
    kind, _, rest = chosen.source.partition(":")
    if kind == "scene":
        return SceneCamera(_script(rest), start=clock.now(), pace=lambda instant: _wait_for(instant, clock))
    mode = Mode(chosen.width, chosen.height, chosen.fps, locked_exposure=chosen.locked_exposure)
    return open_camera(chosen.source, clock, mode)


def _script(name: str) -> str:
    try:
        return Path(name).read_text()
    except OSError as error:
        raise ConfigError(f"camera.source: the scene {name} cannot be read ({error.strerror})") from error


def _wait_for(instant: Instant, clock: Clock) -> None:
    time.sleep(max(0, instant - clock.now()) / 1000)


def door(settings: Settings, clock: Clock) -> DoorHardware:
    """The lines of the door, the strike claimed secured.

    Raises:
        ConfigError: if a pin cannot be what the configuration makes of it.
        DoorHardwareError: if the lines cannot be had.
    """
    kind, _, rest = settings.door.hardware.partition(":")
    match kind:
        case "simulated":
            return SimulatedDoor(clock)
        case "rig":
            return RigDoor(Path(rest))
        case _:
            return GpioDoor(door_lines(settings))


def door_lines(settings: Settings) -> GpioLines:
    """Which pins the door hangs on.

    Raises:
        ConfigError: if a pin cannot be what the configuration makes of it.
    """
    chosen = settings.door
    return GpioLines(
        chosen.strike_pin,
        None if chosen.position_pin < 0 else InputLine(chosen.position_pin, active="high"),
        None if chosen.rex_pin < 0 else InputLine(chosen.rex_pin, active="low"),
    )


def keeper(settings: Settings, hardware: DoorHardware, sink: EventSink, now: Instant) -> Keeper:
    """The owner of the strike."""
    chosen = settings.door
    return Keeper(
        hardware,
        DoorTimes(
            unlock_ms=chosen.unlock_ms,
            held_open_ms=chosen.held_open_ms,
            shunt_ms=chosen.shunt_ms,
            relock=chosen.relock,
            rex=chosen.rex,
        ),
        debounce_ms=chosen.debounce_ms,
        grant_max_age_ms=settings.decision.grant_max_age_ms,
        sink=sink,
        now=now,
    )


def gallery(settings: Settings) -> EncryptedGallery:
    """Everybody enrolled; made empty, with its key, where there is none yet.

    Raises:
        GalleryError, KeyFileError, StorageFull: as `EncryptedGallery`.
    """
    state = _state(settings)
    key = Path(settings.store.key) if settings.store.key else state / "gallery.key"
    return EncryptedGallery(state / "gallery.sqlite", KeyFile.located(key))


def journal(settings: Settings) -> Journal:
    """The journal; made where there is none yet.

    Raises:
        JournalError, StorageFull: as `Journal`.
    """
    return Journal(_state(settings) / "journal.sqlite")


def _state(settings: Settings) -> Path:
    state = Path(settings.store.state)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"store.state: {state} cannot be made ({error.strerror})") from error
    return state


def footage(path: Path) -> Camera:
    """A clip, or a folder of pictures, in its own time from 0.

    Raises:
        UnreadableInput: if it cannot be read, or shows no picture.
    """
    return Footage(Stills(path) if path.is_dir() else Clip(path))


def replay(settings: Settings, eyes: Eyes, gallery: Gallery, shown: Camera) -> Replay:
    """The daemon's street, both halves on one thread, before a simulated door.

    Raises:
        ConfigError: as `rules`.
    """
    transcript = Transcript()
    watcher = Watcher(eyes, gallery, rules(settings))
    door = SimulatedDoor(ManualClock(), leaf_open=None)
    return Replay(shown, watcher, keeper(settings, door, transcript, 0), transcript)
