"""Is the camera showing us something new? The same picture again is not somebody standing still."""

from msgspec import Struct

from edge_gate.access.instant import Instant, Millis
from edge_gate.face.frame import Pixels

FROZEN_AFTER: Millis = 2_000
"""A sensor's noise changes every picture; one that repeats for this long is a fault."""


class Freshness(Struct, frozen=True):
    """The last new picture: its grains and when it was captured; `frozen` once it has lasted."""

    grains: bytes = b""
    since: Instant = 0
    repeats: bool = False
    frozen: bool = False


def observe(before: Freshness, scattered: Pixels, captured: Instant) -> Freshness:
    """Compare `motion.grains` of a frame, and when it was captured, with those of the frame before it."""
    grains = scattered.tobytes()
    if grains != before.grains:
        return Freshness(grains, captured)
    frozen = captured - before.since >= FROZEN_AFTER
    return Freshness(grains, before.since, repeats=True, frozen=frozen)
