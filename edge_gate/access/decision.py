"""What was decided about a track, and the evidence it rests on."""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from edge_gate.access.instant import Instant
from edge_gate.access.sighting import Sighting


class Reason(StrEnum):
    """Why somebody was not let in."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    NOT_LIVE = "not_live"
    FLAWED = "flawed"


class Granted(Struct, frozen=True):
    """A subject may pass.

    Attributes:
        subject: whom the gallery knows.
        decided: the instant of the newest sighting; the door drops a grant that has grown old.
        evidence: the agreeing sightings, oldest first, never empty.
        threshold: least score that named a subject when this was decided.
    """

    subject: str
    decided: Instant
    evidence: tuple[Sighting, ...]
    threshold: float


class Denied(Struct, frozen=True):
    """A track was looked at long enough and may not pass.

    Attributes:
        reason: the objection that the evidence shares.
        decided: the instant of the newest sighting.
        evidence: the objectionable sightings, oldest first, never empty.
        threshold: least score that named a subject when this was decided.
    """

    reason: Reason
    decided: Instant
    evidence: tuple[Sighting, ...]
    threshold: float


Decision: TypeAlias = Granted | Denied
