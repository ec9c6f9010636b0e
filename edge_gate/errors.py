"""Everything that can go wrong, and what to do about it.

::

    EdgeGateError                 exit  what the technician does next
    ├── ConfigError                  3  edit the named key, then `edge-gate check`
    ├── ModelError                   4  restore the model file named, or choose another pack
    ├── CameraError                  5  look at the cable, the source in the configuration, `edge-gate check`
    │   ├── CameraTimeout            5  (the daemon waits, then leaves so that systemd starts it afresh)
    │   └── EndOfFootage             5  (a clip or a scene has been shown to its end)
    ├── DoorHardwareError            6  look at the wiring page, the pins, who else holds the line
    │   └── ReaderError              6  look at the reader's cable (the daemon goes on, and tries again)
    ├── KeyFileError                 7  bring the key back; without it templates cannot be read by anybody
    ├── GalleryError                 8  restore the gallery from a backup
    ├── JournalError                 9  keep the file as evidence; restore or start a new journal
    ├── EnrolmentRefused            10  take another photograph, as the reason says
    ├── DaemonUnreachable           11  start the service, or join the group that may speak to it
    ├── StorageFull                 12  free some space
    ├── UnreadableInput             13  give a file that is whole
    ├── RulesError                  14  do as it says; if the file is broken, restore it from a backup
    ├── DownloadFailed              15  try again: what has arrived is kept
    ├── Unfit                       16  do what each line says, then run the command again
    └── BrokenInstallation          17  run the installer again
"""

from typing import ClassVar


class EdgeGateError(Exception):
    """A failure with a remedy.

    Args:
        what: what happened, and to what; one sentence without its full stop.
        remedy: what to do next, where it is more exact than the class's own.
    """

    exit_code: ClassVar[int] = 1
    remedy: ClassVar[str] = "Please report this with the journal"

    def __init__(self, what: str, remedy: str | None = None) -> None:
        self.what = what
        self.next = remedy or self.remedy
        super().__init__(f"{what}. {self.next}.")


class ConfigError(EdgeGateError):
    """The configuration cannot be used."""

    exit_code = 3
    remedy = "Edit that key, then run `edge-gate check`"


class ModelError(EdgeGateError):
    """A model file is missing, altered, or not what the manifest says."""

    exit_code = 4
    remedy = "Restore the file, or choose another pack"


class CameraError(EdgeGateError):
    """The camera does not deliver."""

    exit_code = 5
    remedy = "Check the cable and `camera.source`, then run `edge-gate check`"


class CameraTimeout(CameraError):
    """No frame within the time allowed."""


class EndOfFootage(CameraError):
    """A clip, a folder of pictures or a scene has been shown to its end."""

    remedy = "Nothing to do: this source has an end"


class DoorHardwareError(EdgeGateError):
    """The relay or an input line cannot be used."""

    exit_code = 6
    remedy = "Check the pins and the wiring page, and that no other program holds the line"


class ReaderError(DoorHardwareError):
    """A card reader or keypad does not answer."""

    remedy = "Check the reader's cable and `readers` in the configuration"


class KeyFileError(EdgeGateError):
    """The key that encrypts the templates is missing, exposed, or not a key."""

    exit_code = 7
    remedy = "Bring the key back from its safe place; without it nobody can read the templates"


class GalleryError(EdgeGateError):
    """The gallery cannot be read or written."""

    exit_code = 8
    remedy = "Restore the gallery from a backup"


class JournalError(EdgeGateError):
    """The journal cannot be read or written, or has been altered."""

    exit_code = 9
    remedy = "Keep the file as evidence and restore the journal from a backup"


class EnrolmentRefused(EdgeGateError):
    """A photograph does not make a template."""

    exit_code = 10
    remedy = "Take another photograph: one person, near, sharp, facing the camera"


class DaemonUnreachable(EdgeGateError):
    """Nobody answers at the control socket."""

    exit_code = 11
    remedy = "Start the service (`systemctl start edge-gate`), or join the group that owns the socket"


class StorageFull(EdgeGateError):
    """There is no room left to write."""

    exit_code = 12
    remedy = "Free some space in the state directory; what was stored before is kept"


class UnreadableInput(EdgeGateError):
    """A picture or clip cannot be read."""

    exit_code = 13
    remedy = "Give a file that is whole"


class RulesError(EdgeGateError):
    """The owner's rules or credentials cannot be read, or may not be changed like that."""

    exit_code = 14
    remedy = "Restore the rules from a backup"


class DownloadFailed(EdgeGateError):
    """A model file did not arrive whole."""

    exit_code = 15
    remedy = "Try again: what has arrived is kept, and gone on from"


class Unfit(EdgeGateError):
    """The door did not pass its examination, or its commissioning."""

    exit_code = 16
    remedy = "Do what each FAIL line says, then run it again"


class BrokenInstallation(EdgeGateError):
    """A library that comes with the program does not load."""

    exit_code = 17
    remedy = "Run deploy/install.sh again: it keeps pip's numpy and apt's apart"
