"""Enrolment before the camera: which view is wanted next, and what is wrong with this one."""

from enum import Enum

from edge_gate.access.instant import Instant, Millis
from edge_gate.errors import EnrolmentRefused
from edge_gate.face.frame import Frame
from edge_gate.face.probe import Probe
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes

TAKEN = "good: a view is taken"

APART: Millis = 500
"""Views lie at least this far apart, so that they differ in more than noise."""

LENIENT: Millis = 4_000
"""After so long of good pictures in another pose, any will do: somebody may not be able to turn."""


class Pose(Enum):
    """Where the head looks: what to say, and the bounds of `quality.sideways` that it means."""

    STRAIGHT = ("look straight into the camera", -0.10, 0.10)
    LEFT = ("turn your head a little to your left", 0.10, 1.0)
    RIGHT = ("turn your head a little to your right", -1.0, -0.10)

    def __init__(self, words: str, least: float, most: float) -> None:
        self.words = words
        self.least = least
        self.most = most


class Guidance:
    """Takes views of one person, each in the pose that is wanted next.

    Args:
        eyes: the networks and gates of the door.
        views: how many are wanted; straight, left and right in turn.

    Attributes:
        probes: of the views taken so far.
    """

    def __init__(self, eyes: Eyes, views: int) -> None:
        self._eyes = eyes
        self._views = views
        self._good_since: Instant | None = None
        self._taken: Instant | None = None
        self.probes: list[Probe] = []

    @property
    def done(self) -> bool:
        """Whether all views are taken."""
        return len(self.probes) >= self._views

    def see(self, frame: Frame) -> str:
        """Look at a picture; what to tell the person."""
        now, wanted = frame.captured, tuple(Pose)[len(self.probes) % len(Pose)]
        try:
            view = enrollable(frame.full, self._eyes, "camera")
        except EnrolmentRefused as refusal:
            self._good_since = None
            # Without the width in pixels, which is another in every picture.
            return refusal.what.removeprefix("camera: ").partition(";")[0]
        if self._good_since is None:
            self._good_since = now
        if self._taken is not None and now - self._taken < APART:
            return wanted.words
        if not wanted.least <= view.sideways <= wanted.most and now - self._good_since < LENIENT:
            return wanted.words
        self.probes.append(view.probe)
        self._taken = self._good_since = now
        return TAKEN
