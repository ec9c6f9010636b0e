"""What one frame says of one face, in the words of access control."""

from enum import StrEnum

from msgspec import Struct

from edge_gate.access.instant import Instant


class Flaw(StrEnum):
    """Why a face in view is not good enough to compare; the value names it in the journal."""

    TOO_FAR = "too_far"
    CUT_OFF = "cut_off"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"

    @property
    def advice(self) -> str:
        """What the person in front of the door, or the technician, does about it."""
        return _ADVICE[self]


_ADVICE = {
    Flaw.TOO_FAR: "come closer",
    Flaw.CUT_OFF: "step into the middle of the picture",
    Flaw.BLURRED: "hold still, or clean and focus the lens",
    Flaw.TURNED_AWAY: "look at the camera",
    Flaw.TOO_DARK: "too dark: add light at the door",
    Flaw.TOO_BRIGHT: "too bright: shade the camera from direct light",
}


class Sighting(Struct, frozen=True):
    """One face of one track in one frame, compared with the gallery.

    Attributes:
        track: which moving face this is; never used again for another within one run.
        frame: sequence number of the frame.
        seen: when the frame was captured.
        subject: the best candidate, whatever its score; None where nothing was compared.
        score: cosine of the best candidate, -1..1.
        lead: score less that of the best *other* subject, 0..2 (2 where there is no other).
        flaws: quality gates the face failed; a flawed face is not compared.
        live: the liveness model's score, 0 (attack) .. 1 (live); None where no model looked.
    """

    track: int
    frame: int
    seen: Instant
    subject: str | None = None
    score: float = -1.0
    lead: float = 0.0
    flaws: tuple[Flaw, ...] = ()
    live: float | None = None
