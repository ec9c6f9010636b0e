"""What somebody shows at the door: the question that a verdict answers."""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from edge_gate.access.decision import Decision
from edge_gate.access.verification import Factor


class Side(StrEnum):
    """Where a person stands: which side a passage leads to."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Seen(Struct, frozen=True):
    """The camera's decision about a face, evidence and all."""

    decision: Decision
    toward: Side = Side.INSIDE


class Shown(Struct, frozen=True):
    """A card at a reader, or a PIN at a keypad.

    Attributes:
        factor: which of the two; never a face.
        credential: an opaque name for it that lockout counts under; never the number or the PIN itself.
        holder: whose it is; None where nobody's.
        genuine: whether it is right; a wrong PIN has a holder and is not genuine.
        duress: whether it is the one its holder uses under threat.
        toward: the side this reader lets people through to.
    """

    factor: Factor
    credential: str
    holder: str | None
    genuine: bool = True
    duress: bool = False
    toward: Side = Side.INSIDE


Claim: TypeAlias = Seen | Shown
