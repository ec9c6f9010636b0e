"""A house to test: the real core and the real networks, before a simulated camera and a simulated door."""

from dataclasses import dataclass

from msgspec.structs import replace

from edge_gate.access.case import Site
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.door import DoorTimes
from edge_gate.access.events import DoorEvent
from edge_gate.access.gate import World
from edge_gate.access.instant import Millis
from edge_gate.access.rules import Rules
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Frame, Picture
from edge_gate.face.probe import Template
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service.keeper import Keeper, Message
from edge_gate.service.replay import Transcript
from edge_gate.service.standard import Mode, Ruling
from edge_gate.service.watcher import Watched, Watcher
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor, SimulatedFuse
from edge_gate.simulated.panel import SimulatedPanel
from edge_gate.simulated.portrait import views
from edge_gate.simulated.scene import SceneCamera

TURN: Millis = 20


@dataclass(frozen=True)
class Fixed:
    """A `Standard` that asks the same of everybody, whatever the gallery."""

    rules: ConsensusRules

    def ruling(self, everybody: Roster, mode: Mode) -> Ruling:  # noqa: ARG002 - the port asks for both
        return Ruling(self.rules)


class House:
    """Somebody to let in, somebody to keep out, and a door to do it with.

    Attributes:
        door: what the strike is told, and the leaf and REX that a test moves.
        keeper: the owner of the strike.
        rules: the owner's; everybody enrolled may enter until a test says otherwise.
        news: what the last showing was decided to be.
    """

    def __init__(self, eyes: Eyes, rules: ConsensusRules, times: DoorTimes) -> None:
        self._eyes = eyes
        self._templates: list[Template] = []
        self._roster = Roster.of([])
        self._transcript = Transcript()
        self._sequence = 0
        self.clock = ManualClock(now=1_000)
        self.door = SimulatedDoor(self.clock)
        self.watcher = Watcher(eyes, self, Fixed(rules))
        self.panel = SimulatedPanel()
        self.fuse = SimulatedFuse()
        self.keeper = Keeper(
            self.door,
            self.panel,
            self.fuse,
            times,
            Site(rules),
            sink=self._transcript,
            now=self.clock.now(),
        )
        self.rules = Rules()
        self.news: list[Message] = []

    def roster(self) -> Roster:
        """The house is its own gallery."""
        return self._roster

    @property
    def strike_released(self) -> bool:
        return self.door.released

    @property
    def state(self) -> str:
        return self.keeper.door.state

    @property
    def journal(self) -> list[DoorEvent]:
        return [told.event for told in self._transcript.told]

    @property
    def events(self) -> list[str]:
        return [event.name for event in self.journal]

    @property
    def _world(self) -> World:
        return World(self.clock.now(), self.clock.utc_ms(), self.rules)

    def enrol(self, *names: str) -> None:
        for name in names:
            for view in views(name):
                self._templates.append(Template(name, enrollable(Picture(view), self._eyes, name).probe))
        self._roster = Roster.of(self._templates)

    def show(self, script: str, frames: int | None = None, *, deliver: bool = True) -> list[Watched]:
        """Let a scene happen before the camera; without `deliver`, decisions wait in `news`."""
        camera = SceneCamera(script, start=self.clock.now())
        seen = []
        for _ in range(camera.frames if frames is None else frames):
            frame = camera.capture(timeout=100)
            seen.append(self.look(replace(frame, sequence=self._sequence), deliver=deliver))
        return seen

    def look(self, frame: Frame, *, deliver: bool = True) -> Watched:
        """Give the house one frame."""
        self._sequence += 1
        self.wait(max(0, frame.captured - self.clock.now()))
        self.watcher.search = self.keeper.gate.search(self._world)
        watched = self.watcher.watch(frame)
        self.news = list(watched.news)
        if deliver:
            self.deliver(*watched.news)
        return watched

    def deliver(self, *messages: Message) -> None:
        self.keeper.turn(messages, self._world)

    def wait(self, ms: Millis) -> None:
        """Let the door loop turn for a while."""
        end = self.clock.now() + ms
        while self.clock.now() < end:
            self.clock.set(min(end, self.clock.now() + TURN))
            self.keeper.turn((), self._world)
