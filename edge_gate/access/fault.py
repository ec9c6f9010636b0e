"""What the door does while something is broken: one declared outcome for each fault.

What is not here ends the service instead: the strike is secured, and systemd starts it afresh
(`docs/degraded.md` has both).
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from msgspec import Struct


class Fault(StrEnum):
    """Something that is not as it should be; the value names it in the journal."""

    CAMERA_STALE = "camera_stale"
    RULES_UNREADABLE = "rules_unreadable"
    JOURNAL_UNWRITABLE = "journal_unwritable"
    TAMPERED = "tampered"
    CLOCK_UNSET = "clock_unset"
    REX_STUCK = "rex_stuck"
    POSITION_STUCK = "position_stuck"
    READER_SILENT = "reader_silent"


class Outcome(Struct, frozen=True):
    """What holds while a fault lasts. REX, the fire input and operators are heard through every one.

    Attributes:
        faces: whether a face may still open.
        readers: whether a card or PIN may still open.
        door: what the door does.
        recovery: how it ends.
    """

    faces: bool
    readers: bool
    door: str
    recovery: str


OUTCOMES: Mapping[Fault, Outcome] = {
    Fault.CAMERA_STALE: Outcome(
        faces=False,
        readers=True,
        door="no face opens; the watchdog is not fed",
        recovery="with the next fresh picture, or by the restart that follows",
    ),
    Fault.RULES_UNREADABLE: Outcome(
        faces=False, readers=False, door="nobody is let in", recovery="when the rules can be read again"
    ),
    Fault.JOURNAL_UNWRITABLE: Outcome(
        faces=False,
        readers=False,
        door="nobody is let in without a record; what waits is written first",
        recovery="when there is room again",
    ),
    Fault.TAMPERED: Outcome(
        faces=False,
        readers=False,
        door="nobody is let in while the housing is open",
        recovery="when it is shut",
    ),
    Fault.CLOCK_UNSET: Outcome(
        faces=True,
        readers=True,
        door="schedules other than `always`, and dates, deny (`access.without_clock` says otherwise)",
        recovery="when the clock is set",
    ),
    Fault.REX_STUCK: Outcome(
        faces=True,
        readers=True,
        door="released once for the press, then secured; unheard until let go",
        recovery="when it is let go",
    ),
    Fault.POSITION_STUCK: Outcome(
        faces=True,
        readers=True,
        door="counts as held open: secured, alarm; whoever is granted finds it shut",
        recovery="when the switch reports the door shut",
    ),
    Fault.READER_SILENT: Outcome(
        faces=True, readers=True, door="that reader is not heard", recovery="when it answers"
    ),
}


def hindrance(faults: Collection[Fault], *, face: bool) -> Fault | None:
    """The fault that keeps a face, or else a reader, from opening; None where none does."""
    for fault in Fault:
        outcome = OUTCOMES[fault]
        if fault in faults and not (outcome.faces if face else outcome.readers):
            return fault
    return None
