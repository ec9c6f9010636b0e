"""What happens before a simulated door, in a few readable lines.

::

    # who does what, for how long
    nobody for 1 s
    ada walks up for 2 s
    ada stands for 2 s
    ada leaves for 1 s
    a print of ada is shown for 2 s
    bela and chidi stand for 2 s
    darkness while dara stands for 2 s
    the camera freezes for 3 s

One shot a line: an optional light and ``while``, who does what, ``for`` and the seconds. Empty lines and what
follows a ``#`` are skipped.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from edge_gate.access.instant import Millis
from edge_gate.errors import ConfigError
from edge_gate.simulated.cast import members

REMEDY = "Write lines such as `ada walks up for 2 s` or `darkness while ada and bela stand for 1.5 s`"


class Deed(StrEnum):
    """What somebody does during a shot."""

    WALK_UP = "walk up"
    STAND = "stand"
    LEAVE = "leave"


class Medium(StrEnum):
    """What a face is shown on."""

    SKIN = "skin"
    PRINT = "print"


class Light(StrEnum):
    """What the scene is lit by."""

    DAY = "day"
    DARKNESS = "darkness"


_DEEDS = {
    "walks up": Deed.WALK_UP,
    "walk up": Deed.WALK_UP,
    "stands": Deed.STAND,
    "stand": Deed.STAND,
    "leaves": Deed.LEAVE,
    "leave": Deed.LEAVE,
}


@dataclass(frozen=True, slots=True)
class Act:
    """One member's part in a shot."""

    member: str
    deed: Deed
    medium: Medium = Medium.SKIN


@dataclass(frozen=True, slots=True)
class Shot:
    """One line of a script.

    Attributes:
        acts: everybody in view, from left to right.
        lasts: how long, milliseconds, above 0.
        light: what it is lit by.
        frozen: whether the camera repeats its last picture throughout.
    """

    acts: tuple[Act, ...]
    lasts: Millis
    light: Light = Light.DAY
    frozen: bool = False


def parse(script: str) -> tuple[Shot, ...]:
    """The shots of a script, at least one.

    Raises:
        ConfigError: naming the line, what is not understood in it, and what would be.
    """
    shots = []
    for number, line in enumerate(script.splitlines(), 1):
        words = " ".join(line.partition("#")[0].split())
        if words:
            shots.append(_shot(words, f"scene line {number} ({words!r})"))
    if not shots:
        raise ConfigError("the scene has no line in it", REMEDY)
    return tuple(shots)


def _shot(words: str, where: str) -> Shot:
    match = re.fullmatch(r"(?:(.+?) while )?(.+?) for (\d+(?:\.\d+)?) s", words)
    if match is None or float(match[3]) <= 0:
        raise ConfigError(f"{where} does not end in `for N s`, N seconds above 0", REMEDY)
    lasts = round(float(match[3]) * 1000)
    light = Light(_one_of(match[1] or Light.DAY, list(Light), "light", where))
    if match[2] == "the camera freezes":
        return Shot((), lasts, light, frozen=True)
    if match[2] == "nobody":
        return Shot((), lasts, light)
    shown = re.fullmatch(r"a (\S+) of (\S+) is shown", match[2])
    if shown:
        medium = Medium(_one_of(shown[1], [Medium.PRINT], "thing to show", where))
        return Shot((Act(_member(shown[2], where), Deed.STAND, medium),), lasts, light)
    return Shot(_acts(match[2], where), lasts, light)


def _acts(words: str, where: str) -> tuple[Act, ...]:
    who = re.match(r"\S+(?:,? and \S+|, \S+)*", words)
    names = re.split(r",? and |, ", who[0]) if who else []
    deed = _DEEDS[_one_of(words[len(who[0]) if who else 0 :].strip(), list(_DEEDS), "deed", where)]
    return tuple(Act(_member(name, where), deed) for name in names)


def _member(name: str, where: str) -> str:
    return _one_of(name, list(members()), "member of the cast", where)


def _one_of(word: str, allowed: list[str], what: str, where: str) -> str:
    if word not in allowed:
        raise ConfigError(f"{where}: {word!r} is no {what}; there is {', '.join(allowed)}", REMEDY)
    return word
