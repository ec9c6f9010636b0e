"""Is the camera showing us something new? The same picture again is not somebody standing still."""

import zlib
from dataclasses import dataclass

from edge_gate.access.instant import Instant, Millis
from edge_gate.face.frame import Frame

FROZEN_AFTER: Millis = 2_000
"""A sensor's noise changes every picture; one that repeats for this long is a fault."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The last new picture: its fingerprint and when it was captured; `frozen` once it has lasted."""

    fingerprint: int | None = None
    since: Instant = 0
    repeats: bool = False
    frozen: bool = False


def observe(before: Freshness, frame: Frame) -> Freshness:
    """Compare a frame's luma, every fourth pixel each way, with the one before it."""
    fingerprint = zlib.crc32(frame.full.luma()[::4, ::4].tobytes())
    if fingerprint != before.fingerprint:
        return Freshness(fingerprint, frame.captured)
    frozen = frame.captured - before.since >= FROZEN_AFTER
    return Freshness(fingerprint, before.since, repeats=True, frozen=frozen)
