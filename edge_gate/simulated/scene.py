"""A camera that looks at a scripted scene: the laptop's and the tests' stand-in for a lens."""

from collections.abc import Callable

from edge_gate.access.instant import Instant, Millis
from edge_gate.errors import EndOfFootage
from edge_gate.face.frame import Frame, Picture
from edge_gate.simulated.render import photograph
from edge_gate.simulated.script import parse
from edge_gate.simulated.stage import FPS, Presence, Stage


class SceneCamera:
    """Renders a script (`edge_gate.simulated.script`) at 640x480, 15 frames a second.

    Pixels are a function of script, seed and sequence alone. It never sleeps: `pace` may.

    Args:
        script: what happens.
        seed: of sway and noise.
        start: when the first frame is taken.
        loop: whether the script begins again when it is over.
        pace: waits for the next frame's instant and says what time it is; frames that are over by then are
            dropped, as a camera drops them. Without it every frame is shown.

    Raises:
        ConfigError: if the script is not understood.
    """

    def __init__(
        self,
        script: str,
        *,
        seed: int = 0,
        start: Instant = 0,
        loop: bool = False,
        pace: Callable[[Instant], Instant] | None = None,
    ) -> None:
        self._stage = Stage(parse(script), seed)
        self._seed = seed
        self._start = start
        self._loop = loop
        self._pace = pace
        self._sequence = 0

    @property
    def frames(self) -> int:
        """How many frames the script fills once."""
        return self._stage.frames

    def capture(self, timeout: Millis, since: Instant = 0) -> Frame:  # noqa: ARG002  # a scene is never late
        """The next frame, or at a pace the first from `since` on.

        Raises:
            EndOfFootage: when the script is over, unless it loops.
        """
        sequence = self._sequence
        if self._pace is not None:
            sequence = max(sequence, -((self._start - since) * FPS // 1000))
            now = self._pace(self._start + sequence * 1000 // FPS)
            sequence = max(sequence, (now - self._start) * FPS // 1000)
        if sequence >= self.frames and not self._loop:
            raise EndOfFootage(f"the scene ended after {self.frames} frames")
        captured = self._start + sequence * 1000 // FPS
        self._sequence = sequence + 1
        seen = self._seen(sequence)
        picture = photograph(self._stage.moment(seen % self.frames), self._seed, seen)
        return Frame(sequence, captured, Picture(picture))

    def truth(self, sequence: int) -> tuple[Presence, ...]:
        """Who is in the picture delivered as frame `sequence`, the farthest first; a face may lie outside."""
        return self._stage.moment(self._seen(sequence) % self.frames).present

    def close(self) -> None:
        """Nothing to let go of."""

    def _seen(self, sequence: int) -> int:
        lap, within = divmod(sequence, self.frames)
        return lap * self.frames + self._stage.seen(within)
