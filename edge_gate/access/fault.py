"""What the door does when something is broken: one declared outcome for each fault."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Something that is not as it should be; the value names it in the journal."""

    CAMERA_GONE = "camera_gone"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_DARK = "camera_dark"
    RECOGNITION_HUNG = "recognition_hung"
    RECOGNITION_DEAD = "recognition_dead"
    GALLERY_UNREADABLE = "gallery_unreadable"
    RULES_UNREADABLE = "rules_unreadable"
    JOURNAL_FULL = "journal_full"
    CLOCK_UNSET = "clock_unset"
    REX_STUCK = "rex_stuck"
    POSITION_STUCK = "position_stuck"
    READER_SILENT = "reader_silent"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What holds while a fault lasts. The fault lamp shows with every one.

    Attributes:
        faces: whether a face may still open.
        readers: whether a card or PIN may still open.
        door: what the door does, for a person to read.
        recovery: how it ends.
    """

    faces: bool
    readers: bool
    door: str
    recovery: str


OUTCOMES: Mapping[Fault, Outcome] = {
    Fault.CAMERA_GONE: Outcome(
        faces=False, readers=True, door="no face opens", recovery="by itself with the next fresh frame"
    ),
    Fault.CAMERA_FROZEN: Outcome(
        faces=False, readers=True, door="no face opens", recovery="by itself when the picture changes"
    ),
    Fault.CAMERA_DARK: Outcome(
        faces=True, readers=True, door="faces are told 'too dark'", recovery="by itself with light"
    ),
    Fault.RECOGNITION_HUNG: Outcome(
        faces=False, readers=True, door="no face opens", recovery="the watchdog restarts the service"
    ),
    Fault.RECOGNITION_DEAD: Outcome(
        faces=False, readers=True, door="no face opens", recovery="the service leaves and is restarted"
    ),
    Fault.GALLERY_UNREADABLE: Outcome(
        faces=False, readers=True, door="no face opens", recovery="restore the gallery or its key"
    ),
    Fault.RULES_UNREADABLE: Outcome(
        faces=False,
        readers=False,
        door="nobody is let in; REX, fire and operators as ever",
        recovery="restore the rules",
    ),
    Fault.JOURNAL_FULL: Outcome(
        faces=False,
        readers=False,
        door="nobody is let in without a record; REX, fire and operators as ever",
        recovery="by itself when there is room",
    ),
    Fault.CLOCK_UNSET: Outcome(
        faces=True,
        readers=True,
        door="schedules other than 'always' deny, unless `without_clock` says otherwise",
        recovery="by itself when the clock is set",
    ),
    Fault.REX_STUCK: Outcome(
        faces=True,
        readers=True,
        door="released once for its press, then secured; the button is unheard until let go",
        recovery="by itself when it is let go",
    ),
    Fault.POSITION_STUCK: Outcome(
        faces=True,
        readers=True,
        door="counts as held open; secured",
        recovery="by itself when the switch reports the door closed",
    ),
    Fault.READER_SILENT: Outcome(
        faces=True, readers=True, door="that reader says nothing", recovery="by itself when it answers"
    ),
    Fault.TAMPERED: Outcome(
        faces=False,
        readers=False,
        door="nobody is let in while the housing is open; REX, fire and operators as ever",
        recovery="by itself when the housing is shut",
    ),
}


def hindrance(faults: Collection[Fault], *, face: bool) -> Fault | None:
    """The fault that keeps a face, or else a reader, from opening; None where none does."""
    for fault in Fault:
        outcome = OUTCOMES[fault]
        if fault in faults and not (outcome.faces if face else outcome.readers):
            return fault
    return None
