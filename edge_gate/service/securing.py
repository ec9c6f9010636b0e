"""The last hand on the strike: after a death it takes the line again and secures it.

Until it is done the strike may stand released, so nothing is imported here that takes long to import.
"""

from collections.abc import Sequence
from getopt import GetoptError, gnu_getopt
from pathlib import Path

from edge_gate.config import INSTALLED, Settings, load
from edge_gate.devices.gpio import secure_line
from edge_gate.service.lines import door_lines


def secure(settings: Settings) -> None:
    """Claim the strike's line secured, and let go. Touches nothing else.

    Raises:
        ConfigError: if the strike's pin cannot be one.
        DoorHardwareError: if the line cannot be had.
    """
    kind, _, rest = settings.door.hardware.partition(":")
    if kind == "rig":
        from edge_gate.simulated.rig import RigDoor  # noqa: PLC0415 - a simulation's sockets and threads

        RigDoor(Path(rest)).close()
    elif kind == "gpio":
        secure_line(door_lines(settings))


def asked(words: Sequence[str]) -> Settings | None:
    """The configuration that `edge-gate [--config FILE] [--state DIR] secure` is about.

    Returns:
        None where the words are another command.

    Raises:
        ConfigError: as `load`.
    """
    try:
        said, verbs = gnu_getopt(list(words), "", ["config=", "state="])
    except GetoptError:
        return None
    if verbs != ["secure"]:
        return None
    config = dict(said).get("--config")
    return load(Path(config) if config else INSTALLED if INSTALLED.exists() else None)
