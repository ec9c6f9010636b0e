"""What the core asks of the world: one small protocol for each thing outside it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from msgspec import Struct

from edge_gate.access.events import DoorEvent
from edge_gate.access.gate import Contacts
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.reading import Reading
from edge_gate.access.signal import Levels
from edge_gate.face.alignment import Chip
from edge_gate.face.comparison import Roster
from edge_gate.face.detection import Face
from edge_gate.face.frame import Floats, Frame, Picture, Pixels
from edge_gate.face.probe import Probe


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Instant:
        """Monotonic milliseconds: what the door runs on."""
        ...

    def utc_ms(self) -> int:
        """Milliseconds since 1970 by the wall clock: for the journal's readers, never for the door."""
        ...


class Camera(Protocol):
    """Looks at the space before the door."""

    def capture(self, timeout: Millis, since: Instant = 0) -> Frame:
        """The next frame.

        Args:
            timeout: how long to wait for it.
            since: what was captured before may be passed over: nobody would look at it.

        Raises:
            CameraTimeout: if none came within `timeout`.
            EndOfFootage: if there will be none.
            CameraError: if the camera is gone.
        """
        ...

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        ...


class Normalisation(Struct, frozen=True):
    """What a network was trained to see for a pixel: of each channel ``(value - mean) / std``.

    Attributes:
        channels: their order in the network.
        mean: in that order, 0..255.
        std: likewise, > 0.
    """

    channels: Literal["bgr", "rgb"] = "bgr"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Engine(Protocol):
    """Runs one network."""

    @property
    def identity(self) -> str:
        """sha256 of the model file, lower-case hexadecimal."""
        ...

    def run(self, picture: Pixels) -> Mapping[str, Floats]:
        """Output tensors by name.

        Args:
            picture: (h, w, 3) uint8, blue first; the engine makes of it what its network takes.
        """
        ...


class Detector(Protocol):
    """Finds faces."""

    def detect(self, picture: Picture, side: int | None = None) -> tuple[Face, ...]:
        """Faces in the picture's own pixels, the best score first.

        The picture's longer side is first brought down to `side` pixels, or to the detector's own choice.
        """
        ...


class Embedder(Protocol):
    """Turns a face into a point that can be compared."""

    @property
    def identity(self) -> str:
        """What makes two probes comparable: equal identities."""
        ...

    def embed(self, chip: Chip) -> Probe:
        """The probe of one chip."""
        ...


class LivenessModel(Protocol):
    """Tells a face from a picture of one."""

    def live(self, picture: Picture, face: Face) -> float:
        """0 (presentation attack) .. 1 (live)."""
        ...


class Gallery(Protocol):
    """Everybody enrolled."""

    def roster(self) -> Roster:
        """The gallery as it stands now; the same object until it changes.

        Raises:
            GalleryError: if it cannot be read whole.
        """
        ...


class DoorHardware(Protocol):
    """The lines between the computer and the door."""

    def assert_strike(self, *, released: bool) -> None:
        """Set the strike's level; called every turn, and idempotent.

        Raises:
            DoorHardwareError: if the line is lost.
        """
        ...

    def door_open(self) -> bool | None:
        """What the position switch says; None without a switch."""
        ...

    def exit_requested(self) -> bool:
        """Whether REX is pressed now."""
        ...

    def close(self) -> None:
        """Secure the strike and let go of the lines; may be called twice."""
        ...


class Fuse(Protocol):
    """Ends this process should it leave the strike released: what one that is stopped cannot do itself."""

    def burn(self, at: Instant | None) -> None:
        """Be ended at `at`; None: not at all. Called every turn, and idempotent.

        Raises:
            DoorHardwareError: if that cannot be had.
        """
        ...


class Reader(Protocol):
    """A card reader or keypad."""

    def read(self, timeout: Millis) -> Reading | None:
        """The next card or key; None if none came within `timeout`.

        Raises:
            ReaderError: if it does not answer; it may be asked again.
        """
        ...

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        ...


class DoorPanel(Protocol):
    """The door's other lines: nothing here can touch the strike."""

    def contacts(self) -> Contacts:
        """Fire alarm, housing and the interlock's other door; what is not wired is at rest.

        Raises:
            DoorHardwareError: if a line is lost.
        """
        ...

    def show(self, levels: Levels) -> None:
        """Set the lamp and the buzzer; called every turn, and idempotent.

        Raises:
            DoorHardwareError: if a line is lost.
        """
        ...

    def close(self) -> None:
        """Lamp out, buzzer silent; may be called twice."""
        ...


class EventSink(Protocol):
    """Takes what is worth remembering."""

    def post(self, event: DoorEvent, at: Instant) -> None:
        """Hand over one event; never blocks, never raises."""
        ...


class Stream(Struct, frozen=True):
    """What a source of model files has begun to send.

    Attributes:
        start: offset of its first byte; 0 where it would not go on from the middle.
        length: bytes it says are to come; None where it does not say.
        chunks: the bytes; raises DownloadFailed where they stop coming.
    """

    start: int
    length: int | None
    chunks: Iterator[bytes]


class ModelSource(Protocol):
    """Somewhere that has model files, by name."""

    def open(self, name: str, start: int) -> AbstractContextManager[Stream]:
        """Begin at byte `start` of a file.

        Raises:
            DownloadFailed: if it is not to be had.
        """
        ...
