"""Is the camera showing us something new? The same picture again is not somebody standing still."""

import zlib
from dataclasses import dataclass

from edge_gate.access.instant import Instant, Millis
from edge_gate.face.frame import Pixels

FROZEN_AFTER: Millis = 2_000
"""A sensor's noise changes every picture; one that repeats for this long is a fault."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The last new picture: its fingerprint and when it was captured; `frozen` once it has lasted."""

    fingerprint: int | None = None
    since: Instant = 0
    repeats: bool = False
    frozen: bool = False


def observe(before: Freshness, scattered: Pixels, captured: Instant) -> Freshness:
    """Compare `motion.grains` of a frame, and when it was captured, with those of the frame before it."""
    fingerprint = zlib.crc32(scattered.data)
    if fingerprint != before.fingerprint:
        return Freshness(fingerprint, captured)
    frozen = captured - before.since >= FROZEN_AFTER
    return Freshness(fingerprint, before.since, repeats=True, frozen=frozen)
