"""The composition root: which adapter stands behind which port, as the configuration says.

An adapter is loaded with the library behind it when it is chosen, and not before: a door starts the sooner.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import msgspec

from edge_gate.access.claim import Side
from edge_gate.access.instant import Instant
from edge_gate.access.memory import Memory
from edge_gate.config import Settings
from edge_gate.devices.cameras import open_camera
from edge_gate.devices.footage import Footage, Stills, clip
from edge_gate.devices.mode import Mode
from edge_gate.digest import sha256
from edge_gate.errors import ConfigError, ModelError
from edge_gate.evaluation.budget import Budget
from edge_gate.evaluation.calibration import Calibration
from edge_gate.face.alignment import PREPROCESSING
from edge_gate.face.quality import QualityGates
from edge_gate.ports import Camera, Clock, DoorHardware, DoorPanel, Engine, EventSink, Fuse, Gallery, Reader
from edge_gate.recognition.detector import YuNetDetector
from edge_gate.recognition.embedder import ChipEmbedder
from edge_gate.recognition.recognise import Eyes
from edge_gate.service.engines import opened
from edge_gate.service.keeper import Keeper
from edge_gate.service.loops import Inbox
from edge_gate.service.policy import consensus, looks, policy, site, times
from edge_gate.service.replay import Replay, Transcript
from edge_gate.service.standard import BudgetStandard
from edge_gate.service.watcher import Watcher
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor, SimulatedFuse
from edge_gate.simulated.panel import SimulatedPanel
from edge_gate.store.gallery import EncryptedGallery
from edge_gate.store.journal import Journal
from edge_gate.store.key import KeyFile
from edge_gate.store.manifest import Manifest, Pack, models_directory, read_manifest
from edge_gate.store.rules import RuleBook, make
from edge_gate.store.tuning import TUNE_AGAIN, Tuning, read_tuning

if TYPE_CHECKING:
    from edge_gate.service.readers import ReaderLoop
    from edge_gate.store.credentials import Credentials


def eyes(
    settings: Settings, pack_name: str = "", around: Callable[[Engine], Engine] = lambda engine: engine
) -> Eyes:
    """The networks of the configured pack, or of another; every file proven by its hash.

    Args:
        settings: of this door.
        pack_name: instead of the configured one.
        around: what to put around each engine, to measure it.

    Raises:
        ModelError: if the pack or one of its files is not what the manifest says.
    """
    manifest = read_manifest()
    pack, tuning = _tuned(settings, manifest, pack_name or settings.models.pack)
    extra = model_directories(settings)
    found, chips = manifest.detector(pack), manifest.embedder(pack)
    watching = around(opened(found, extra, tuning.detector.threads if tuning else 1))
    comparing = around(opened(chips, extra, tuning.embedder.threads if tuning else 1))
    side = tuning.detector.side if tuning else None
    detector = YuNetDetector(watching, side or found.side, found.least_score, found.sizes)
    embedder = ChipEmbedder(comparing)
    networks = [(around(opened(model, extra)), model.scale) for model in manifest.liveness(pack)]
    liveness = None
    if networks and not settings.liveness.waiver:
        from edge_gate.recognition.liveness import MiniFasNet  # noqa: PLC0415 - see above

        liveness = MiniFasNet(networks)
    # As for the networks: what a second thread of OpenCV's saves on pictures this small, it costs the door.
    cv2.setNumThreads(1)
    face = settings.face
    return Eyes(
        detector,
        embedder,
        liveness,
        QualityGates(face.width_px, face.inside, face.turn, face.sharpness, face.darkest, face.brightest),
    )


def _tuned(settings: Settings, manifest: Manifest, name: str) -> tuple[Pack, Tuning | None]:
    """The pack with the networks that `edge-gate tune` chose for it on this board, if it has been run."""
    pack = manifest.chosen(name, settings.models.liveness)
    tuning = read_tuning(Path(settings.store.state), name)
    if tuning is None:
        return pack, None
    chosen = {"detector": tuning.detector.model, "embedder": tuning.embedder.model}
    for role, own in (("detector", pack.detector), ("embedder", pack.embedder)):
        model = manifest.model.get(chosen[role])
        if chosen[role] != own and (model is None or model.instead_of != own):
            raise ModelError(f"tuning.toml: {chosen[role]!r} does not stand in for {own!r}", TUNE_AGAIN)
    return msgspec.structs.replace(pack, **chosen), tuning


def model_directories(settings: Settings) -> list[Path]:
    """Where models that are not ours may lie: the configured directory, and what `models pull` installed."""
    configured = [Path(settings.models.directory)] if settings.models.directory else []
    return [*configured, Path(settings.store.state) / "models"]


def calibration(settings: Settings) -> Calibration:
    """What the pack's scores mean.

    Raises:
        ConfigError: if nobody has measured the pack.
        ModelError: if the record is not the manifest's, or is of other networks.
    """
    manifest, name = read_manifest(), settings.models.pack
    pack = manifest.chosen(name)
    if not pack.calibration:
        raise ConfigError(
            f"the pack {name!r} has no calibration: nobody has measured what its scores mean",
            "Measure it with `edge-gate calibrate`, or choose another pack",
        )
    path = models_directory() / "calibration" / f"{name}.json"
    again = "Measure it again with `edge-gate calibrate`, or reinstall edge_gate"
    try:
        content = path.read_bytes()
        record = msgspec.json.decode(content, type=Calibration)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"{path}: {error}", again) from error
    if sha256(content) != pack.calibration:
        raise ModelError(f"{path} is not the record that the manifest names", again)
    measured = (record.detector, record.embedder, record.preprocessing)
    if measured != (manifest.detector(pack).sha256, manifest.embedder(pack).sha256, PREPROCESSING):
        raise ModelError(f"{path} was measured with other networks than the pack's own", again)
    return record


def standard(settings: Settings) -> BudgetStandard:
    """What a face must reach, derived from the owner's budget.

    Raises:
        ConfigError, ModelError: as `consensus` and `calibration`.
    """
    budget = settings.budget
    return BudgetStandard(
        Budget(budget.false_opens, budget.false_rejects, budget.attempts_a_day or None),
        calibration(settings),
        consensus(settings),
        looks(settings),
        expert=budget.expert_threshold or None,
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
        from edge_gate.simulated.scene import SceneCamera  # noqa: PLC0415 - see above

        return SceneCamera(_script(rest), start=clock.now(), pace=lambda instant: _wait_for(instant, clock))
    mode = Mode(chosen.width, chosen.height, chosen.fps, locked_exposure=chosen.locked_exposure)
    return open_camera(chosen.source, clock, mode)


def _script(name: str) -> str:
    try:
        return Path(name).read_text()
    except OSError as error:
        raise ConfigError(f"camera.source: the scene {name} cannot be read ({error.strerror})") from error


def _wait_for(instant: Instant, clock: Clock) -> Instant:
    time.sleep(max(0, instant - clock.now()) / 1000)
    return clock.now()


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
            from edge_gate.simulated.rig import RigDoor  # noqa: PLC0415 - see above

            return RigDoor(Path(rest))
        case _:
            from edge_gate.devices.gpio import GpioDoor  # noqa: PLC0415 - see above
            from edge_gate.service.lines import door_lines  # noqa: PLC0415 - see above

            return GpioDoor(door_lines(settings))


def panel(settings: Settings) -> DoorPanel:
    """The door's other lines; a door that is simulated has none.

    Raises:
        ConfigError: if a pin cannot be what the configuration makes of it.
        DoorHardwareError: if a line cannot be had.
    """
    if settings.door.hardware != "gpio":
        return SimulatedPanel()
    from edge_gate.devices.panel import GpioPanel  # noqa: PLC0415 - see above
    from edge_gate.service.lines import panel_lines  # noqa: PLC0415 - see above

    return GpioPanel(panel_lines(settings))


def readers(settings: Settings, inbox: Inbox, clock: Clock, keeper: Keeper) -> "list[ReaderLoop]":
    """A loop for each reader that the configuration names.

    Raises:
        ConfigError: if a reader is none of the kinds there are.
        ReaderError: if its lines cannot be had.
    """
    sides = ((Side.INSIDE, settings.readers.inward), (Side.OUTSIDE, settings.readers.outward))
    if not any(texts for _, texts in sides):
        return []
    from edge_gate.service.readers import ReaderLoop  # noqa: PLC0415 - see above

    holders = credentials(settings)

    def holding() -> str | None:
        held = keeper.gate.memory.holding
        return held.name if held else None

    return [
        ReaderLoop(reader(text), side, holders, inbox, clock, holding=holding)
        for side, texts in sides
        for text in texts
    ]


def reader(text: str) -> Reader:
    """The reader that one entry of ``[readers]`` names.

    Raises:
        ConfigError: if it is none of the kinds there are.
        ReaderError: if its lines cannot be had.
    """
    kind, _, rest = text.partition(":")
    first, _, second = rest.partition(",")
    address, _, key = second.partition(",")
    match kind:
        case "wiegand" if first.isdecimal() and second.isdecimal():
            from edge_gate.devices.wiegand import WiegandReader  # noqa: PLC0415 - see above

            return WiegandReader(int(first), int(second))
        case "hid" if rest:
            from edge_gate.devices.hid import HidReader  # noqa: PLC0415 - see above

            return HidReader(Path(rest))
        case "osdp" if first and address.isdecimal() and int(address) < 127 and key:
            from edge_gate.devices.osdp import OsdpReader  # noqa: PLC0415 - see above

            return OsdpReader(Path(first), int(address), Path(key))
        case _:
            raise ConfigError(
                f"readers: {text!r} is none of wiegand:D0,D1, hid:DEVICE, osdp:PORT,ADDRESS,KEYFILE"
            )


def keeper(
    settings: Settings,
    hardware: DoorHardware,
    panel: DoorPanel,
    fuse: Fuse,
    *,
    sink: EventSink,
    now: Instant,
    memory: Memory,
) -> Keeper:
    """The owner of the strike."""
    manifest = read_manifest()
    return Keeper(
        hardware,
        panel,
        fuse,
        times(settings),
        site(settings, consensus(settings), manifest.embedder(manifest.chosen(settings.models.pack)).sha256),
        sink=sink,
        now=now,
        memory=memory,
    )


def rulebook(settings: Settings) -> RuleBook:
    """The owner's rules.

    Raises:
        ConfigError: if ``[access]`` does not make sense.
    """
    return RuleBook(_state(settings) / "rules.sqlite", policy(settings))


def credentials(settings: Settings) -> "Credentials":
    """Everybody's cards and PINs."""
    from edge_gate.store.credentials import Credentials  # noqa: PLC0415 - see above

    state = _state(settings)
    return Credentials(state / "rules.sqlite", KeyFile(state / "cards.key"))


def enrolled_embedder(settings: Settings) -> str | None:
    """Identity of the embedder that made the gallery's templates; None while nobody is enrolled."""
    if not (Path(settings.store.state) / "gallery.sqlite").exists():
        return None
    with closing(gallery(settings)) as opened_gallery:
        return opened_gallery.roster().embedder


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
    if not (state / "gallery.sqlite").exists():
        make(state / "rules.sqlite")
    return state


def footage(path: Path) -> Camera:
    """A clip, or a folder of pictures, in its own time from 0.

    Raises:
        UnreadableInput: if it cannot be read, or shows no picture.
    """
    return Footage(Stills(path) if path.is_dir() else clip(path))


def replay(settings: Settings, eyes: Eyes, gallery: Gallery, shown: Camera) -> Replay:
    """The daemon's street, both halves on one thread, before a simulated door.

    Raises:
        ConfigError, ModelError: as `standard`.
    """
    transcript = Transcript()
    derived = standard(settings)
    watcher = Watcher(eyes, gallery, derived)
    door = SimulatedDoor(ManualClock(), leaf_open=None)
    kept = keeper(settings, door, SimulatedPanel(), SimulatedFuse(), sink=transcript, now=0, memory=Memory())
    return Replay(shown, watcher, kept, transcript, lambda: derived.alike)
