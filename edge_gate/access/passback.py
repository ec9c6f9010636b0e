"""Anti-passback: nobody comes in twice without having gone out."""

from typing import Literal

from msgspec import Struct

from edge_gate.access.claim import Side
from edge_gate.access.instant import Instant, Millis


class AntiPassback(Struct, frozen=True):
    """What happens to somebody who passes to the side they already stand on.

    Attributes:
        kind: ``hard`` refuses; ``soft`` lets pass and reports; ``timed`` refuses within `again_ms`.
        again_ms: for ``timed``: how long after a passage the same way is closed.
    """

    kind: Literal["hard", "soft", "timed"]
    again_ms: Millis = 600_000


class Passage(Struct, frozen=True):
    """Somebody went through, or has been let go through."""

    name: str
    toward: Side
    at: Instant


def repeats(last: Passage | None, toward: Side, now: Instant, rule: AntiPassback) -> bool:
    """Whether passing now breaks the rule; somebody whose side is not known never does."""
    if last is None or last.toward is not toward:
        return False
    return rule.kind != "timed" or now - last.at < rule.again_ms
